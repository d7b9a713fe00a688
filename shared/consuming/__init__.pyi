from .anew import Anew
from .effects import Effects, Handler, Rejection
from .follower import Follower, MemoryFold
from .forerunner import Ahead
from .outbox import Outbox
from .runner import Runner

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
