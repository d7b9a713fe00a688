"""Attachments over HTTP: in one request, or by the tus protocol in as many as the network needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from services.intake.attachments import tus
from services.intake.attachments.errors import UploadBusy
from services.intake.attachments.model import Attachment, Holder
from services.intake.attachments.vault import Opened, Vault
from shared.access import Principal
from shared.errors import DafangtanError
from shared.http import CurrentPrincipal
from shared.http.faces import answer_error, answer_http_error

LOCKED = 423
_RESUMABLE = "Tus-Resumable"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
HolderOf = Callable[[Principal, str], Awaitable[Holder]]
"""The holder that a principal may add files to, by what the path calls it."""


ListOf = Callable[[Principal, str], Awaitable[list[Attachment]]]
"""The whole attachments of what the path names, oldest first."""


class AttachmentBody(BaseModel):
    """A whole attachment. What it is called stays sealed."""

    attachment_id: str = Field(examples=["0f3c9a55d2b84b6b8e0a1c2d3e4f5a6b"])
    media_type: str
    kind: str = Field(description="用途：file，个案中为 recording、notes 或 edited_text")
    size_bytes: int
    received_at: str


class AttachmentsBody(BaseModel):
    """Every whole attachment, oldest first."""

    attachments: list[AttachmentBody]


class TusRoute(APIRoute):
    """Every answer, a refusal too, names the protocol's version (tus 1.0.0, Tus-Resumable)."""

    def get_route_handler(self) -> Handler:
        """The route's own, with the header put in."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            response = await _answered(handle, request)
            response.headers["tus-resumable"] = tus.VERSION
            return response

        return answer


def _extra(*headers: str, media_type: str | None = None) -> dict[str, Any]:
    """What the framework can't see: which headers are read, and the body."""
    extra: dict[str, Any] = {
        "parameters": [{"name": name, "in": "header", "schema": {"type": "string"}} for name in headers]
    }
    if media_type is not None:
        content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
        extra["requestBody"] = {"content": content}
    return extra


_NAMED = {"parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]}
_WHOLE: dict[int | str, dict[str, Any]] = {
    201: {"model": AttachmentBody, "description": "收到的附件；开始续传时没有内容，地址在 Location"},
    200: {"model": AttachmentBody, "description": "重复发送：给出原来的附件"},
}
_HEADERS = (
    "用请求头 Upload-Metadata 说明文件名和类型：filename、filetype 各加一个空格和 UTF-8 文字的 base64。"
)


def add_attachment_routes(
    router: APIRouter, path: str, *, vault: Vault, holder_of: HolderOf, listed: ListOf
) -> None:
    """Add the routes below ``path``, which has one parameter: ``{name}``."""

    async def attach(name: str, request: Request, principal: CurrentPrincipal) -> Response:
        headers = request.headers
        is_resumable = "upload-length" in headers
        described = tus.described(
            headers.get("upload-metadata"), None if is_resumable else headers.get("content-type")
        )
        holder = await holder_of(principal, name)
        if is_resumable:
            _check_version(request)
            length = tus.number("Upload-Length", headers.get("upload-length"))
            upload = await vault.begin(holder, described, length_bytes=length)
            location = f"{request.url.path}/{upload.id}"
            return Response(status_code=201, headers=tus.creation_headers(upload, location))
        progress = await vault.add(holder, described, request.stream())
        assert progress.attachment is not None
        body = body_of_attachment(progress.attachment).model_dump_json()
        return Response(body, 200 if progress.is_repeat else 201, media_type="application/json")

    async def abilities() -> Response:
        return Response(status_code=204, headers=tus.abilities(vault.limit_bytes))

    async def progress(name: str, upload_id: str, request: Request, principal: CurrentPrincipal) -> Response:
        _check_version(request)
        stands = await vault.progress(await holder_of(principal, name), upload_id)
        return Response(status_code=200, headers=tus.progress_headers(stands))

    async def append(name: str, upload_id: str, request: Request, principal: CurrentPrincipal) -> Response:
        _check_version(request)
        if request.headers.get("content-type") != tus.PATCH_MEDIA_TYPE:
            raise HTTPException(415, f"内容类型应为 {tus.PATCH_MEDIA_TYPE}。")
        offset = tus.number("Upload-Offset", request.headers.get("upload-offset"))
        holder = await holder_of(principal, name)
        stands = await vault.append(holder, upload_id, offset, request.stream())
        return Response(status_code=204, headers=tus.progress_headers(stands))

    async def list_them(name: str, principal: CurrentPrincipal) -> AttachmentsBody:
        return AttachmentsBody(
            attachments=[body_of_attachment(each) for each in await listed(principal, name)]
        )

    whole, upload = f"{path}/attachments", f"{path}/attachments/{{upload_id}}"
    for where, endpoint, method, status, summary, extra, responses in (
        (
            whole,
            attach,
            "POST",
            201,
            f"添加附件：一次发完，或（带 Upload-Length）开始续传。{_HEADERS}",
            _extra("Upload-Metadata", "Upload-Length", _RESUMABLE, media_type="application/octet-stream"),
            _WHOLE,
        ),
        (whole, abilities, "OPTIONS", 204, "续传协议（tus）的版本和上限", _NAMED, {}),
        (upload, progress, "HEAD", 200, "续传：已收到多少（Upload-Offset）", _extra(_RESUMABLE), {}),
        (
            upload,
            append,
            "PATCH",
            204,
            "续传：从 Upload-Offset 处接着发",
            _extra("Upload-Offset", _RESUMABLE, media_type=tus.PATCH_MEDIA_TYPE),
            {},
        ),
    ):
        router.add_api_route(
            where,
            endpoint,
            methods=[method],
            status_code=status,
            summary=summary,
            openapi_extra=extra,
            responses=responses,
            response_class=Response,
            route_class_override=TusRoute,
        )
    router.add_api_route(whole, list_them, methods=["GET"], summary="附件清单（文件名保持密封）")


def streamed(opened: Opened) -> StreamingResponse:
    """An opened attachment: to be saved under its name, never to be shown by a browser as ours."""
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(opened.name, safe='')}",
        "content-length": str(opened.attachment.size_bytes),
    }
    return StreamingResponse(opened.content, headers=headers, media_type=opened.attachment.media_type)


async def _answered(handle: Handler, request: Request) -> Response:
    """What ``handle`` answers, or the problem that it raises; 423 tells a client to wait and not to begin anew."""
    try:
        return await handle(request)
    except UploadBusy as error:
        response = await answer_error(request, error)
        response.status_code = LOCKED
        return response
    except DafangtanError as error:
        return await answer_error(request, error)
    except HTTPException as error:
        return await answer_http_error(request, error)


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != tus.VERSION:
        raise HTTPException(412, f"请求头 Tus-Resumable 应为 {tus.VERSION}。", {"tus-version": tus.VERSION})


def body_of_attachment(attachment: Attachment) -> AttachmentBody:
    """What is told of an attachment."""
    return AttachmentBody(
        attachment_id=attachment.id,
        media_type=attachment.media_type,
        kind=attachment.kind,
        size_bytes=attachment.size_bytes,
        received_at=attachment.received_at,
    )
