"""The spool on disk."""

import os

import pytest

from services.intake.spool import Spooled, SpoolFile

ALL = 1 << 30


def spooled(number):
    return Spooled("submissions", f"k{number}", (("ce_id", str(number).encode()),), b'{"n": 1}' * number)


def test_what_was_appended_is_there_after_a_restart_in_order(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1), spooled(2)])
    spool.append([spooled(3)])
    spool.close()
    again = SpoolFile.take(tmp_path)
    assert again.length_count == 3
    assert again.read(0, ALL)[0] == [spooled(1), spooled(2), spooled(3)]


@pytest.mark.parametrize("lost_bytes", [1, 9, 40])
def test_a_torn_last_write_is_dropped_and_all_before_it_kept(tmp_path, lost_bytes):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1), spooled(20)])
    spool.close()
    os.truncate(spool.path, spool.path.stat().st_size - lost_bytes)
    again = SpoolFile.take(tmp_path)
    assert again.read(0, ALL)[0] == [spooled(1)]
    again.append([spooled(3)])
    assert again.read(0, ALL)[0] == [spooled(1), spooled(3)]


def test_a_flipped_bit_ends_what_is_trusted(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1)])
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
    first.append([spooled(1)])
    second.append([spooled(2)])
    second.close()
    (orphan,) = SpoolFile.take_orphans(tmp_path)
    assert orphan.read(0, ALL)[0] == [spooled(2)]


def test_reading_in_pieces_gives_everything_once(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(number) for number in range(1, 30)])
    place, seen = 0, []
    while True:
        events, place = spool.read(place, 500)
        if not events:
            break
        seen += events
    assert seen == [spooled(number) for number in range(1, 30)]


def test_a_cleared_spool_is_empty_for_good(tmp_path):
    spool = SpoolFile.take(tmp_path)
    spool.append([spooled(1)])
    spool.clear()
    spool.close()
    assert SpoolFile.take(tmp_path).length_count == 0
