"""The HTTP face: the OpenRosa API as ODK Collect speaks it, errors too."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from services.intake.channels.openrosa import documents
from services.intake.channels.openrosa.documents import ListedFile, ListedForm
from services.intake.channels.openrosa.multipart import Parts
from services.intake.channels.openrosa.posting import XML_PART, Posting
from services.intake.channels.openrosa.publishing import PublishedForm, Publishing
from services.intake.counting import CountedRefusal
from services.intake.limiting import Buckets
from services.intake.model import Receipt
from services.intake.routes import ANY_FILE, take_upload
from shared.access import Access, Action, Principal, Resource, SigningIn
from shared.access.signing_in import STALE
from shared.errors import NotFound
from shared.http import DirectRoute, Face
from shared.http.problems import Problem

PREFIX = "/intake/openrosa"
BAD_REQUEST, UNAUTHORISED, UNPROCESSABLE = 400, 401, 422
_XML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/xml": {"schema": {"type": "string"}}}}}
_CAMPAIGN = {"name": "campaign", "in": "path", "required": True, "schema": {"type": "string"}}
_POST = {
    "parameters": [_CAMPAIGN],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [XML_PART],
                    "properties": {XML_PART: {"type": "string", "format": "binary"}},
                }
            }
        },
    },
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the interviewers of one campaign come to."""

    publishing: Publishing
    posting: Posting
    signing_in: SigningIn


class Desks:
    """The desks of all campaigns, by id."""

    def __init__(self, desks: Mapping[str, Desk], access: Access) -> None:
        self._desks = desks
        self._access = access

    def entered(self, request: Request, campaign: str) -> tuple[Desk, Principal]:
        """The desk of ``campaign``, and who sent ``request``. Raises NotFound, NotAuthenticated."""
        desk = self._desks.get(campaign)
        if desk is None:
            raise NotFound(f"没有名为“{campaign}”的活动，请核对服务器地址。", code="unknown-campaign")
        authorization = request.headers.get("authorization")
        return desk, desk.signing_in.principal(authorization, request.method, _target(request))

    def reading(self, request: Request, campaign: str) -> Desk:
        """As ``entered``, for those who want forms. Raises NotAllowed."""
        desk, principal = self.entered(request, campaign)
        resource = Resource(kind="form", campaign=campaign)
        self._access.check(principal, Action.READ_FORMS, resource)
        return desk

    def challenges(self, request: Request, *, is_stale: bool) -> list[str]:
        """How to sign in at the desk that ``request`` is for."""
        campaign = request.url.path.removeprefix(PREFIX).split("/")[1]
        desk = self._desks[campaign]
        return desk.signing_in.challenges(is_stale=is_stale, is_https=request.url.scheme == "https")


def face_of(desks: Desks, *, limit_bytes: int) -> Face:
    """How errors are told: what Collect shows to the interviewer is the message of an OpenRosaResponse."""

    def answer(request: Request, problem: Problem) -> Response:
        lines = [problem.detail, *(f"{each.field}：{each.message}" for each in problem.problems)]
        status = BAD_REQUEST if problem.status == UNPROCESSABLE else problem.status
        response = _xml(
            documents.response_document("\n".join(lines), nature="submit_failure"),
            status,
            {**documents.size_headers(limit_bytes), **problem.headers},
        )
        if status == UNAUTHORISED:
            del response.headers["www-authenticate"]
            for challenge in desks.challenges(request, is_stale=problem.code == STALE):
                response.headers.append("www-authenticate", challenge)
        return response

    return Face(f"{PREFIX}/", answer, limit_bytes, documents.MEDIA_TYPE)


def router_of(desks: Desks, uploads: Buckets, *, limit_bytes: int) -> APIRouter:
    """The routes. ``uploads`` limits, in bytes, what each interviewer brings."""
    router = APIRouter(prefix=f"{PREFIX}/{{campaign}}", tags=["intake ODK Collect"])
    headers = documents.size_headers(limit_bytes)

    async def submit(request: Request) -> Response:
        desk, principal = desks.entered(request, request.path_params["campaign"])
        with CountedRefusal(principal):
            take_upload(uploads, principal.subject, request)
        parts = Parts(request.headers.get("content-type", ""), request.stream())
        receipt = await desk.posting.take_in(principal, parts)
        document = documents.response_document(_received(receipt), nature="submit_success")
        return _xml(document, 201, headers)

    router.add_api_route(
        "/submission",
        submit,
        methods=["POST"],
        route_class_override=DirectRoute,
        status_code=201,
        response_class=Response,
        responses={201: _XML[200]},
        openapi_extra=_POST,
        summary="提交一份访谈（multipart，附件可分几次）",
    )

    @router.head("/submission", status_code=204, response_class=Response, summary="提交之前：核对登录、上限")
    async def head(request: Request, campaign: str) -> Response:
        desks.entered(request, campaign)
        return Response(status_code=204, headers=headers)

    _add_forms(router, desks)
    return router


def _add_forms(router: APIRouter, desks: Desks) -> None:
    @router.get("/formList", response_class=Response, responses=_XML, summary="表单目录")
    async def form_list(request: Request, campaign: str) -> Response:
        publishing = desks.reading(request, campaign).publishing
        forms = (await publishing.forms()).values()
        base = _base(request, campaign)
        return _xml(documents.form_list(_listed(form, publishing, base) for form in forms))

    @router.get(
        "/forms/{edition}.xml", response_class=Response, responses=_XML, summary="下载空白表单（XForm）"
    )
    async def form(request: Request, campaign: str, edition: str) -> Response:
        return _xml((await desks.reading(request, campaign).publishing.form_of(edition)).xform)

    @router.get(
        "/forms/{edition}/manifest", response_class=Response, responses=_XML, summary="表单的媒体文件目录"
    )
    async def manifest(request: Request, campaign: str, edition: str) -> Response:
        publishing = desks.reading(request, campaign).publishing
        await publishing.form_of(edition)
        base = _base(request, campaign)
        files = publishing.media.values()
        return _xml(
            documents.manifest(
                ListedFile(file.name, file.md5, f"{base}/media/{quote(file.name)}") for file in files
            )
        )

    @router.get("/media/{name}", response_class=Response, responses=ANY_FILE, summary="下载媒体文件")
    async def media(request: Request, campaign: str, name: str) -> Response:
        file = desks.reading(request, campaign).publishing.media_file(name)
        content = await asyncio.to_thread(file.path.read_bytes)
        media_type, _ = mimetypes.guess_type(file.name)
        return Response(content, 200, dict(documents.VERSION_HEADERS), media_type)


def _received(receipt: Receipt) -> str:
    """What the interviewer reads, and passes on to the respondent."""
    return f"已收到，回执 {receipt.code}，撤回码 {receipt.withdrawal_code}（请告诉受访者）"


def _listed(form: PublishedForm, publishing: Publishing, base: str) -> ListedForm:
    edition = form.questionnaire.edition
    return ListedForm(
        form_id=form.form_id,
        name=form.name,
        version=form.questionnaire.version,
        md5=form.md5,
        download_url=f"{base}/forms/{edition}.xml",
        manifest_url=f"{base}/forms/{edition}/manifest" if publishing.media else None,
    )


def _base(request: Request, campaign: str) -> str:
    """The absolute URL of the campaign's desk, under the name that the client knows the server by."""
    return f"{request.base_url}{PREFIX[1:]}/{campaign}"


def _target(request: Request) -> str:
    """Path and query as they came, which Digest signs."""
    path = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _xml(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content, status, dict(headers or documents.VERSION_HEADERS), documents.MEDIA_TYPE)
