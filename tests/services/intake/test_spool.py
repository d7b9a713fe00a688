"""The spool on disk."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from services.intake.space import Space
from services.intake.spool import Room, Spooled, SpoolFile
from shared.errors import RetryLater, StorageFull

ALL = 1 << 30
ROOMY = Room(Space(Path("/"), 0), ALL)


def spooled(number):
    return Spooled("submissions", f"k{number}", (("ce_id", str(number).encode()),), b'{"n": 1}' * number)


def test_what_was_appended_is_there_after_a_restart_in_order(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1), spooled(2)], ROOMY)
    spool.append([spooled(3)], ROOMY)
    spool.close()
    again = SpoolFile.take(tmp_path)
    assert again.length_count == 3
    assert again.read(0, ALL)[0] == [spooled(1), spooled(2), spooled(3)]


def test_what_was_appended_is_synced_to_the_disk_before_the_append_returns(tmp_path, monkeypatch):
    spool = SpoolFile.take(tmp_path)
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    spool.append([spooled(1), spooled(2)], ROOMY)
    assert synced == [spool.size_bytes]


def test_a_new_slots_name_is_synced_too(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    SpoolFile.take(tmp_path / "new")
    assert synced == [(tmp_path / "new").stat().st_ino, tmp_path.stat().st_ino]


@pytest.mark.parametrize("lost_bytes", [1, 9, 40])
def test_a_torn_last_write_is_dropped_and_all_before_it_kept(tmp_path, lost_bytes):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1), spooled(20)], ROOMY)
    spool.close()
    os.truncate(spool.path, spool.path.stat().st_size - lost_bytes)
    again = SpoolFile.take(tmp_path)
    assert again.read(0, ALL)[0] == [spooled(1)]
    again.append([spooled(3)], ROOMY)
    assert again.read(0, ALL)[0] == [spooled(1), spooled(3)]


def test_a_flipped_bit_ends_what_is_trusted(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1)], ROOMY)
    spool.close()
    content = bytearray(spool.path.read_bytes())
    content[-1] ^= 1
    spool.path.write_bytes(content)
    assert SpoolFile.take(tmp_path).length_count == 0


def test_two_holders_have_two_slots(tmp_path):
    first, second = SpoolFile.take(tmp_path), SpoolFile.take(tmp_path)
    assert first.path != second.path


def test_a_living_holders_slot_is_no_orphan_and_a_dead_ones_is(tmp_path):
    first, second = SpoolFile.take(tmp_path), SpoolFile.take(tmp_path)
    first.append([spooled(1)], ROOMY)
    second.append([spooled(2)], ROOMY)
    second.close()
    (orphan,) = SpoolFile.take_orphans(tmp_path)
    assert orphan.read(0, ALL)[0] == [spooled(2)]


def test_reading_in_pieces_gives_everything_once(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(number) for number in range(1, 30)], ROOMY)
    place, seen = 0, []
    while True:
        events, place = spool.read(place, 500)
        if not events:
            break
        seen += events
    assert seen == [spooled(number) for number in range(1, 30)]


def test_a_cleared_spool_is_empty_for_good(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1)], ROOMY)
    spool.clear()
    spool.close()
    assert SpoolFile.take(tmp_path).length_count == 0


def test_the_room_for_waiting_events_is_limited(tmp_path):
    spool = SpoolFile.take(tmp_path)
    room = Room(Space(tmp_path, 0), 1000)
    spool.append([spooled(1)], room)
    with pytest.raises(StorageFull, match="暂存区已满"):
        spool.append([spooled(200)], room)
    assert spool.read(0, ALL)[0] == [spooled(1)]
    spool.append([spooled(2)], room)


def test_the_disks_floor_is_never_used_up(tmp_path):
    spool = SpoolFile.take(tmp_path)
    with pytest.raises(StorageFull):
        spool.append([spooled(1)], Room(Space(tmp_path, shutil.disk_usage(tmp_path).total), ALL))
    assert (spool.size_bytes, spool.length_count) == (0, 0)


def test_what_a_full_disk_wrote_half_is_taken_back(tmp_path):
    """/dev/full stands for the disk: every write to it fails with ENOSPC."""
    full = os.open("/dev/full", os.O_RDWR)
    spool = SpoolFile(tmp_path / "slot", full)
    with pytest.raises(RetryLater) as refused:
        spool.append([spooled(1)], ROOMY)
    assert isinstance(refused.value, StorageFull)
    assert refused.value.__cause__.errno == errno.ENOSPC
    assert (spool.size_bytes, spool.length_count) == (0, 0)


def test_the_oldest_event_is_known_also_after_a_restart(tmp_path):
    spool = SpoolFile.take(tmp_path)
    assert spool.oldest() is None
    spool.append([spooled(1), spooled(2)], ROOMY)
    spool.close()
    again = SpoolFile.take(tmp_path)
    assert again.oldest() == spooled(1)
    again.clear()
    assert again.oldest() is None
