"""An interviewer's ODK Collect: fetches the form, fills it in, sends it. OpenRosa API, Digest authentication."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree

import httpx
from defusedxml.ElementTree import fromstring

from services.demo.client import PatientClient
from services.demo.steps import Step

XFORMS = "{http://www.w3.org/2002/xforms}"
FORM_LIST = "{http://openrosa.org/xforms/xformsList}"
INSTANCES = uuid.UUID("5d0a3c0e-6a0c-5e7e-9d4b-1c1f0a7b9f52")
BOUNDARY = "dafangtan-demo-4f1c"


class Collect:
    """One interviewer's client. ``surprises`` lists every answer that wasn't expected."""

    def __init__(self, client: PatientClient, url: str, username: str, password: str) -> None:
        self.surprises: list[str] = []
        self._client = client
        self._url = url
        self._auth = httpx.DigestAuth(username, password)
        self._models: dict[str, ElementTree.Element] = {}

    async def fetch_forms(self) -> None:
        """Fetch every form of the list."""
        listed = fromstring((await self._get(f"{self._url}/formList")).content)
        for form in listed.iter(f"{FORM_LIST}xform"):
            id = form.findtext(f"{FORM_LIST}formID") or ""
            content = (await self._get(form.findtext(f"{FORM_LIST}downloadUrl") or "")).content
            self._models[id] = next(fromstring(content).iter(f"{XFORMS}instance"))[0]

    async def send(self, campaign: str, step: Step) -> None:
        """Fill in and send one interview."""
        assert step.form is not None
        body = _multipart(self._filled(self._models[f"{campaign}-{step.form['edition']}"], step.form))
        headers = {
            "X-OpenRosa-Version": "1.0",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        answer = await self._client.send(
            "POST", f"{self._url}/submission", content=body, headers=lambda: headers, auth=self._auth
        )
        if answer.status_code != httpx.codes.CREATED:
            self.surprises.append(
                f"openrosa {step.source_id}：应为 201，收到 {answer.status_code}：{answer.text[:300]}"
            )

    async def _get(self, url: str) -> httpx.Response:
        answer = await self._client.send("GET", url, auth=self._auth)
        return answer.raise_for_status()

    def _filled(self, model: ElementTree.Element, form: Mapping[str, Any]) -> bytes:
        data = deepcopy(model)
        told = _leaves(form)
        for element in data.iter():
            name = element.tag.rpartition("}")[2]
            if name in told and not len(element):
                element.text = told.pop(name)
        if told:
            raise KeyError(f"the form has no {'、'.join(told)}")
        return ElementTree.tostring(data, encoding="unicode").encode()


def _leaves(form: Mapping[str, Any]) -> dict[str, str]:
    """The form's content by the names of the leaves."""
    told = {
        "start": form["consent"]["given_at"],
        "end": form["collected_at"],
        "consent": "yes",
        "consent_version": form["consent"]["version"],
        "unit": form["unit"],
        "instanceID": f"uuid:{uuid.uuid5(INSTANCES, form['source_id'])}",
    }
    told |= {name: form[name] for name in ("point", "message") if name in form}
    told |= {f"respondent_{name}": str(value) for name, value in form["respondent"].items()}
    return told | {id: _written(answer) for id, answer in form["answers"].items()}


def _written(answer: str | int | float | Sequence[str]) -> str:
    return " ".join(answer) if isinstance(answer, list) else str(answer)


def _multipart(instance: bytes) -> bytes:
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="xml_submission_file"; filename="interview.xml"\r\n'
        "Content-Type: text/xml\r\n\r\n"
    )
    return head.encode() + instance + f"\r\n--{BOUNDARY}--\r\n".encode()
