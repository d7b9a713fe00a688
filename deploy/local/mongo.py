"""One-node MongoDB as a replica set: transactions and majority writes need one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.downloads import get_mongo, mongod_environment
from deploy.local.server import HOST, Server, is_free
from deploy.local.tools import Report

SMALL_CACHE_GB = 0.5
_SET_NAME = "rs0"
_NOT_YET_INITIALIZED = 94
_INVALID_CONFIG = 93


class MongoServer(Server):
    """A replica set of one member on 127.0.0.1 that keeps its databases over restarts and kills."""

    name = "MongoDB"
    default_port = 27017

    def __init__(
        self, folder: Path, downloads: Path, port: int | None = None, *, cache_gb: float = SMALL_CACHE_GB
    ) -> None:
        """As a `Server`. By its own default a MongoDB takes half of the machine's memory for its cache."""
        super().__init__(folder, downloads, port)
        self._cache_gb = cache_gb

    @property
    def url(self) -> str:
        return self.url_of("dafangtan")

    def url_of(self, database: str) -> str:
        """The URL of one database, for the product's settings."""
        return f"mongodb://{HOST}:{self.port}/{database}?replicaSet={_SET_NAME}"

    def get(self, report: Report) -> Path:
        return get_mongo(self.downloads, report)

    def is_ready(self) -> bool:
        """Whether the server is a primary that takes writes; forms the replica set first if there is none."""
        if is_free(self.port):  # nobody listens yet: a client would wait for seconds
            return False
        try:
            with MongoClient[dict[str, Any]](
                HOST, self.port, directConnection=True, timeoutMS=2000
            ) as client:
                return self._is_primary(client)
        except PyMongoError:
            return False

    def _is_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        if client.admin.command("hello")["isWritablePrimary"]:
            return True
        try:
            client.admin.command("replSetGetStatus")
        except OperationFailure as refused:
            self._form_set(client, refused.code)
        return False

    def _form_set(self, client: MongoClient[dict[str, Any]], reason: int | None) -> None:
        config = {"_id": _SET_NAME, "version": 1, "members": [{"_id": 0, "host": f"{HOST}:{self.port}"}]}
        if reason == _NOT_YET_INITIALIZED:
            client.admin.command("replSetInitiate", config)
        elif reason == _INVALID_CONFIG:  # it was another port when these data were made
            client.admin.command("replSetReconfig", config, force=True)

    def _launch(self, files: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        listening = ["--bind_ip", HOST, "--port", str(self.port), "--nounixsocket"]
        cache = ["--wiredTigerCacheSizeGB", str(self._cache_gb)]
        storage = ["--dbpath", str(data), *cache, "--oplogSize", "256"]
        quiet = ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        # A killed client's transaction keeps its documents locked for so long at most.
        prompt = ["--setParameter", "transactionLifetimeLimitSeconds=15"]
        command = [str(files / "mongod"), "--replSet", _SET_NAME, *listening, *storage, *prompt, *quiet]
        return command, mongod_environment(files)
