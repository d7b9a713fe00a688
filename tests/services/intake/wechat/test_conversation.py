"""What followers send, what is kept of it, and what they read in answer."""

import re
from datetime import timedelta

import orjson
import pytest

from services.intake.channels.wechat.store import EVENTS
from services.intake.store import REGISTRATIONS, registration_of
from shared.events import Topic
from shared.privacy import KeyRing, Privacy
from tests.services.intake.wechat.followers import CAMPAIGN, Follower
from tests.services.running import until

WORDS = "我叫沈晓燕，电话 139 1234 5678，想要一个哺乳室。"


def receipt_in(text):
    return re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", text)[0]


async def submissions(follower):
    events = await follower.service.events(Topic.SUBMISSIONS)
    return [event for event in events if event.type == "dafangtan.submission.received.v1"]


async def registration_of_receipt(follower, receipt):
    return registration_of(await follower.service.platform.store.get(REGISTRATIONS, receipt))


async def test_subscribing_is_answered_with_the_consent_text_and_how_to_agree(follower):
    text = await follower.send("event", Event="subscribe")
    assert "参加访谈完全自愿" in text
    assert "回复“同意”" in text


async def test_a_message_before_consent_is_not_kept_and_the_answer_says_so(follower, tmp_path):
    text = await follower.say(WORDS)
    assert "没有保存" in text
    assert "再发一次" in text
    assert not await submissions(follower)


async def test_after_agreeing_a_message_is_kept_and_answered_with_its_receipt(agreed):
    text = await agreed.say(WORDS)
    (event,) = await submissions(agreed)
    receipt = receipt_in(text)
    assert f"撤回 {receipt}" in text
    assert f"查询 {receipt}" in text
    assert (await registration_of_receipt(agreed, receipt)).submission_id == event.id


async def test_what_is_told_of_a_message_has_the_channels_unit_no_edition_and_the_consent(agreed):
    await agreed.say(WORDS)
    (event,) = await submissions(agreed)
    data = orjson.loads(event.data)
    assert (data["channel"], data["mode"], data["unit"]) == ("wechat", "online", "city")
    assert data.get("edition") is None
    assert data["texts_given"] == ["message"]
    assert data["consent"] == {"version": "2024-05", "given_at": "2024-06-01T01:30:00Z", "how": "sent"}


@pytest.mark.servers_too
async def test_a_repeat_is_the_same_message_and_gets_the_same_answer(agreed):
    message = agreed.fields("text", Content=WORDS)
    answers = [await agreed.told(message) for _ in range(3)]
    assert len(set(answers)) == 1
    assert len(await submissions(agreed)) == 1


async def test_the_same_words_sent_again_are_another_message(agreed):
    assert await agreed.say(WORDS) != await agreed.say(WORDS)
    assert len(await submissions(agreed)) == 2


@pytest.mark.servers_too
async def test_a_message_from_before_the_agreement_stays_out_also_when_it_comes_again(follower, clock):
    message = follower.fields("text", Content=WORDS)
    first = await follower.told(message)
    clock.advance(timedelta(seconds=3))
    await follower.say("同意")
    assert await follower.told(message) == first
    assert not await submissions(follower)


@pytest.mark.parametrize("word", ["同意", "“同意”", " 同意。", "同意！"])
async def test_agreeing_is_understood_as_people_type_it(follower, word):
    assert "已收到您的同意" in await follower.say(word)
    assert "回执号" in await follower.say(WORDS)


@pytest.mark.servers_too
async def test_agreeing_twice_is_agreeing_once(follower, clock):
    first = follower.fields("text", Content="同意")
    assert await follower.told(first) == await follower.told(first)
    clock.advance(timedelta(seconds=3))
    await follower.say("同意")
    message = follower.fields("text", Content=WORDS)
    assert await follower.told(message) == await follower.told(message)


async def test_after_leaving_nothing_more_is_kept_until_they_agree_again(agreed, clock):
    clock.advance(timedelta(seconds=3))
    assert "不再同意" in await agreed.say("退出")
    clock.advance(timedelta(seconds=3))
    assert "没有保存" in await agreed.say(WORDS)
    assert not await submissions(agreed)
    clock.advance(timedelta(seconds=3))
    await agreed.say("同意")
    assert "回执号" in await agreed.say(WORDS)


