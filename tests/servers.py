"""A real Kafka and a real MongoDB for the tests: got once, started on free ports when a test first needs one.

A test asks for `kafka_url` and `topic_prefix`, or for `mongo_url`: all workers of a run share these servers. One
that kills a server asks for `kafka_server` or `mongo_server`: those are its worker's own, and the URLs are theirs
then. The marks `kafka` and `mongo` follow from that, and the other way round. Where a server can't be had, its
tests are skipped, the run's last section says what was not tested for want of which tool, and with `CI=true` the
run fails.
"""

import fcntl
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from pymongo import MongoClient

from deploy.local import DownloadFailed, KafkaServer, MissingTool, MongoServer
from deploy.local.places import downloads_folder
from deploy.local.server import Server, free_port
from tests.memory import folder_in_memory

JAVA_OPTIONS = "JDK_JAVA_OPTIONS"
os.environ.setdefault(JAVA_OPTIONS, "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData")
"""These brokers live for minutes: compiling them thoroughly would cost more than it brings."""

SERVERS: dict[str, type[Server]] = {"kafka": KafkaServer, "mongo": MongoServer}
ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 90.0  # many runs may share a small machine

AnyServer = TypeVar("AnyServer", bound=Server)
Unavailable = MissingTool | DownloadFailed
_FOLDER = pytest.StashKey[Path]()
_UNAVAILABLE = pytest.StashKey[dict[str, Unavailable | None]]()
_NOT_TESTED = pytest.StashKey["_NotTested"]()


# Fixtures


@pytest.fixture(scope="session")
def servers_folder(pytestconfig: pytest.Config) -> Path:
    """Where this run's servers live, of all its workers."""
    return pytestconfig.stash[_FOLDER]


@pytest.fixture(scope="session")
def class_archive(pytestconfig: pytest.Config, servers_folder: Path) -> Path:
    """Every broker from now on takes its classes from here, in half the time and with half the work."""
    require_server(pytestconfig, "kafka")
    archive = servers_folder / "classes.jsa"
    with _locked(servers_folder / "classes.lock"):
        if not archive.exists():
            server = _ArchivingKafka(servers_folder / "classes" / "kafka", downloads_folder(), free_port())
            server.archive = archive
            ensure_running(server)
            server.stop()
    os.environ.update(_with_java_option(os.environ, f"-XX:SharedArchiveFile={archive}"))
    return archive


@pytest.fixture(scope="session")
def common_kafka(servers_folder: Path, class_archive: Path) -> KafkaServer:
    """The broker that all workers share; nobody kills it."""
    return _common(KafkaServer, servers_folder / "common" / "kafka")


@pytest.fixture(scope="session")
def common_mongo(pytestconfig: pytest.Config, servers_folder: Path) -> MongoServer:
    """The replica set that all workers share; nobody kills it."""
    require_server(pytestconfig, "mongo")
    return _common(MongoServer, servers_folder / "common" / "mongo")


@pytest.fixture(scope="session")
def own_kafka(servers_folder: Path, class_archive: Path) -> KafkaServer:
    """This worker's broker; `kafka_server` has it running."""
    return KafkaServer(servers_folder / _worker() / "kafka", downloads_folder(), free_port())


@pytest.fixture(scope="session")
def own_mongo(pytestconfig: pytest.Config, servers_folder: Path) -> MongoServer:
    """This worker's replica set; `mongo_server` has it running."""
    require_server(pytestconfig, "mongo")
    return MongoServer(servers_folder / _worker() / "mongo", downloads_folder(), free_port())


@pytest.fixture
def kafka_server(own_kafka: KafkaServer) -> KafkaServer:
    """A broker that the test may kill."""
    ensure_running(own_kafka)
    return own_kafka


@pytest.fixture
def mongo_server(own_mongo: MongoServer) -> MongoServer:
    """A replica set that the test may kill."""
    ensure_running(own_mongo)
    return own_mongo


@pytest.fixture
def kafka_url(request: pytest.FixtureRequest) -> str:
    """The URL of the broker."""
    name = "kafka_server" if "kafka_server" in request.fixturenames else "common_kafka"
    return str(request.getfixturevalue(name).url)


@pytest.fixture
def topic_prefix() -> str:
    """For the names of one test's topics and groups: nobody else uses it."""
    return f"t{uuid4().hex[:8]}."


@pytest.fixture
def mongo_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of one test's own, empty database; it is dropped afterwards."""
    is_own = "mongo_server" in request.fixturenames
    server: MongoServer = request.getfixturevalue("mongo_server" if is_own else "common_mongo")
    database = f"t{uuid4().hex[:8]}"
    yield server.url_of(database)
    if is_own:
        ensure_running(server)
    with MongoClient[dict[str, object]](server.url) as client:
        client.drop_database(database)


