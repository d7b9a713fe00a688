"""Sealed files: what is acknowledged is there, and nothing else opens."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.attachments.errors import UploadBusy
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.sealing import CHUNK_BYTES, HEAD, RecordSealer
from services.intake.space import Space
from shared.errors import NotFound, StorageFull
from shared.privacy import SealBroken

KEY = bytes(range(32))
ID = "ab" * 16
EDGES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)


def sealer(holder="s1", file=ID, key=KEY):
    return RecordSealer(key, holder, file)


def files_in(folder, floor_bytes=0):
    return SealedFiles(folder, Space(folder, floor_bytes))


def put(files, *parts, is_whole=True):
    with files.writing(ID, sealer()) as writer:
        writer.take_up()
        for part in parts:
            writer.take(part)
            writer.write()
        (writer.finish if is_whole else writer.flush)()
        return writer.offset_bytes


def offset_of(files):
    with files.writing(ID, sealer()) as writer:
        writer.take_up()
        return writer.offset_bytes


def content_of(files, **other):
    return b"".join(files.records(ID, sealer(**other)))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "attachments"


@pytest.fixture
def files(folder):
    files = files_in(folder)
    files.create(ID)
    return files


@pytest.fixture
def path(folder, files):
    return folder / ID[:2] / ID


@pytest.mark.parametrize("length", EDGES)
def test_what_was_written_is_read(files, length):
    content = os.urandom(length)
    assert put(files, content) == length
    assert content_of(files) == content


@given(st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=6), st.integers(0, 255))
def test_whatever_the_parts_and_restarts_between_them_the_content_is_the_same(
    tmp_path_factory, lengths, seed
):
    files = files_in(folder := tmp_path_factory.mktemp("files"))
    files.create(ID)
    parts = [bytes([(seed + number) % 256]) * length for number, length in enumerate(lengths)]
    for number, part in enumerate(parts):
        assert put(files, part, is_whole=False) == sum(lengths[: number + 1])
        files = files_in(folder)
    put(files)
    assert content_of(files_in(folder)) == b"".join(parts)


def test_nothing_of_the_content_is_on_disk_in_plain(files, path):
    put(files, "沈晓燕的录音".encode() * 20_000, is_whole=False)
    assert "沈晓燕".encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_opens_for_its_own_holder_id_and_key_alone(files):
    put(files, b"notes")
    for other in ({"holder": "s2"}, {"file": "cd" * 16}, {"key": bytes(32)}):
        with pytest.raises(SealBroken):
            content_of(files, **other)


@given(st.data())
def test_no_changed_byte_goes_unnoticed(tmp_path_factory, data):
    files = files_in(folder := tmp_path_factory.mktemp("files"))
    files.create(ID)
    put(files, b"x" * (CHUNK_BYTES + 100))
    path = folder / ID[:2] / ID
    sealed = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(sealed)
    with pytest.raises(SealBroken):
        content_of(files)


def records_of(sealed):
    records, place = [], 0
    while place < len(sealed):
        end = place + HEAD.size + HEAD.unpack_from(sealed, place)[0]
        records.append(sealed[place:end])
        place = end
    return records


def test_cutting_exchanging_repeating_or_dropping_records_shows(files, path):
    put(files, os.urandom(3 * CHUNK_BYTES))
    first, second, third = records_of(path.read_bytes())
    for forged in (
        [],
        [first],
        [first, second],
        [second, first, third],
        [first, first, second, third],
        [first, third],
        [second, third],
    ):
        path.write_bytes(b"".join(forged))
        with pytest.raises(SealBroken):
            content_of(files)


def test_a_record_that_is_called_the_last_although_it_was_not_shows(files, path):
    put(files, os.urandom(2 * CHUNK_BYTES))
    first = bytearray(records_of(path.read_bytes())[0])
    first[HEAD.size - 1] = 1
    path.write_bytes(first)
    with pytest.raises(SealBroken):
        content_of(files)


def test_a_partial_file_does_not_pass_as_a_whole_one(files):
    put(files, b"half", is_whole=False)
    with pytest.raises(SealBroken):
        content_of(files)


@given(st.integers(0, 2 * CHUNK_BYTES + 200))
def test_a_torn_end_is_cut_off_and_written_anew_wherever_it_was_torn(tmp_path_factory, kept):
    files = files_in(folder := tmp_path_factory.mktemp("files"))
    files.create(ID)
    content = os.urandom(2 * CHUNK_BYTES)
    put(files, content[:CHUNK_BYTES], is_whole=False)
    put(files, content[CHUNK_BYTES:], is_whole=False)
    path = folder / ID[:2] / ID
    os.truncate(path, min(kept, path.stat().st_size))
    files = files_in(folder)
    offset = offset_of(files)
    assert offset in (0, CHUNK_BYTES, 2 * CHUNK_BYTES)
    put(files, content[offset:])
    assert content_of(files) == content


def test_a_record_written_again_does_not_meet_its_old_nonce(files, path):
    put(files, b"first", is_whole=False)
    before = path.read_bytes()
    os.truncate(path, len(before) - 1)
    put(files, b"other", is_whole=False)
    after = path.read_bytes()
    assert before[HEAD.size : HEAD.size + 12] != after[HEAD.size : HEAD.size + 12]


def test_what_another_process_wrote_meanwhile_is_seen(folder, files):
    put(files, b"one", is_whole=False)
    put(files_in(folder), b"two", is_whole=False)
    assert offset_of(files) == 6


def test_one_writer_at_a_time(folder, files):
    with files.writing(ID, sealer()), pytest.raises(UploadBusy), files_in(folder).writing(ID, sealer()):
        pass


def test_a_disk_without_room_is_refused_before_it_is_full(folder):
    files_in(folder).create(ID)
    full = files_in(folder, floor_bytes=1 << 60)
    with pytest.raises(StorageFull):
        put(full, b"x")
    assert offset_of(files_in(folder)) == 0


def test_what_is_not_there_is_not_found(files):
    files.remove(ID)
    files.remove(ID)
    with pytest.raises(NotFound), files.writing(ID, sealer()):
        pass
    with pytest.raises(NotFound):
        content_of(files)
