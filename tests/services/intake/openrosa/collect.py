"""ODK Collect, as it speaks: forms filled in, and posts as OkHttp writes them.

Boundary, order and headers of the parts follow what Collect's uploader and OkHttp's ``MultipartBody`` write.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

import httpx

from tests.services.intake.forms import FORM, answered

BASE = "/intake/openrosa/suzhou-2024"
DEVICE = "deviceID=collect%3A3UaZbT1F0N9p8eVx"
XFORMS = "{http://www.w3.org/2002/xforms}"
OPENROSA = "{http://openrosa.org/xforms}"
_CODES = re.compile(r"回执 ([0-9A-Z-]{19})，撤回码 ([0-9A-Z-]{9})")
RESPONSE = "{http://openrosa.org/http/response}"
HEADERS = {
    "X-OpenRosa-Version": "1.0",
    "Date": "Sat, 01 Jun 2024 01:30:00 GMT",
    "User-Agent": "org.odk.collect.android/v2024.1.3 Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6)",
    "Accept-Encoding": "gzip",
}


def leaves(edition: str = "general", **changes: str | None) -> dict[str, str | None]:
    """What an interviewer fills in, by the names of the leaves: a good interview, but for ``changes``."""
    answers = answered({**FORM, "edition": edition})["answers"]
    texts = {id: " ".join(each) if isinstance(each, list) else str(each) for id, each in answers.items()}
    return {
        "start": "2024-05-20T09:29:00.000+08:00",
        "end": "2024-05-20T09:58:12.345+08:00",
        "consent_version": "2024-05",
        "consent": "yes",
        "unit": "zhangjiagang",
        "point": "zhangjiagang-town-01",
        "respondent_name": "沈晓燕",
        "respondent_employer": "江南精密制造有限公司",
        "respondent_phone": "13912345678",
        "respondent_age": "29",
        "respondent_sex": "female",
        "message": "想要一个哺乳室，\n晚上也开门。",
        "instanceID": f"uuid:{uuid.uuid4()}",
        **texts,
        **changes,
    }


def filled(xform: bytes, told: Mapping[str, str | None]) -> bytes:
    """The form's primary instance with ``told`` in its leaves, as JavaRosa writes it."""
    model = ElementTree.fromstring(xform).find(f".//{XFORMS}instance")
    assert model is not None
    (data,) = model
    missing = dict(told)
    for parent in list(data.iter()):
        for element in list(parent):
            name = element.tag.rpartition("}")[2]
            if name in missing and not len(element):
                element.text = missing.pop(name)
            if name == "instanceID" and (deprecated := missing.pop("deprecatedID", None)):
                ElementTree.SubElement(parent, f"{OPENROSA}deprecatedID").text = deprecated
    assert not missing, f"the form has no {missing}"
    for element in data.iter():
        tag = element.tag.rpartition("}")[2]
        is_meta = tag in ("meta", "instanceID", "deprecatedID")
        element.tag = f"{OPENROSA}{tag}" if is_meta else tag
    ElementTree.register_namespace("orx", "http://openrosa.org/xforms")
    return b"<?xml version='1.0' ?>" + ElementTree.tostring(data, encoding="utf-8").split(b"?>\n", 1)[-1]


@dataclass(frozen=True)
class File:
    """A file of an instance."""

    name: str
    content: bytes
    media_type: str = "image/jpeg"


def body_of(
    xml: bytes,
    files: Sequence[File] = (),
    *,
    is_incomplete: bool = False,
    filename: str = "百日万名青年职工大访谈 通用版_2024-05-20_09-30-00.xml",
) -> tuple[str, bytes]:
    """Content type and body of a post."""
    boundary = str(uuid.uuid4())
    parts = [_part("xml_submission_file", filename, "text/xml", xml)]
    parts += [_part(file.name, file.name, file.media_type, file.content) for file in files]
    if is_incomplete:
        parts.append(_part("*isIncomplete*", None, None, b"yes"))
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + b"--%b--\r\n" % boundary.encode()


def _part(name: str, filename: str | None, media_type: str | None, content: bytes) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name}"']
    if filename is not None:
        lines[0] += f'; filename="{filename}"'
    if media_type is not None:
        lines.append(f"Content-Type: {media_type}")
    lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Collect:
    """The app on the phone of one interviewer."""

    client: httpx.AsyncClient
    username: str
    password: str
    xforms: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._auth = httpx.DigestAuth(self.username, self.password)

    async def get(self, path: str) -> httpx.Response:
        """Download."""
        return await self.client.get(path, headers=HEADERS, auth=self._auth)

    async def xform(self, edition: str = "general") -> bytes:
        """The blank form, downloaded once."""
        if edition not in self.xforms:
            answer = await self.get(f"{BASE}/forms/{edition}.xml")
            assert answer.status_code == 200, answer.text
            self.xforms[edition] = answer.content
        return self.xforms[edition]

    async def fill(self, edition: str = "general", **changes: str | None) -> bytes:
        """A filled-in form."""
        return filled(await self.xform(edition), leaves(edition, **changes))

    async def head(self) -> httpx.Response:
        """What precedes a post."""
        return await self.client.head(f"{BASE}/submission?{DEVICE}", headers=HEADERS, auth=self._auth)

    async def send(
        self, xml: bytes, files: Sequence[File] = (), *, is_incomplete: bool = False
    ) -> httpx.Response:
        """One post."""
        return await self.post(*body_of(xml, files, is_incomplete=is_incomplete))

    async def post(self, content_type: str, body: bytes) -> httpx.Response:
        """One post with any body."""
        headers = {**HEADERS, "Content-Type": content_type}
        url = f"{BASE}/submission?{DEVICE}"
        return await self.client.post(url, headers=headers, content=body, auth=self._auth)


def message_of(answer: httpx.Response) -> str:
    """What Collect shows of an answer to a submission."""
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.headers["x-openrosa-version"] == "1.0"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{RESPONSE}OpenRosaResponse"
    return root.findtext(f"{RESPONSE}message") or ""


def codes_in(answer: httpx.Response) -> tuple[str, str]:
    """The receipt and its withdrawal code, as the answer to a submission tells them."""
    found = _CODES.search(message_of(answer))
    assert found is not None, answer.text
    return found[1], found[2]