async def test_an_old_agreement_that_comes_again_does_not_undo_leaving(follower, clock):
    agreement = follower.fields("text", Content="同意")
    await follower.told(agreement)
    clock.advance(timedelta(seconds=3))
    await follower.say("退出")
    assert "不再同意" in await follower.told(agreement)
    clock.advance(timedelta(seconds=3))
    assert "没有保存" in await follower.say(WORDS)


@pytest.mark.servers_too
async def test_a_follower_looks_up_and_takes_back_what_is_theirs(agreed):
    receipt = receipt_in(await agreed.say(WORDS))
    assert re.search("已收到|已计入", await agreed.say(f"查询 {receipt}"))
    assert "已撤回" in await agreed.say(f"撤回{receipt.lower()}")
    assert "已撤回" in await agreed.say(f"撤回 {receipt}")
    assert "已撤回" in await agreed.say(f"查询：{receipt}")


async def test_a_follower_who_looks_up_reads_how_far_it_has_come_and_the_answer(agreed):
    service = agreed.service
    service.be("office", "office")
    receipt = receipt_in(await agreed.say(WORDS))
    id = (await registration_of_receipt(agreed, receipt)).submission_id

    async def says(standing):
        return (await agreed.say(f"查询 {receipt}")).startswith(f"回执 {receipt}：{standing}。")

    await service.ask("office", "POST", f"/intake/v1/submissions/{id}:take-up")
    await until(lambda: says("办理中"), "being handled")
    await service.ask("office", "POST", f"/intake/v1/submissions/{id}:answer", answer="哺乳室七月底前设好。")
    await until(lambda: says("已答复"), "answered")
    assert await agreed.say(f"查询 {receipt}") == f"回执 {receipt}：已答复。\n\n答复：哺乳室七月底前设好。"
    await service.ask("office", "POST", f"/intake/v1/submissions/{id}:answer", answer="长" * 2000)
    shown = await agreed.say(f"查询 {receipt}")
    assert len(shown.encode()) < 2000
    assert "…\n\n答复较长，全文可凭回执号和撤回码查看。" in shown
    await agreed.say(f"撤回 {receipt}")
    assert await agreed.say(f"查询 {receipt}") == f"回执 {receipt}：已撤回。"


async def test_who_has_agreed_no_longer_can_still_take_back(agreed, clock):
    receipt = receipt_in(await agreed.say(WORDS))
    clock.advance(timedelta(seconds=3))
    await agreed.say("退出")
    assert "已撤回" in await agreed.say(f"撤回 {receipt}")


async def test_nobody_looks_up_or_takes_back_what_is_anothers(agreed):
    receipt = receipt_in(await agreed.say(WORDS))
    other = Follower(agreed.service, agreed.servers, openid="oSomebodyElse")
    assert "没有找到" in await other.say(f"查询 {receipt}")
    assert "没有找到" in await other.say(f"撤回 {receipt}")
    assert re.search("已收到|已计入", await agreed.say(f"查询 {receipt}"))


async def test_a_command_without_its_receipt_is_explained_and_a_wrong_one_is_told(agreed):
    assert "例如" in await agreed.say("撤回")
    assert "回执号有误" in await agreed.say("查询 7K3M-9QXA-2B4D-HJ8A")
    assert not await submissions(agreed)


