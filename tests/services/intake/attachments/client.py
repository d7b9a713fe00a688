"""How a client adds files to a submission."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.services.running import Running

TUS = {"tus-resumable": "1.0.0"}


def metadata(**items: str) -> dict[str, str]:
    """The header that says what a file is."""
    pairs = [f"{key} {b64encode(value.encode()).decode()}" for key, value in items.items()]
    return {"upload-metadata": ",".join(pairs)}


@dataclass
class Client:
    """Adds files to one submission as a channel or a person."""

    intake: Running
    receipt: str
    folder: Path
    who: str = "offline"

    async def ask(
        self, method: str, path: str = "", *, body: bytes | AsyncIterator[bytes] = b"", **headers: str
    ) -> httpx.Response:
        """Ask below the submission's attachments, or at a whole path."""
        where = path if path.startswith("/") else f"/intake/v1/receipts/{self.receipt}/attachments"
        all_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers["authorization"] = f"Bearer {self.intake.tokens[self.who]}"
        return await self.intake.client.request(method, where, headers=all_headers, content=body)

    async def add(self, body: bytes | AsyncIterator[bytes], name: str = "访谈录音.m4a") -> httpx.Response:
        """Add a whole file."""
        return await self.ask("POST", body=body, content_type="audio/mp4", **metadata(filename=name))

    async def begin(self, length: int, name: str = "访谈录音.m4a") -> str:
        """Begin an upload; where it goes."""
        answer = await self.ask("POST", **TUS, upload_length=str(length), **metadata(filename=name))
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def send(self, where: str, offset: int, body: bytes | AsyncIterator[bytes]) -> httpx.Response:
        """Send a part."""
        kind = {"content-type": "application/offset+octet-stream", "upload-offset": str(offset)}
        return await self.ask("PATCH", where, body=body, **TUS, **kind)

    async def offset(self, where: str) -> int:
        """How much is there."""
        answer = await self.ask("HEAD", where, **TUS)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def files(self) -> list[Path]:
        """The sealed files on disk."""
        return [path for path in (self.folder / "attachments").rglob("*") if path.is_file()]

    def bytes_on_disk(self) -> bytes:
        """Everything that the service wrote anywhere."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())

    async def leave_amid(self, method: str, where: str, body: bytes, **headers: str) -> None:
        """Send ``body`` and then go away, though more was to come."""
        messages = [
            {"type": "http.request", "body": body, "more_body": True},
            {"type": "http.disconnect"},
        ]
        headers = {"authorization": f"Bearer {self.intake.tokens[self.who]}", **headers}
        scope = {"type": "http", "method": method, "path": where, "query_string": b"", "http_version": "1.1"}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]

        async def receive() -> dict[str, object]:
            return messages.pop(0)

        async def send(message: object) -> None:
            raise AssertionError("nobody is there to be answered")

        await self.intake.app(scope, receive, send)
