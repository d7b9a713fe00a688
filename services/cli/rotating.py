"""What ``dafangtan keys rotate`` does: a new key, data keys wrapped anew, the old key destroyed; all resumable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from services.intake.key_holders import KEY_HOLDERS, holders_of_other_keys
from services.intake.rewrapping import WRAPPED, Page, Wrapped, wrap_page_anew
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.privacy import KeyRing, Privacy, begin_rotation, finish_rotation
from shared.real_time import system_clock
from shared.settings import Settings
from shared.store import open_store
from shared.store.port import Store

LOOK_EVERY_S = 1.0
WAITS_AT_MOST_S = 300.0


def rotate(settings: Settings, campaigns: Sequence[str], settle_s: float) -> int:
    """Rotate the sealing key of ``campaigns`` (none: of all in the file), and return the exit status.

    A rotation that was broken off goes on where it was. ``settle_s``: how long what a process wrapped by the old key
    may take to stand in the store, after the process knows the new one.
    """
    keys_file = settings.keys_file
    wanted = campaigns or tuple(KeyRing.load(keys_file).campaigns)
    for campaign in wanted:
        is_new = begin_rotation(keys_file, campaign)
        typer.echo(f"{campaign}：{'已启用新密钥' if is_new else '继续上次未完成的更换'}。")
    asyncio.run(_finish(settings, keys_file, wanted, settle_s))
    typer.echo(f"已更换 {'、'.join(wanted)} 的封存密钥，旧密钥已销毁。更早的备份里的密封内容从此无法打开。")
    return 0


async def _finish(settings: Settings, keys_file: Path, campaigns: Sequence[str], settle_s: float) -> None:
    keyring = KeyRing.load(keys_file)
    privacies = {id: Privacy.for_campaign(keyring, id) for id in campaigns}
    store = open_store(settings.store_url)
    try:
        await store.open([KEY_HOLDERS, *(each.collection for each in WRAPPED)])
        await _wrap_all_anew(store, privacies)  # most of them, while the services take notice
        for id, privacy in privacies.items():
            await _wait_for_holders(store, id, privacy.sealer.current_id)
        await asyncio.sleep(settle_s)
        await _wrap_all_anew(store, privacies)
        for id, privacy in privacies.items():
            finish_rotation(keys_file, id, privacy.sealer.current_id)
    finally:
        await store.close()


async def _wrap_all_anew(store: Store, privacies: dict[str, Privacy]) -> None:
    for wrapped in WRAPPED:
        seen = changed = 0
        cursor: str | None = None
        while True:
            page = await _wrapped_page(store, privacies, wrapped, cursor)
            seen, changed, cursor = seen + page.seen_count, changed + page.wrapped_count, page.cursor
            if cursor is None:
                break
        typer.echo(f"{wrapped.collection.name}：查看 {seen} 件，重新封存 {changed} 个数据密钥。")


async def _wrapped_page(
    store: Store, privacies: dict[str, Privacy], wrapped: Wrapped, cursor: str | None
) -> Page:
    """Wait out what is in the way: the transaction of a run that was killed holds its documents for a minute.

    Raises RetryLater when it is still there after ``WAITS_AT_MOST_S``.
    """
    backoff = Backoff()
    deadline_s = time.monotonic() + WAITS_AT_MOST_S
    while True:
        try:
            return await wrap_page_anew(store, privacies, wrapped, cursor)
        except RetryLater as error:
            if time.monotonic() > deadline_s:
                raise
            reason = str(error).partition("（")[0]
        typer.echo(f"{wrapped.collection.name}：暂时写不进去（{reason}），稍后再试。")
        await backoff.wait()


async def _wait_for_holders(store: Store, campaign: str, current_id: bytes) -> None:
    """Raises RetryLater when some process goes on wrapping by an older key: nothing is destroyed then."""
    try:
        async with asyncio.timeout(WAITS_AT_MOST_S):
            while count := await holders_of_other_keys(store, campaign, current_id, system_clock()):
                typer.echo(f"{campaign}：还有 {count} 个 intake 进程未启用新密钥，等待中。")
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise RetryLater(
            f"{campaign}：有 intake 进程一直没有启用新密钥，旧密钥没有销毁。"
            "请确认各进程读到的是同一份密钥文件，然后再运行一次。"
        ) from None
