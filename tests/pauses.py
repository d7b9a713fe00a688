"""How long to wait before looking again."""

from collections.abc import Iterator

LONGEST_S = 0.1


def growing_pauses() -> Iterator[float]:
    """In seconds, for ever: what is soon there is soon seen, and a long wait costs little."""
    pause_s = 0.005
    while True:
        yield pause_s
        pause_s = min(1.25 * pause_s, LONGEST_S)