class _ArchivingKafka(KafkaServer):
    """Leaves, when it is stopped, an archive of the classes that it had loaded."""

    archive: Path

    def _launch(self, files: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        command, environment = super()._launch(files)
        return command, _with_java_option(environment, f"-XX:ArchiveClassesAtExit={self.archive}")


def _with_java_option(environment: Mapping[str, str], option: str) -> Mapping[str, str]:
    return {**environment, JAVA_OPTIONS: f"{environment[JAVA_OPTIONS]} {option}"}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One worker after the other."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _common(kind: type[AnyServer], folder: Path) -> AnyServer:
    """The first worker that needs it starts it; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "starting"):
        is_started = (folder / "server.port").exists()
        server = kind(folder, downloads_folder(), None if is_started else free_port())
        ensure_running(server)
    return server


def _guarded_folder(config: pytest.Config) -> Path:
    """A new folder for servers.

    A guard waits for this process to end, in whatever way, `kill -9` included; then it stops what runs in the
    folder and removes it.
    """
    folder = Path(tempfile.mkdtemp(prefix="dafangtan-servers-", dir=folder_in_memory()))
    stop = shlex.join([sys.executable, "-m", "deploy.local", "stop", "--dir"])
    place = shlex.quote(str(folder))
    each = f'for some in {place}/*/; do [ ! -d "$some" ] || {stop} "$some" || exit; done'
    guard = subprocess.Popen(
        ["sh", "-c", f"cat >/dev/null; {each}; rm -r {place}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        start_new_session=True,
    )
    config.add_cleanup(guard.communicate)
    return folder


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "alone")


def ensure_running(server: Server) -> None:
    """Starts the server unless it runs; returns when it works."""
    server.start()
    server.wait_ready(STARTS_WITHIN_S)


def require_server(config: pytest.Config, mark: str) -> None:
    """Skips the test where this machine can't get the server."""
    reason = _unavailable(config, mark)
    if reason is not None:
        pytest.skip(f"{_skipped_for(mark)}{_in_words(reason)}")


# What can be had


def _unavailable(config: pytest.Config, mark: str) -> Unavailable | None:
    """Gets the server's files, once a run; returns why not if that can't be."""
    known = config.stash.setdefault(_UNAVAILABLE, {})
    if mark not in known:
        known[mark] = _get(config, SERVERS[mark])
    return known[mark]


def _get(config: pytest.Config, kind: type[Server]) -> Unavailable | None:
    def report(line: str) -> None:
        config.get_terminal_writer().line(line)

    try:
        kind(Path(os.devnull), downloads_folder()).get(report)
    except (MissingTool, DownloadFailed) as reason:
        return reason
    return None


def _in_words(reason: Unavailable) -> str:
    if isinstance(reason, MissingTool):
        return f"{reason.tool} is missing"
    return f"{reason.what} could not be downloaded ({reason.reason.splitlines()[0]})"


def _skipped_for(mark: str) -> str:
    return f"no real {SERVERS[mark].name}: "


# Hooks


@pytest.hookimpl(tryfirst=True)  # before -m chooses by the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a server has its mark, and a test that has the mark gets the server."""
    for item in items:
        fixtures: list[str] = getattr(item, "fixturenames", [])
        for mark in SERVERS:
            if {f"{mark}_server", f"{mark}_url"} & {*fixtures}:
                item.add_marker(mark)
            elif item.get_closest_marker(mark):
                # A new list: the old one is shared with the other parameters of the same test.
                fixtures = item.fixturenames = [*fixtures, f"{mark}_url"]  # type: ignore[attr-defined]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Downloads before the first test: a download isn't a part of any test's time."""
    if session.config.option.collectonly:
        return
    for mark in SERVERS:
        if any(item.get_closest_marker(mark) for item in session.items):
            _unavailable(session.config, mark)


class _NotTested:
    """Notes the tests that were skipped for want of a server; with several workers, in the process that reports."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for every outcome, whichever worker it came from."""
        if report.skipped and isinstance(report.longrepr, tuple):
            for mark in SERVERS:
                if _skipped_for(mark) in report.longrepr[2]:
                    self.tests.setdefault(mark, []).append(report.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the servers of the run are."""
    node.workerinput["servers_folder"] = str(node.config.stash[_FOLDER])


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note, and make the place for servers, or take the one that is there."""
    workerinput: Mapping[str, str] | None = getattr(config, "workerinput", None)
    config.stash[_FOLDER] = (
        _guarded_folder(config) if workerinput is None else Path(workerinput["servers_folder"])
    )
    config.stash[_NOT_TESTED] = _NotTested()
    config.pluginmanager.register(config.stash[_NOT_TESTED])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is meant to be tested, an untested promise is a failure."""
    if os.environ.get("CI") == "true" and session.config.stash[_NOT_TESTED].tests:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)  # the outermost: after all other sections
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Says plainly what was not tested."""
    yield
    skipped = config.stash[_NOT_TESTED].tests
    if not skipped:
        return
    terminalreporter.section("NOT TESTED", red=True, bold=True)
    for mark, tests in skipped.items():
        reason = _unavailable(config, mark)
        assert reason is not None
        terminalreporter.line(f"{_in_words(reason)}, so no real {SERVERS[mark].name} could be started.")
        terminalreporter.line(f"Not tested: {len(tests)} tests that need it:")
        for file, count in sorted(Counter(test.partition("::")[0] for test in tests).items()):
            terminalreporter.line(f"  {file}: {count}")
    terminalreporter.line("Install what is missing and run again; with CI=true this counts as a failure.")
