"""New rules in mid-campaign: counted beside the live state, compared, and switched to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.quota.app import build
from services.quota.decoding import Step
from services.quota.generations import REGISTRY, Generation, known_generations, live_of
from services.quota.handlers import QuotaHandler
from services.quota.recount.difference import Counted, Moved, moved_by_line
from services.quota.recount.switching import Switch, drop_generation, reach_of
from services.quota.recount.watching import GenerationWatch
from services.quota.store import MILESTONES, sums_in
from shared.consuming import Effects, Outbox, Runner, dead_letters, positions
from shared.errors import Conflict, NotFound
from shared.events import Topic, to_message
from shared.log import open_log
from shared.log.port import LoggedMessage, TopicPartition
from shared.store import open_store
from tests.services.quota.test_handlers import BOARD, board, milestones, received
from tests.services.running import Engine, running, until
from tests.suzhou import suzhou

LINES = {
    id: replace(line, target_count=40 if id in ("taicang", "kunshan") else line.target_count)
    for id, line in suzhou().quota_lines.items()
}
OLD = replace(suzhou(), quota_lines=LINES)
NEW = replace(
    OLD,
    age=replace(OLD.age, eligible_max=35),
    counting=replace(OLD.counting, person_once_per="unit"),
)
OLD_RULES, NEW_RULES = (Generation.of({each.id: each}) for each in (OLD, NEW))

EVENTS = [
    received(
        f"s{n:02}",
        unit="kunshan" if n % 2 else "taicang",
        age_band="26-30" if n % 5 else "36-40",
        person=f"p{n // 4}" if n % 4 < 2 else None,
    )
    for n in range(60)
]
"""Each 30 of two units; 15 persons were interviewed in both, in Taicang first; 6 in each unit are over 35."""
DIFFERENCE = [
    Moved("太仓市", "counted", 30, 24),
    Moved("太仓市", "ineligible_age", 0, 6),
    Moved("昆山市", "counted", 15, 24),
    Moved("昆山市", "ineligible_age", 0, 6),
    Moved("昆山市", "duplicate_person", 15, 0),
]


@pytest.fixture
def embedded(tmp_path):
    return Engine.embedded(tmp_path)


def process(engine, folder, clock, campaign):
    return running(build, engine, folder, clock, campaign=campaign)


def be(quota):
    quota.be("off", "office")
    return quota


async def has_read_all(quota, generation):
    ends = await quota.platform.log.ends(Topic.SUBMISSIONS)
    known = [each.generation for each in await known_generations(quota.platform.store)]
    if generation not in known or not quota.platform.store.is_opened_with(generation.sums):
        return False
    return not (await reach_of(quota.platform.store, generation, ends)).missing_count


async def read_by(quota, *generations):
    for generation in generations:
        await until(lambda of=generation: has_read_all(quota, of), f"{generation.id} to have read all")


async def switch(quota, target=NEW_RULES, replaced=OLD_RULES, ends=None):
    platform = quota.platform
    outbox = Outbox("quota", log=platform.log, store=platform.store, clock=platform.real_clock)
    ends = ends or await platform.log.ends(Topic.SUBMISSIONS)
    await Switch(target, replaced).make(platform.store, outbox, platform.campaigns, ends, platform.clock())


async def told(quota):
    """The milestones in the log, as (line, percent)."""
    return sorted((each.quota_line, each.percent) for each in await milestones(quota))


async def until_told(quota, *expected):
    async def is_so():
        return set(await told(quota)) >= set(expected)

    await until(is_so, f"the milestones {expected}")


async def difference(quota):
    store = quota.platform.store
    before, after = [await sums_in(store, each, OLD.id) for each in (OLD_RULES, NEW_RULES)]
    return moved_by_line(Counted(OLD, before), Counted(NEW, after))


OLD_TOLD = [("kunshan", 25), ("taicang", 25), ("taicang", 50), ("taicang", 75)]


async def test_new_rules_count_beside_the_board_until_it_is_told_to_switch(engine, tmp_path, clock):
    async with process(engine, tmp_path, clock, OLD) as quota:
        await be(quota).append(Topic.SUBMISSIONS, *EVENTS)
        await board(quota, counted=45, duplicate_person=15)
        await until_told(quota, *OLD_TOLD)

    async with process(engine, tmp_path, clock, NEW) as quota:
        await read_by(be(quota), OLD_RULES, NEW_RULES)
        assert await difference(quota) == DIFFERENCE
        await board(quota, counted=45, duplicate_person=15, ineligible_age=0)
        await quota.append(Topic.SUBMISSIONS, received("t1", age_band="36-40"))
        await board(quota, counted=46, ineligible_age=0)  # it goes on by its own rules
        ready = await quota.client.get("/readyz")
        details = {each["name"]: each["detail"] for each in ready.json()["components"]}
        assert ready.status_code == 200
        assert "dafangtan recount switch" in details["quota.generations"]
        assert await told(quota) == OLD_TOLD

        await read_by(quota, NEW_RULES)
        await switch(quota)
        buckets = (await quota.ask("off", "GET", f"{BOARD}/progress")).json()["buckets"]
        assert (buckets["counted"], buckets["ineligible_age"], buckets["duplicate_person"]) == (48, 13, 0)
        await until_told(quota, ("kunshan", 50))
        await quota.append(Topic.SUBMISSIONS, *[received(f"u{n:02}") for n in range(12)])
        await board(quota, counted=60)
        await until_told(quota, ("taicang", 90))
        assert await told(quota) == sorted([*OLD_TOLD, ("kunshan", 50), ("taicang", 90)])
        assert (await quota.ask("off", "GET", "/quota/v1/submissions/t1")).json()[
            "bucket"
        ] == "ineligible_age"


async def test_who_is_cancelled_counts_by_no_rules_any_more(embedded, tmp_path, clock):
    async with process(embedded, tmp_path, clock, OLD) as quota:
        await be(quota).append(Topic.SUBMISSIONS, *EVENTS)
        await board(quota, counted=45, duplicate_person=15)
    async with process(embedded, tmp_path, clock, NEW) as quota:
        await read_by(be(quota), OLD_RULES, NEW_RULES)
        (watch,) = (each for each in quota.service.components if isinstance(each, GenerationWatch))
        counting = watch._runner
        before = {task.get_name() for task in asyncio.all_tasks()}
        await watch.cancel()
        ended = before - {task.get_name() for task in asyncio.all_tasks()}
        assert {watch.name, counting.name} <= ended


async def etag(quota):
    return (await quota.ask("off", "GET", f"{BOARD}/board")).headers["etag"]


async def is_drawn_anew(quota, seen):
    """Though both generations have read as far."""
    return await etag(quota) != seen


async def test_who_is_still_on_the_old_rules_shows_the_new_counts_at_once(embedded, tmp_path, clock):
    async with process(embedded, tmp_path, clock, NEW) as new:
        await be(new).append(Topic.SUBMISSIONS, *EVENTS)
        await board(new, counted=48)
    async with process(embedded, tmp_path, clock, OLD) as old:
        await read_by(be(old), OLD_RULES)
        await board(old, counted=48)
        why = await old.ask("off", "GET", "/quota/v1/submissions/s05")
        assert (why.status_code, "计数规则正在更换" in why.json()["detail"]) == (503, True)
        seen = await etag(old)
        await switch(old, OLD_RULES, NEW_RULES)
        await board(old, counted=45)
        await until(lambda: is_drawn_anew(old, seen), "the live board to be drawn anew")
        assert (await old.ask("off", "GET", "/quota/v1/submissions/s05")).json()[
            "bucket"
        ] == "duplicate_person"


class Dying(QuotaHandler):
    """Dies in its third batch, after its writes."""

    batches = 0

    async def apply(self, steps: Sequence[Step], effects: Effects) -> None:
        await super().apply(steps, effects)
        self.batches += 1
        if self.batches == 3:
            raise RuntimeError("dies in this test")


async def test_a_recount_that_died_halfway_is_gone_on_with_and_told_nothing(embedded, tmp_path, clock):
    async with process(embedded, tmp_path, clock, OLD) as quota:
        await be(quota).append(Topic.SUBMISSIONS, *EVENTS, received("bad", unit="atlantis"))
        await board(quota, counted=45)
        platform = quota.platform
        handler = Dying({NEW.id: NEW}, clock=clock)
        runner = Runner(
            handler,
            log=platform.log,
            store=platform.store,
            outbox=Outbox("quota", log=platform.log, store=platform.store, clock=clock),
            clock=clock,
            messages_at_once=9,
            reads_as=handler.generation.consumer,
        )
        await platform.store.open(runner.collections)
        await runner.start()

        async def has_died():
            return runner.crashed is not None

        await until(has_died, "the recount to die")
        await runner.stop()
        with pytest.raises(Conflict, match="没有读到"):
            await switch(quota)
        await board(quota, counted=45)
    async with process(embedded, tmp_path, clock, NEW) as quota:
        await read_by(be(quota), NEW_RULES)
        assert await difference(quota) == DIFFERENCE
        assert await told(quota) == OLD_TOLD
        letters = [letter async for letter in dead_letters.waiting(quota.platform.store, "quota")]
        assert len(letters) == 1  # though both met it


async def test_what_is_live_cannot_be_dropped_and_what_is_dropped_leaves_nothing(embedded, tmp_path, clock):
    async with process(embedded, tmp_path, clock, NEW) as quota:
        await be(quota).append(Topic.SUBMISSIONS, *EVENTS)
        await board(quota, counted=48)
    async with process(embedded, tmp_path, clock, OLD) as quota:
        await read_by(be(quota), OLD_RULES)
        with pytest.raises(Conflict, match="不能删除"):
            await drop_generation(quota.platform.store, NEW_RULES)
        with pytest.raises(Conflict, match="重新查看差别"):
            await switch(quota, OLD_RULES, Generation.called("g0"))
        with pytest.raises(Conflict, match="不必切换"):
            await switch(quota, NEW_RULES, OLD_RULES)
        await switch(quota, OLD_RULES, NEW_RULES)
        await drop_generation(quota.platform.store, NEW_RULES)
        store = quota.platform.store
        assert await live_of(store) == OLD_RULES
        assert await sums_in(store, NEW_RULES, NEW.id) == {}
        assert await store.count(NEW_RULES.standings) == 0
        assert [each.generation for each in await known_generations(store)] == [OLD_RULES]
        with pytest.raises(NotFound):
            await switch(quota, NEW_RULES, OLD_RULES)
        await board(quota, counted=45)


PARTITION = TopicPartition(Topic.SUBMISSIONS, 0)


def logged(events):
    messages = [to_message(each) for each in events]
    return [LoggedMessage(n, each.key, each.headers, each.value) for n, each in enumerate(messages)]


async def apply(handler, transaction, messages):
    """What a runner does with a batch."""
    consumer = handler.generation.consumer
    stored = await positions.load(transaction, consumer, [PARTITION])
    await positions.move(transaction, consumer, stored, {PARTITION: messages[-1].offset + 1})
    await handler.apply([handler.read(each) for each in messages], Effects(transaction))


@pytest.mark.mongo
async def test_a_batch_that_commits_beside_the_switch_is_part_of_what_it_tells(mongo_url, tmp_path, clock):
    old, new = (QuotaHandler({each.id: each}, clock=clock) for each in (OLD, NEW))
    store = open_store(mongo_url)
    log = open_log(f"sqlite:///{tmp_path}/log.db", topic_prefix="")
    outbox = Outbox("quota", log=log, store=store, clock=clock)
    both = (*old.generation.all_collections, *new.generation.all_collections)
    await store.open((*both, *REGISTRY, MILESTONES, outbox.collection))
    first, *rest = logged(EVENTS)
    for handler in (old, new):
        async with store.transaction() as transaction:
            await apply(handler, transaction, [first])
    making = Switch(NEW_RULES, OLD_RULES).make(store, outbox, {NEW.id: NEW}, {PARTITION: 1}, clock())
    async with store.transaction() as transaction:
        await apply(new, transaction, rest)
        switching = asyncio.create_task(making)
        await asyncio.wait({switching}, timeout=0.3)
    await switching
    assert await store.count(outbox.collection) == 4  # both units at 24 of 40
    await store.close()