@pytest.mark.parametrize(
    "words", ["撤回我的年假申请，单位不批", "我同意涨工资", "查询不到社保", "同意 7K3M9QXA2B4DHJ8N"]
)
async def test_a_message_that_begins_like_a_command_is_a_message(agreed, words):
    assert "留言已收到" in await agreed.say(words)


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (
            "location",
            {"Location_X": "31.298", "Location_Y": "120.585", "Label": "苏州市姑苏区"},
            "[位置] 苏州市姑苏区（北纬 31.298，东经 120.585）",
        ),
        (
            "link",
            {"Title": "通知", "Description": "放假", "Url": "http://example.org"},
            "[链接] 通知\n放假\nhttp://example.org",
        ),
        ("voice", {"MediaId": "m1", "Format": "amr", "Recognition": "食堂太贵"}, "[语音] 食堂太贵"),
        ("image", {"MediaId": "m1", "PicUrl": "http://example.org/1"}, "[图片]"),
        ("video", {"MediaId": "m1", "ThumbMediaId": "m2"}, "[视频]"),
    ],
)
async def test_images_voices_videos_locations_and_links_are_kept_as_what_they_say(agreed, kind, fields, said):
    receipt = receipt_in(await agreed.send(kind, **fields))
    (event,) = await submissions(agreed)
    registration = await registration_of_receipt(agreed, receipt)
    keyring = KeyRing.load(agreed.service.platform.settings.keys_file)
    sealer = Privacy.for_campaign(keyring, CAMPAIGN).sealer
    key = sealer.unwrap(event.id, registration.wrapped_key)
    texts = sealer.open(key, event.id, "texts", orjson.loads(event.data)["sealed"]["texts"])
    assert orjson.loads(texts) == {"message": said}


@pytest.mark.parametrize(
    "fields",
    [
        {"Event": "unsubscribe"},
        {"Event": "VIEW", "EventKey": "www.qq.com"},
        {"Event": "LOCATION"},
        {"Event": "whatever"},
    ],
)
async def test_unsubscribing_and_events_that_ask_for_nothing_are_answered_success(agreed, fields):
    assert await agreed.send("event", **fields) is None
    assert not await submissions(agreed)


@pytest.mark.parametrize(
    "fields",
    [
        {"Event": "CLICK", "EventKey": "K"},
        {"Event": "SCAN", "EventKey": "1"},
        {"Event": "subscribe", "EventKey": "qrscene_1"},
    ],
)
async def test_who_comes_by_menu_or_code_reads_what_to_do(agreed, fields):
    text = await agreed.send("event", **fields)
    assert "https://intake.example.org/intake/wechat/suzhou-2024/questionnaire" in text


async def test_a_type_that_nobody_knows_is_answered_success_and_kept_nowhere(agreed):
    assert await agreed.send("notsure") is None
    assert not await submissions(agreed)


async def test_an_empty_or_endless_text_is_told_and_not_kept(agreed):
    assert "没有收到内容" in await agreed.say("  ")
    assert "5000 字" in await agreed.say("长" * 5001)
    assert not await submissions(agreed)


async def test_neither_openid_nor_words_lie_in_plain_text_in_any_file(agreed, tmp_path):
    agreed.servers.keep("m1", "image/jpeg", b"\xff\xd8 a face")
    await agreed.say(WORDS)
    await agreed.send("location", Location_X="31.298", Location_Y="120.585", Label="姑苏区平江路")
    await agreed.send("event", Event="subscribe")
    await agreed.send("image", MediaId="m1")

    async def is_fetched():
        return any((tmp_path / "attachments").rglob("*"))

    await until(is_fetched, "the image to be fetched")
    plain = [agreed.openid, "沈晓燕", "1234 5678", "平江路", "120.585", "a face", "token-0"]
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert not [word for word in plain if word.encode() in content], path


async def test_two_messages_of_one_follower_are_of_one_person_and_anothers_of_another(agreed):
    other = Follower(agreed.service, agreed.servers, openid="oSomebodyElse")
    await other.say("同意")
    for each in (agreed, agreed, other):
        await each.say(WORDS)
    persons = [orjson.loads(event.data)["person"] for event in await submissions(agreed)]
    assert sorted(map(persons.count, set(persons))) == [1, 2]


@pytest.mark.servers_too
async def test_who_came_by_which_code_is_counted_once_and_without_a_name(follower):
    event = follower.fields("event", Event="subscribe", EventKey="qrscene_point-17")
    for _ in range(3):
        await follower.told(event)
    page = await follower.service.platform.store.find(EVENTS, {})
    (document,) = page.documents
    assert (document.body["event"], document.body["scene"]) == ("subscribe", "point-17")
    assert follower.openid not in repr(document)
