"""Keeping up with the generations: counting on into the live one by its own rules, and saying what is going on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from services.quota.generations import Generation, known_generations, rules_of
from services.quota.model import Rules
from shared.background import BackgroundComponent
from shared.consuming import Runner
from shared.errors import RetryLater
from shared.logging import get_logger
from shared.metrics import QUOTA_OTHER_RULES
from shared.platform import Health
from shared.store.port import Store

LOOK_EVERY_S = 1.0


class GenerationWatch(BackgroundComponent):
    """Opens every generation that there is, so that a switch to it is seen here at once.

    ``own`` is the one that this process counts into by the definitions it has loaded. While another one is live, this
    process counts into that one too, by the runner that ``counting_by`` makes of its rules: the board doesn't stand
    still because new rules were installed. The process is ready meanwhile, and its health tells what to do.
    """

    name = "quota.generations"

    def __init__(
        self, own: Generation, store: Store, counting_by: Callable[[Mapping[str, Rules]], Runner]
    ) -> None:
        super().__init__()
        self._own = own
        self._store = store
        self._counting_by = counting_by
        self._live = own
        self._runner: Runner | None = None

    async def start(self) -> None:
        """Open what there is, if the store is there, and go on."""
        with contextlib.suppress(RetryLater):
            await self._look()
        await super().start()

    async def stop(self) -> None:
        """Stop looking, then counting."""
        await super().stop()
        await self._stop_counting()

    async def cancel(self) -> None:
        """End both where they wait."""
        await super().cancel()
        if self._runner is not None:
            await self._runner.cancel()

    def health(self) -> Health:
        """Not ready after a crash, and while what is live can't be counted on."""
        own = super().health()
        counting = Health(True) if self._runner is None else self._runner.health()
        return own if counting.is_ready or not own.is_ready else counting

    @property
    def crashed(self) -> BaseException | None:
        """The bug that ended the looking or the counting, if one did."""
        counting = None if self._runner is None else self._runner.crashed
        return self._background.crashed or counting

    async def _run(self) -> None:
        while True:
            await self._pause(LOOK_EVERY_S)
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumer
                await self._look()

    async def _look(self) -> None:
        known = await known_generations(self._store)
        for each in known:
            if not self._store.is_opened_with(each.generation.sums):
                await self._store.open(each.generation.all_collections)
        live = next((each.generation for each in known if each.is_live), self._own)
        if live != self._live:
            await self._stop_counting()
            await self._go_on_with(live)
            self._live = live
        QUOTA_OTHER_RULES.set(0 if live == self._own else 1)

    async def _go_on_with(self, live: Generation) -> None:
        self._waiting_for = ""
        if live == self._own:
            return
        rules = await rules_of(self._store, live)
        self._waiting_for = self._told(live, is_counted=rules is not None)
        get_logger(self.name).warning("other-rules-loaded", reason=self._waiting_for)
        if rules is not None:
            self._runner = self._counting_by(rules)
            await self._runner.start()

    async def _stop_counting(self) -> None:
        if self._runner is not None:
            await self._runner.stop()
            self._runner = None

    def _told(self, live: Generation, *, is_counted: bool) -> str:
        board = (
            "作战图仍按原规则计数" if is_counted else "本版程序不能再按作战图的规则计数，作战图停在此前的数"
        )
        return (
            f"已安装的活动定义的计数规则（{self._own.id}）不是作战图所用的（{live.id}）：{board}，同时按新规则另行计数。"
            "请运行 dafangtan recount show 查看差别，再运行 dafangtan recount switch 切换；"
            "若切换是在别处做的，请装上新的定义并重启本进程。"
        )
