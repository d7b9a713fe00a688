"""Reading the log: the runner, the follower, dead letters, the outbox."""

from shared.consuming.anew import Anew
from shared.consuming.effects import Effects, Handler, Rejection
from shared.consuming.follower import Follower, MemoryFold
from shared.consuming.forerunner import Ahead
from shared.consuming.outbox import Outbox
from shared.consuming.runner import Runner

__all__ = [
    "Ahead",
    "Anew",
    "Effects",
    "Follower",
    "Handler",
    "MemoryFold",
    "Outbox",
    "Rejection",
    "Runner",
]
