"""Settings of quota."""

from __future__ import annotations

from pydantic import Field

from shared.settings import DafangtanSettings


class QuotaSettings(DafangtanSettings):
    """What quota needs to know beyond the shared settings."""

    quota_stream_listeners: int = Field(
        5_000,
        ge=1,
        title="一个进程最多可有多少个连接收看作战图；再多答以 503",
        description="how many connections may listen to boards in one process; above it, 503",
    )
    quota_stream_listeners_each: int = Field(
        20,
        ge=1,
        title="其中一个人最多可有多少个；再多答以 503",
        description="how many of them one person may have; above it, 503",
    )
    quota_board_look_every_s: float = Field(
        0.2,
        gt=0,
        le=60,
        title="有人收看的作战图每隔多少秒与计数比较一次",
        description="how often a board that somebody watches is compared with what was counted, in seconds",
    )
    quota_forerun_from: int = Field(
        30_000,
        ge=0,
        title="积压多少个事件时另起一个进程帮着读（约多用 150 MB 内存）；0 表示从不",
        description="from how many waiting events on a second process reads them (some 150 MB more); 0: never",
    )
