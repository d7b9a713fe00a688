"""Reading the log: the runner, the follower, dead letters, the outbox."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
