"""An answer's words: for who shows the withdrawal code, sealed everywhere, and gone with the submission."""

import asyncio

import pytest

from services.cli import rotating
from services.intake.receipts.asking import WITHDRAWAL_TOKENS
from shared.privacy import KeyRing
from shared.settings import Settings
from tests.services.intake.handling.matter import PUBLIC, RECEIPTS, WORDS, accepted
from tests.services.intake.searching import contents, opened
from tests.services.running import until

LONGEST = "答" * 2000


async def test_the_respondent_reads_the_answer_with_receipt_and_code(matter):
    await matter.answer(WORDS)
    await matter.stands("answered")
    told = (await matter.told(matter.code.lower())).json()
    assert told == {
        **await matter.looked_up(),
        "answer": WORDS,
        "answered_at": "2024-06-01T01:30:00.000Z",
    }
    assert (told["standing"], told["standing_name"]) == ("answered", "已答复")


async def test_before_there_is_an_answer_none_is_told(matter):
    told = (await matter.told()).json()
    assert (told["answer"], told["answered_at"]) == (None, None)
    await matter.take_up()
    assert (await matter.told()).json()["answer"] is None


async def test_the_latest_answer_is_told_also_while_it_is_handled_again(matter):
    await matter.answer("正在了解")
    await matter.answer(LONGEST)
    assert (await matter.told()).json()["answer"] == LONGEST
    await matter.take_up()
    await matter.stands("being_handled")
    assert (await matter.told()).json()["answer"] == LONGEST


async def test_whoever_merely_holds_the_receipt_and_the_staff_are_not_told_the_words(matter):
    made = await matter.answer(WORDS)
    await matter.stands("answered")
    path = f"/intake/v1/receipts/{matter.receipt}"
    told = [await matter.intake.ask(who, "GET", path) for who in ("offline", "lead", "admin")]
    for answer in (made, *told, await matter.intake.client.get(f"{RECEIPTS}/{matter.receipt}")):
        assert answer.status_code == 200
        assert "哺乳室" not in answer.text


async def test_a_wrong_code_is_told_like_a_wrong_receipt(matter):
    await matter.answer(WORDS)
    other = await accepted(matter.intake, source_id="another")
    wrong_code = await matter.told(other.code)
    path = f"{PUBLIC}/0000-0000-0000-0000:answer"
    wrong_receipt = await matter.intake.client.post(path, json={"code": matter.code})
    assert wrong_code.status_code == wrong_receipt.status_code == 404
    assert {**wrong_code.json(), "request_id": ""} == {**wrong_receipt.json(), "request_id": ""}
    assert (await matter.told("0000-0001")).status_code == 422


async def test_tries_of_codes_for_answers_count_as_those_for_withdrawals(matter):
    tries = [await matter.told("0000-0000") for _ in range(int(300 / WITHDRAWAL_TOKENS))]
    assert {each.status_code for each in tries} == {404}
    assert (await matter.told()).status_code == 429
    assert (await matter.withdraw()).status_code == 429


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)  # whose files can be read here
async def test_an_answer_lies_sealed_and_a_withdrawal_makes_it_unreadable(matter, tmp_path):
    keyring, id = KeyRing.load(tmp_path / "keys.json"), matter.submission_id
    await matter.answer(WORDS)
    await matter.stands("answered")
    assert WORDS.encode() in opened(contents(tmp_path), keyring, [id])[id], (
        "the search finds what can be found"
    )
    assert not [file for file in contents(tmp_path) if "哺乳室".encode() in file]
    await matter.withdraw()
    told = (await matter.told()).json()
    assert (told["standing"], told["answer"], told["answered_at"]) == ("withdrawn", None, None)

    async def is_gone():
        return not opened(contents(tmp_path), keyring, [id])[id]

    await until(is_gone, "the last traces to be gone from the store's file")


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_an_answer_can_be_read_after_a_key_rotation(matter, engine, tmp_path):
    """It has no key of its own: it is opened by the submission's."""
    await matter.answer(WORDS)
    settings = Settings(store_url=engine.store_url, keys_file=tmp_path / "keys.json")
    await asyncio.to_thread(rotating.rotate, settings, ["suzhou-2024"], 0.0)

    async def is_told():
        return (await matter.told()).json().get("answer") == WORDS

    await until(is_told, "the new keys to be looked at")
