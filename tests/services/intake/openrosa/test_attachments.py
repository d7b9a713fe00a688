"""Files that belong to an interview: in one post or in several, sealed, once."""

import pytest

from tests.services.intake.openrosa.collect import File, body_of, codes_in, message_of

PHOTO = File("1716168600000.jpg", b"\xff\xd8" + "沈晓燕的工作证".encode() * 9000)
VOICE = File("录音 1.m4a", "沈晓燕说：加班太多。".encode() * 20_000, "audio/mp4")


@pytest.fixture
def listed(openrosa):
    async def of(answer):
        code, _ = codes_in(answer)
        found = await openrosa.intake.ask("offline", "GET", f"/intake/v1/receipts/{code}/attachments")
        return sorted((each["media_type"], each["size_bytes"]) for each in found.json()["attachments"])

    return of


async def test_files_come_with_the_interview(openrosa, listed):
    answer = await openrosa.lu.send(await openrosa.lu.fill(), [PHOTO, VOICE])
    assert answer.status_code == 201, message_of(answer)
    assert await listed(answer) == [("audio/mp4", len(VOICE.content)), ("image/jpeg", len(PHOTO.content))]


@pytest.mark.servers_too
async def test_files_that_come_in_several_posts_belong_to_one_interview(openrosa, listed):
    xml = await openrosa.lu.fill()
    first = await openrosa.lu.send(xml, [PHOTO], is_incomplete=True)
    rest = await openrosa.lu.send(xml, [VOICE])
    assert (first.status_code, rest.status_code) == (201, 201)
    assert message_of(first) == message_of(rest)
    assert len(await listed(rest)) == 2


async def test_a_resend_adds_no_file(openrosa, listed):
    xml = await openrosa.lu.fill()
    answers = [await openrosa.lu.send(xml, [PHOTO, VOICE]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len(await listed(answers[-1])) == 2


@pytest.mark.servers_too
async def test_an_edit_may_bring_other_content_under_the_same_name(openrosa, listed):
    first, second = "uuid:00000000-0000-0000-0000-000000000001", "uuid:00000000-0000-0000-0000-000000000002"
    audit = File("audit.csv", b"event,node\n", "text/csv")
    await openrosa.lu.send(await openrosa.lu.fill(instanceID=first), [audit])
    edit = await openrosa.lu.fill(instanceID=second, deprecatedID=first)
    changed = File("audit.csv", b"event,node\nend,\n", "text/csv")
    answers = [await openrosa.lu.send(edit, [changed]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await listed(answers[0]) == [("text/csv", 11), ("text/csv", 16)]


async def test_what_breaks_off_in_a_file_is_made_good_by_the_next_post(openrosa, listed):
    xml = await openrosa.lu.fill()
    content_type, body = body_of(xml, [PHOTO, VOICE])
    broken = await openrosa.lu.post(content_type, body[: body.index("录音".encode()) + 1000])
    assert broken.status_code == 400
    assert "没有传完" in message_of(broken)
    again = await openrosa.lu.send(xml, [PHOTO, VOICE])
    assert again.status_code == 201
    assert len(await listed(again)) == 2


async def test_files_lie_on_disk_sealed(openrosa):
    await openrosa.lu.send(await openrosa.lu.fill(), [PHOTO, VOICE])
    for path in openrosa.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for text in ("沈晓燕", "加班太多", "工作证", "录音 1"):
                assert text.encode() not in content, path


async def test_a_file_before_the_interview_belongs_to_nothing(openrosa):
    content_type, body = body_of(await openrosa.lu.fill(), [PHOTO])
    boundary = content_type.partition("boundary=")[2].encode()
    _, xml, photo, _ = body.split(b"--" + boundary)
    swapped = b"--" + boundary + photo + b"--" + boundary + xml + b"--" + boundary + b"--\r\n"
    answer = await openrosa.lu.post(content_type, swapped)
    assert answer.status_code == 400
    assert "xml_submission_file" in message_of(answer)
