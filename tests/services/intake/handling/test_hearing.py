"""What the log says of problems is folded alike, in whatever order and however often it comes."""

from functools import reduce
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.handling.hearing import HEARD, Heard
from services.intake.handling.model import ProblemState, problem_id
from services.intake.model import Registration, State
from services.intake.receipts.standing import STANDING_NAMES, Standing, standing_of
from shared.consuming.dead_letters import dead_letters_of
from shared.events import Event, ProblemAnswered, ProblemRecorded, Topic, derived_id, make_event
from tests.services.running import until

AT = "2024-06-03T02:00:00.000Z"
HEARD_STATES = (ProblemState.BEING_HANDLED, ProblemState.ANSWERED)


def told(submission_id: str, revision: int, *, is_answered: bool, key: str = "k") -> Event:
    """An event as any service may tell it."""
    common = {
        "problem_id": problem_id(submission_id),
        "submission_id": submission_id,
        "campaign": "suzhou-2024",
        "unit": "zhangjiagang",
        "revision": revision,
    }
    data = (
        ProblemAnswered(**common, answered_by="ann", answered_at=AT)
        if is_answered
        else ProblemRecorded(**common, recorded_by="ann", recorded_at=AT)
    )
    id = derived_id(data.problem_id, str(revision))
    return make_event(data, id=id, source="/dafangtan/elsewhere", subject=data.problem_id, time=AT, key=key)


@given(
    st.lists(st.builds(Heard, st.integers(1, 9), st.sampled_from(HEARD_STATES)), min_size=1),
    st.randoms(use_true_random=False),
    st.integers(0, 30),
)
def test_the_fold_does_not_depend_on_order_repeats_or_batches(heard, random, cut):
    stands = reduce(Heard.then, heard)
    assert stands.revision == max(each.revision for each in heard)
    shuffled = [*heard, *random.choices(heard, k=5)]
    random.shuffle(shuffled)
    batches = [batch for batch in (shuffled[:cut], shuffled[cut:]) if batch]
    assert reduce(Heard.then, [reduce(Heard.then, batch) for batch in batches]) == stands


@pytest.mark.servers_too
async def test_the_log_may_tell_the_end_first_and_everything_twice(matter):
    id = matter.submission_id
    first, second = told(id, 1, is_answered=False, key="a"), told(id, 2, is_answered=True, key="b")
    third = told(id, 3, is_answered=False, key="c")
    await matter.intake.append(Topic.PROBLEMS, second)
    await matter.stands("answered")
    await matter.intake.append(Topic.PROBLEMS, first, second, first, third, second)
    await matter.stands("being_handled")
    await matter.intake.append(Topic.PROBLEMS, second, told("another", 1, is_answered=True, key="b"))

    async def is_read():
        return await matter.intake.platform.store.get(HEARD, problem_id("another")) is not None

    await until(is_read, "the last event to be read")
    document = await matter.intake.platform.store.get(HEARD, problem_id(id))
    assert document.body == {"revision": 3, "state": "being_handled"}


async def test_what_cannot_be_read_is_laid_aside_and_the_rest_is_heard(matter):
    good = told(matter.submission_id, 1, is_answered=True)
    broken = Event("e1", good.type, good.source, "s", AT, "k", b'{"problem_id": 7}')
    unknown = Event("e2", "dafangtan.problem.painted.v1", good.source, "s", AT, "k", good.data)
    await matter.intake.append(Topic.PROBLEMS, broken, unknown, good)
    await matter.stands("answered")
    assert await matter.intake.platform.store.count(dead_letters_of("intake")) == 2


@pytest.mark.parametrize(("state", "is_in_log", "problem"), list(product(State, (True, False), ProblemState)))
def test_a_receipt_says_the_furthest_that_it_came_and_a_withdrawal_is_the_end(state, is_in_log, problem):
    registration = Registration(
        "s1", "suzhou-2024", "app", "city", "online", "k", "m", AT, wrapped_key=None, state=state
    )
    expected = Standing.COUNTED if is_in_log else Standing.RECEIVED
    if problem in HEARD_STATES:
        expected = Standing(problem.value)
    if state is State.WITHDRAWN:
        expected = Standing.WITHDRAWN
    assert standing_of(registration, is_in_log=is_in_log, problem=problem) is expected


def test_every_standing_has_a_name():
    assert set(STANDING_NAMES) == set(Standing)
