"""Opening sealed fields: a role, a purpose, an audit entry, and what was asked for alone."""

import ast
import re
from pathlib import Path

import pytest

from services.intake.owning import owner_name
from services.intake.unsealing.store import SEALED
from shared.access import AuditTrail
from shared.metrics import INTAKE_UNSEALED
from shared.privacy import KeyRing, Privacy
from tests.services.intake.forms import CAMPAIGN, content
from tests.services.running import until

PATH = "/intake/v1/submissions"
PURPOSE = "就反映的哺乳室问题电话回访本人"
ROOT = Path(__file__).parents[4]


@pytest.fixture
async def submission(intake):
    intake.be("clerk", "office")
    answer = (await intake.post("offline", PATH, content())).json()
    await until(lambda: _is_back(intake, answer["submission_id"]), "the event to be read back")
    return answer


async def _is_back(intake, id, revision=0):
    document = await intake.platform.store.get(SEALED, id)
    return document is not None and document.body.get("revision", 0) >= revision


async def unseal(intake, submission, who="clerk", fields=("name", "phone"), purpose=PURPOSE):
    path = f"{PATH}/{submission['submission_id']}/unseal"
    return await intake.ask(who, "POST", path, fields=list(fields), purpose=purpose)


async def entries(intake):
    return (await AuditTrail(intake.platform.store, "intake").entries())[0]


async def test_the_office_opens_what_it_asks_for_and_nothing_else(intake, submission):
    answer = await unseal(intake, submission)
    assert answer.status_code == 200
    assert answer.json()["fields"] == {"name": "沈晓燕", "phone": "13912345678"}
    words = await unseal(intake, submission, fields=("message", "openid"))
    assert set(words.json()["fields"]) == {"message", "openid"}
    assert "哺乳室" in words.json()["fields"]["message"]
    assert words.json()["fields"]["openid"] is None


async def test_who_opened_what_and_why_is_in_the_audit_trail(intake, submission):
    answer = await unseal(intake, submission)
    (entry,) = await entries(intake)
    assert (entry.seq, entry.action, entry.actor["subject"]) == (
        answer.json()["audit_seq"],
        "open_sealed",
        "clerk",
    )
    assert entry.resource["id"] == submission["submission_id"]
    assert entry.details == {"fields": ["name", "phone"], "purpose": PURPOSE, "revision": 0}


async def test_the_audit_trail_names_a_submission_alike_whatever_is_done_with_it(intake):
    intake.be("clerk", "office")
    privacy = Privacy.for_campaign(KeyRing.load(intake.platform.settings.keys_file), CAMPAIGN.id)
    owner = owner_name(privacy.pseudonyms, "wechat", "oAbc")
    said = content(
        channel="wechat", unit="city", edition=None, answers={}, message="您好",
        source_id=f"{owner}:1", respondent={"openid": "oAbc"},
    )  # fmt: skip
    submission = (await intake.post("wechat", PATH, said)).json()
    await until(lambda: _is_back(intake, submission["submission_id"]), "the event to be read back")
    assert (await unseal(intake, submission, fields=["message"])).status_code == 200
    await intake.ask("wechat", "POST", f"/intake/v1/receipts/{submission['receipt']}:withdraw")
    opened, withdrawn = await entries(intake)
    assert (opened.action, withdrawn.action) == ("open_sealed", "withdraw")
    assert opened.resource == withdrawn.resource
    assert opened.resource["owner"] == owner
    assert (await AuditTrail(intake.platform.store, "intake").verify()).count == 2


@pytest.mark.parametrize("who", ["ann", "lead", "offline"])
async def test_nobody_else_learns_even_that_there_is_something(intake, submission, who):
    hidden = await unseal(intake, submission, who)
    missing = await unseal(intake, {"submission_id": "nothing"})
    assert (hidden.status_code, hidden.json()["code"]) == (404, missing.json()["code"])
    assert not await entries(intake)


@pytest.mark.parametrize(
    ("fields", "purpose"), [(["name"], "看看"), (["name"], " " * 40), ([], PURPOSE), (["x" * 65], PURPOSE)]
)
async def test_without_a_purpose_or_a_field_nothing_is_opened(intake, submission, fields, purpose):
    assert (await unseal(intake, submission, fields=fields, purpose=purpose)).status_code == 422
    assert not await entries(intake)


@pytest.mark.servers_too
async def test_what_was_withdrawn_is_not_opened(intake, submission):
    await intake.ask("offline", "POST", f"/intake/v1/receipts/{submission['receipt']}:withdraw")
    answer = await unseal(intake, submission)
    assert (answer.status_code, answer.json()["code"]) == (409, "already-withdrawn")
    assert [entry.action for entry in await entries(intake)] == ["withdraw"]

    async def is_cleared():
        document = await intake.platform.store.get(SEALED, submission["submission_id"])
        return document.body == {"campaign": "suzhou-2024", "is_withdrawn": True}

    await until(is_cleared, "the ciphertexts to be cleared")


@pytest.mark.servers_too
async def test_after_an_amendment_the_new_words_are_opened(intake, submission):
    headers = {"authorization": f"Bearer {intake.tokens['offline']}"}
    path = f"/intake/v1/receipts/{submission['receipt']}/submission"
    await intake.client.put(path, headers=headers, content=content(message="改一句"))
    await until(lambda: _is_back(intake, submission["submission_id"], 1), "the amendment to be read back")
    answer = (await unseal(intake, submission, fields=["message"])).json()
    assert (answer["revision"], answer["fields"]) == (1, {"message": "改一句"})


async def test_a_copied_list_is_slowed_down(intake, submission):
    statuses = [(await unseal(intake, submission)).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    assert len(await entries(intake)) == 30


async def test_opened_fields_are_counted(intake, submission):
    counter = INTAKE_UNSEALED.labels("suzhou-2024")._value
    before = counter.get()
    await unseal(intake, submission, fields=["name", "openid"])
    assert counter.get() - before == 1


MAY_OPEN = {
    "services/intake/unsealing/opening.py",
    "services/intake/quarantine/replaying.py",  # for the program that reads it, never for a person
    "services/intake/attachments/keys.py",  # with the entry that unsealing gave
    "services/intake/cases/looking.py",  # likewise
    "services/intake/obligations/contacts.py",  # a unit's contacts, with an entry of its own
    "services/intake/handling/answers.py",  # likewise written for the respondent, who shows the withdrawal code
    "services/intake/channels/app_board/sealed.py",  # what the office wrote to the respondent, for the respondent
    "services/intake/channels/excel/importing.py",  # the uploaded workbook, for the program that reads it
    "services/intake/channels/excel/sealing.py",  # refused rows, for whoever uploaded them
    "services/intake/channels/wechat/access_tokens.py",  # what WeChat gave to the account, nobody's data
}
OF_SEALER = re.compile(r"(\.|^)_?sealer\.open$")
RECORDS = {"services/intake/attachments/writing.py", "services/intake/channels/excel/files.py"}
"""They open by a RecordSealer: who gave them its key is above."""


def test_nothing_else_opens_what_is_sealed():
    """Whoever adds a file here shows by whose leave it opens, and where that is written down."""
    openers = set()
    for room in ("services", "shared"):
        for path in (ROOT / room).rglob("*.py"):
            nodes = (
                node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
            )
            if any(OF_SEALER.search(ast.unparse(node)) for node in nodes if node.attr == "open"):
                openers.add(path.relative_to(ROOT).as_posix())
    assert openers - RECORDS == MAY_OPEN
