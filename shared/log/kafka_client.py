"""What the parts of the Kafka adapter share: how a client starts, and what aiokafka's errors mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

from aiokafka.errors import IllegalArgumentError, IllegalStateError, KafkaError

from shared.errors import RetryLater

_BUGS = (IllegalArgumentError, IllegalStateError)


@contextmanager
def retrying_later(bootstrap: str) -> Iterator[None]:
    """Turn whatever Kafka or the network refuses, or is too slow for, into RetryLater; let bugs through."""
    try:
        yield
    except _BUGS:
        raise
    except TimeoutError as error:
        raise RetryLater(f"事件日志（Kafka {bootstrap}）没有按时应答。") from error
    except (KafkaError, OSError) as error:
        raise RetryLater(f"事件日志（Kafka {bootstrap}）暂时用不了：{error!r}。") from error


async def start(start: Callable[[], Awaitable[None]], undo: Callable[[], Awaitable[None]]) -> None:
    """Start a client; if that fails, or is cancelled, let go of what it has."""
    async with AsyncExitStack() as undoing:
        undoing.push_async_callback(undo)
        await start()
        undoing.pop_all()
