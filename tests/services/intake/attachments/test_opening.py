"""Opening an attachment: with the audit entry of it, and not otherwise."""

from dataclasses import replace

import pytest

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.keys import Keys
from services.intake.attachments.vault import Vault
from services.intake.space import Space
from services.intake.store import REGISTRATIONS, registration_of
from shared.access import Action, AuditTrail, Principal, Resource
from shared.errors import NotAllowed, NotFound
from shared.privacy import KeyRing, Privacy, SealBroken
from tests.services.intake.attachments.client import Client

CONTENT = "沈晓燕说：加班太多。".encode() * 12_000
OFFICE = Principal("office", "person", frozenset({"office"}))


@pytest.fixture
def attachments(client: Client, clock):
    """The same files and documents as the service's."""
    platform, folder = client.intake.platform, client.folder / "attachments"
    privacies = {
        id: Privacy.for_campaign(KeyRing.load(platform.settings.keys_file), id) for id in platform.campaigns
    }
    keys = Keys(privacies, clock, clock, clock() - clock())
    files = SealedFiles(folder, Space(folder, 0))
    vault = Vault(files=files, keys=keys, store=platform.store, clock=clock, limit_bytes=1)
    return Attachments(vault, privacies, platform.access, platform.store)


@pytest.fixture
async def registration(client: Client):
    return registration_of(await client.intake.platform.store.get(REGISTRATIONS, client.receipt))


async def audited(client, id, clock, action=Action.OPEN_SEALED):
    store = client.intake.platform.store
    trail = AuditTrail(store, "intake")
    async with store.transaction() as transaction:
        return await trail.record(
            transaction,
            principal=OFFICE,
            action=action,
            resource=Resource("submission", id),
            details={"purpose": "回访"},
            now=clock(),
        )


async def test_with_its_audit_entry_an_attachment_streams_out_as_it_came(
    client, clock, attachments, registration
):
    attachment = (await client.add(CONTENT, name="沈晓燕的录音.m4a")).json()
    entry = await audited(client, registration.submission_id, clock)
    opened = await attachments.read(registration, attachment["attachment_id"], audited=entry)
    assert opened.name == "沈晓燕的录音.m4a"
    assert b"".join([part async for part in opened.content]) == CONTENT


async def test_without_the_entry_of_this_very_opening_nothing_opens(client, clock, attachments, registration):
    id = (await client.add(CONTENT)).json()["attachment_id"]
    right = await audited(client, registration.submission_id, clock)
    for entry in (
        await audited(client, registration.submission_id, clock, Action.SIGN_OFF),
        await audited(client, "another", clock),
        replace(right, resource={}),
    ):
        with pytest.raises(NotAllowed):
            await attachments.read(registration, id, audited=entry)
    with pytest.raises(NotFound):
        await attachments.read(registration, "0" * 32, audited=right)


async def test_a_file_that_was_changed_on_disk_breaks_off_instead_of_lying(
    client, clock, attachments, registration
):
    id = (await client.add(CONTENT)).json()["attachment_id"]
    (path,) = client.files()
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    entry = await audited(client, registration.submission_id, clock)
    opened = await attachments.read(registration, id, audited=entry)
    with pytest.raises(SealBroken):
        [part async for part in opened.content]


async def test_a_copy_of_all_that_lay_on_disk_tells_nothing_once_the_key_is_destroyed(
    client, attachments, registration
):
    """A copy of the file and of its document lacks the data key, which alone opens the file's own key."""
    from services.intake.attachments.store import ATTACHMENTS, attachment_of

    await client.add(CONTENT)
    store = client.intake.platform.store
    copy = attachment_of((await store.find(ATTACHMENTS, {})).documents[0])
    await client.intake.ask("offline", "POST", f"/intake/v1/receipts/{client.receipt}:withdraw")
    stands = registration_of(await store.get(REGISTRATIONS, client.receipt))
    assert stands.wrapped_key is None
    privacy = attachments._privacies[registration.campaign]
    guessed = privacy.sealer.new_data_key(registration.submission_id)
    with pytest.raises(SealBroken):
        privacy.sealer.open(
            guessed, registration.submission_id, f"attachment-key/{copy.file_id}", copy.sealed_key
        )


async def unsealed(client, who, path, purpose="就反映的加班问题回访本人"):
    submission = (await client.intake.ask("lead", "GET", f"/intake/v1/receipts/{client.receipt}")).json()
    where = f"/intake/v1/submissions/{submission['submission_id']}/attachments{path}/unseal"
    return await client.intake.ask(who, "POST", where, purpose=purpose)


async def test_the_office_opens_names_and_files_with_a_purpose_each_with_its_entry(client):
    id = (await client.add(CONTENT, name="沈晓燕的录音.m4a")).json()["attachment_id"]
    named = (await unsealed(client, "office", "")).json()
    assert [each["filename"] for each in named["attachments"]] == ["沈晓燕的录音.m4a"]
    opened = await unsealed(client, "office", f"/{id}")
    assert (opened.content, opened.headers["content-type"]) == (CONTENT, "audio/mp4")
    assert opened.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%B2%88")
    entries, _ = await AuditTrail(client.intake.platform.store, "intake").entries()
    fields = [each.details["fields"] for each in entries if each.action == "open_sealed"]
    assert fields == [["attachments"], [f"attachment/{id}"]]


async def test_nobody_else_opens_an_attachment_and_not_without_a_purpose(client):
    id = (await client.add(CONTENT)).json()["attachment_id"]
    for who in ("lead", "interviewer", "offline", "ann"):
        assert (await unsealed(client, who, f"/{id}")).status_code == 404, who
        assert (await unsealed(client, who, "")).status_code == 404, who
    assert (await unsealed(client, "office", f"/{id}", purpose="看")).status_code == 422
    whole = f"/intake/v1/receipts/{client.receipt}/attachments/{id}"
    assert (await client.ask("GET", whole)).status_code == 405
