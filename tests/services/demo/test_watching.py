"""Whether the board keeps up with what was answered."""

from __future__ import annotations

from services.demo.watching import BEHIND_AT_MOST_S, Backlog


def test_what_was_answered_since_the_last_look_may_still_be_on_its_way() -> None:
    backlog = Backlog()
    assert not backlog.is_behind(100, 0, 0.0)
    assert not backlog.is_behind(200, 100, 0.5)
    assert backlog.is_behind(300, 199, 1.0)
    assert not backlog.is_behind(300, 300, 1.5)


def test_a_board_that_never_catches_up_is_not_waited_for_for_ever() -> None:
    backlog = Backlog()
    backlog.is_behind(100, 0, 0.0)
    seen = [backlog.is_behind(100, 99, 1.0 + s) for s in (0.0, BEHIND_AT_MOST_S - 1, BEHIND_AT_MOST_S, 100.0)]
    assert seen == [True, True, False, False]
    assert not backlog.is_behind(100, 100, 200.0)
    assert backlog.is_behind(100, 99, 300.0)
