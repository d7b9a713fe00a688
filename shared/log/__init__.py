"""The event log: ``open_log`` gives the adapter that a URL names."""

from __future__ import annotations

from pathlib import Path

from shared.log.port import EventLog

_FORMS = "sqlite:///相对路径、sqlite:////绝对路径、kafka://主机:端口,主机:端口"


def open_log(url: str, *, topic_prefix: str, reads_inline: bool = False) -> EventLog:
    """Return the log at ``url``, not yet connected: call its ``open`` before anything else.

    ``sqlite:///var/log.db`` is a file below the working directory, ``sqlite:////srv/log.db`` one at an
    absolute path, ``kafka://host:9092,host:9092`` a cluster. ``topic_prefix`` stands before the names of
    topics and groups there, so that several systems can share a log. ``reads_inline``: a file is read in the
    event loop's thread, for a process that has nothing else to do meanwhile. Raises ValueError for anything else.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest != "/":
        from shared.log.sqlite import SqliteEventLog

        return SqliteEventLog(Path(rest[1:]), topic_prefix=topic_prefix, reads_inline=reads_inline)
    if scheme == "kafka" and rest:
        from shared.log.kafka import KafkaEventLog

        return KafkaEventLog(rest, topic_prefix=topic_prefix)
    raise ValueError(f"不认识的日志地址 {url!r}；可以写：{_FORMS}。")
