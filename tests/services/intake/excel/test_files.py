"""Uploaded files: sealed, held by one at a time, and whole or refused."""

import os

import pytest

from services.intake.attachments.sealing import RecordSealer
from services.intake.channels.excel.files import ImportFiles
from services.intake.space import Space
from shared.privacy import SealBroken

CONTENT = b"shen xiao yan " * 40_000


@pytest.fixture
def files(tmp_path):
    return ImportFiles(tmp_path, Space(tmp_path, 0))


@pytest.fixture
def sealer():
    return RecordSealer(os.urandom(32), "1", "1")


async def pieces(content, size=1000):
    for place in range(0, len(content), size):
        yield content[place : place + size]


async def read(files, sealer):
    return b"".join([part async for part in files.content("1", sealer)])


@pytest.mark.parametrize("content", [CONTENT, b"", b"x" * 65_536, b"x" * 262_144])
async def test_what_was_uploaded_comes_back_and_lies_sealed_for_its_owner_alone(
    files, sealer, tmp_path, content
):
    async with files.kept("1", sealer, pieces(content)) as size_bytes:
        assert size_bytes == len(content)
    assert await read(files, sealer) == content
    path = tmp_path / "1.sealed"
    assert b"shen xiao yan" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert files.ids() == ["1"]


async def test_a_file_is_held_while_it_is_written_and_while_it_is_worked_on(files, sealer):
    async with files.kept("1", sealer, pieces(b"x")):
        with files.taken("1") as is_ours:
            assert not is_ours
    with files.taken("1") as is_ours, files.taken("1") as is_ours_too:
        assert (is_ours, is_ours_too) == (True, False)
    with files.taken("nothing") as is_ours:
        assert not is_ours


async def test_an_upload_that_breaks_off_leaves_no_file(files, sealer):
    async def broken():
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        async with files.kept("1", sealer, broken()):
            pass
    assert files.ids() == []


@pytest.mark.parametrize("length", [0, 3, 70_000, -1])
async def test_a_file_that_was_cut_off_or_changed_is_noticed(files, sealer, tmp_path, length):
    async with files.kept("1", sealer, pieces(CONTENT)):
        pass
    path = tmp_path / "1.sealed"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(SealBroken):
        await read(files, sealer)
    with pytest.raises(SealBroken):
        await read(files, RecordSealer(os.urandom(32), "1", "1"))
