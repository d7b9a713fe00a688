"""One or two of everything in the system, for requests to ask for, and bodies that speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.services.intake.attachments.client import TUS, metadata
from tests.services.intake.excel.workbooks import row, workbook
from tests.services.intake.openrosa.collect import body_of, filled, leaves
from tests.services.openapi.good import (
    ACTIVITY,
    BODIES,
    CAMPAIGN,
    GRANT,
    JSON,
    SUBMISSION,
    UNIT_PATH,
    body,
)
from tests.services.openapi.whole import Whole

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPENROSA = "/intake/openrosa/{campaign}"
HOLDERS = "/intake/v1/public/receipts/{receipt}"

Bodies = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Furnished:
    """What stands in the system: ``known`` by what paths and headers call it, ``room/name`` where rooms differ."""

    known: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=lambda: dict(BODIES))


async def furnish(system: Whole) -> Furnished:
    """Put it in."""
    furnished = Furnished()
    furnished.known.update(
        {
            "campaign": [CAMPAIGN],
            "unit": ["zhangjiagang"],
            "edition": ["general"],
            "Tus-Resumable": [TUS["tus-resumable"]],
            "Upload-Offset": ["0"],
            "Upload-Metadata": [
                metadata(filename="照片.jpg", kind=kind)["upload-metadata"] for kind in ("file", "notes")
            ],
        }
    )
    await _submissions(system, furnished)
    await _cases(system, furnished)
    await _attachments(system, furnished)
    await _grants(system, furnished)
    await _others(system, furnished)
    await _board(system, furnished)
    await _forms(system, furnished)
    return furnished


async def _submissions(system: Whole, furnished: Furnished) -> None:
    """Three receipts, one of them with its code in the bodies of whoever holds it; and one in quarantine."""
    path, known = "/intake/v1/submissions", furnished.known
    receipts = [
        await system.make("offline", path, {**SUBMISSION, "source_id": id}) for id in ("k-1", "k-2", "k-3")
    ]
    known["receipt"] = known["receipts/name"] = [each["receipt"] for each in receipts]
    known["submission_id"] = [each["submission_id"] for each in receipts]
    for action in ("answer", "withdraw"):
        furnished.bodies["POST", f"{HOLDERS}:{action}"] = {JSON: {"code": receipts[0]["withdrawal_code"]}}
    furnished.bodies["POST", "/intake/v1/cases/{id}:link"] = {JSON: {"receipt": receipts[1]["receipt"]}}
    kept = await system.client.post(
        path,
        content=orjson.dumps({**SUBMISSION, "questionnaire_version": "1999-01", "source_id": "kept"}),
        headers={"authorization": f"Bearer {system.tokens['offline']}"},
    )
    known["quarantine/id"] = [kept.json()["kept_as"]]


async def _cases(system: Whole, furnished: Furnished) -> None:
    path = "/intake/v1/cases"
    cases = [await system.make("boss", path, body(path, source_id=id)) for id in ("k-1", "k-2")]
    furnished.known["cases/id"] = furnished.known["cases/name"] = [case["id"] for case in cases]


async def _attachments(system: Whole, furnished: Furnished) -> None:
    """Of a case and of a submission, one that is whole and one that isn't."""
    known = furnished.known
    for who, holder, kind, opened_in in (
        ("boss", f"cases/{known['cases/id'][0]}", "notes", "cases"),
        ("offline", f"receipts/{known['receipt'][0]}", "file", "submissions"),
    ):
        path = f"/intake/v1/{holder}/attachments"
        whole = await system.make(who, path, b"%PDF" * 100, **metadata(filename="原稿.pdf", kind=kind))
        begun = await system.make(
            who, path, b"", upload_length="1000", **TUS, **metadata(filename="续.pdf", kind=kind)
        )
        known[f"{opened_in}/attachment_id"] = [whole["attachment_id"]]
        known[f"{holder.partition('/')[0]}/upload_id"] = [begun["location"].rpartition("/")[2]]


async def _grants(system: Whole, furnished: Furnished) -> None:
    """Of somebody else, one of them approved; and of one's own."""
    path = "/release/v1/grants"
    grants = [await system.make("ann", path, GRANT, idempotency_key=key) for key in "123"]
    await system.make("boss", f"{path}/{grants[0]['id']}:approve")
    own = await system.make("boss", path, GRANT)
    furnished.known["grants/id"] = [grant["id"] for grant in (*grants, own)]


async def _others(system: Whole, furnished: Furnished) -> None:
    activity = await system.make("boss", "/intake/v1/activities", {**ACTIVITY, "source_id": "known"})
    furnished.known["activities/id"] = [activity["activity_id"]]
    unit = UNIT_PATH.format(campaign=CAMPAIGN, unit="zhangjiagang")
    for what in ("contacts", "points", "totals"):
        await system.make("boss", f"{unit}/{what}", body(f"{UNIT_PATH}/{what}"))
    furnished.known["point"] = ["zhangjiagang-town-02"]
    imports = "/intake/v1/imports"
    path = f"{imports}?campaign={CAMPAIGN}&edition=general"
    furnished.known["imports/id"] = [(await system.make("boss", path, workbook([row(1), row(2)])))["id"]]
    furnished.bodies["POST", imports] = {XLSX: workbook([row(3), row(4)])}


async def _board(system: Whole, furnished: Furnished) -> None:
    post = orjson.dumps(body("/intake/v1/app/{campaign}/posts", post_id="known"))
    answer = await system.backend.send("POST", f"/intake/v1/app/{CAMPAIGN}/posts", post)
    furnished.known["thread"] = [answer.json()["thread"]]


async def _forms(system: Whole, furnished: Furnished) -> None:
    """An interview as ODK Collect sends it."""
    headers = {"authorization": f"Basic {system.collect}"}
    path = f"{OPENROSA.format(campaign=CAMPAIGN)}/forms/general.xml"
    form = await system.client.get(path, headers=headers)
    media_type, content = body_of(filled(form.content, leaves()))
    furnished.bodies["POST", f"{OPENROSA}/submission"] = {media_type: content}
