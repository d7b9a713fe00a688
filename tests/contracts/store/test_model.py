"""Random transactions against a plain dict."""

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Conflict
from shared.store.port import Document, DuplicateId, Store, Transaction, VersionMoved
from tests.contracts.store.things import COUNTS, THINGS

ids = st.sampled_from(["a", "b", "c", "d", "身份"])
versions = st.integers(1, 3)
bodies = st.fixed_dictionaries(
    {}, optional={"code": st.sampled_from([None, 1, "1", True]), "n": st.integers(0, 9)}
)
fields = st.dictionaries(st.sampled_from(["x", "y.z"]), st.integers(-3, 3), max_size=2)

operations = st.one_of(
    st.tuples(st.just("insert"), ids, bodies),
    st.tuples(st.just("insert_many"), st.lists(st.tuples(ids, bodies), max_size=3)),
    st.tuples(st.just("replace"), ids, bodies, versions),
    st.tuples(
        st.just("replace_many"),
        st.lists(st.tuples(ids, bodies, versions), max_size=3, unique_by=lambda item: item[0]),
    ),
    st.tuples(st.just("delete"), ids, st.none() | versions),
    st.tuples(st.just("delete_many"), st.lists(ids, max_size=3)),
    st.tuples(st.just("increment"), st.dictionaries(ids, fields, max_size=2)),
    st.tuples(st.just("clear")),
)
transactions = st.lists(st.tuples(st.lists(operations, max_size=4), st.booleans()), max_size=8)
single_inserts = st.lists(st.tuples(ids, bodies), max_size=4)


class Abandoned(Exception):
    """The block of a transaction ended with an error of its own."""


@dataclass
class Model:
    """What the port says, in a dict."""

    documents: dict[str, Document] = field(default_factory=dict)
    counters: dict[str, dict[str, int]] = field(default_factory=dict)

    def insert(self, id: str, body: dict[str, object]) -> None:
        if id in self.documents or self._is_taken(id, body):
            raise DuplicateId("")
        self.documents[id] = Document(id, 1, body)

    def insert_many(self, items: list[tuple[str, dict[str, object]]]) -> None:
        for item in items:
            self.insert(*item)

    def replace(self, id: str, body: dict[str, object], version: int) -> None:
        if id not in self.documents or self.documents[id].version != version:
            raise VersionMoved("")
        if self._is_taken(id, body):
            raise DuplicateId("")
        self.documents[id] = Document(id, version + 1, body)

    def replace_many(self, items: list[tuple[str, dict[str, object], int]]) -> None:
        for item in items:
            self.replace(*item)

    def delete(self, id: str, version: int | None) -> None:
        if version is not None and (id not in self.documents or self.documents[id].version != version):
            raise VersionMoved("")
        self.documents.pop(id, None)

    def delete_many(self, ids: list[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    def increment(self, amounts: dict[str, dict[str, int]]) -> None:
        for id, amounts_of_id in amounts.items():
            for name, amount in amounts_of_id.items():
                counted = self.counters.setdefault(id, {})
                counted[name] = counted.get(name, 0) + amount

    def clear(self) -> None:
        self.documents.clear()

    def insert_each(self, items: list[tuple[str, dict[str, object]]]) -> list[bool]:
        outcomes = []
        for item in items:
            try:
                self.insert(*item)
            except DuplicateId:
                outcomes.append(False)
            else:
                outcomes.append(True)
        return outcomes

    def _is_taken(self, id: str, body: dict[str, object]) -> bool:
        code = body.get("code")
        return code is not None and any(
            other.id != id and type(other.body.get("code")) is type(code) and other.body["code"] == code
            for other in self.documents.values()
        )


async def apply(transaction: Transaction, name: str, *arguments: object) -> None:
    """Do one operation of the strategy in the store."""
    if name == "increment":
        await transaction.increment(COUNTS, *arguments)
    elif name in ("replace", "delete"):
        *others, version = arguments
        await getattr(transaction, name)(THINGS, *others, version=version)
    else:
        await getattr(transaction, name)(THINGS, *arguments)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(st.tuples(transactions, single_inserts), max_size=3))
async def test_the_store_does_what_a_dict_does(store: Store, sequence: list[tuple[object, object]]) -> None:
    async with store.transaction() as transaction:
        await transaction.clear(THINGS)
        await transaction.clear(COUNTS)
    model = Model()

    for steps, singles in sequence:
        for operations_of_one, is_abandoned in steps:
            model = await run_both(store, model, operations_of_one, is_abandoned)
        assert await store.insert_each(THINGS, singles) == model.insert_each(singles)
        await check_same(store, model)


async def run_both(store: Store, model: Model, steps: list[tuple[str, object]], is_abandoned: bool) -> Model:
    """Run one transaction in the store and in a copy of the model; the model that then holds."""
    draft = deepcopy(model)
    expected = outcome_of(lambda: [getattr(draft, name)(*arguments) for name, *arguments in steps])
    if expected is None and is_abandoned:
        expected = Abandoned
    elif expected is not None and "replace_many" in [name for name, *_ in steps]:
        expected = Conflict  # of several reasons any one is given
    with pytest.raises(expected) if expected is not None else nullcontext():
        async with store.transaction() as transaction:
            for name, *arguments in steps:
                await apply(transaction, name, *arguments)
            await check_same(transaction, draft)
            if is_abandoned:
                raise Abandoned
    return draft if expected is None else model


def outcome_of(work: Callable[[], object]) -> type[Exception] | None:
    """The class of the error that ``work`` raises, if any."""
    try:
        work()
    except (DuplicateId, VersionMoved) as error:
        return type(error)
    return None


async def check_same(reader: Store | Transaction, model: Model) -> None:
    """Compare everything that can be read."""
    assert await reader.get_many(THINGS, ["a", "b", "c", "d", "身份"]) == model.documents
    assert await reader.count(THINGS) == len(model.documents)
    page = await reader.find(THINGS, {})
    assert [document.id for document in page.documents] == sorted(model.documents)
    found = await reader.find(THINGS, {"code": 1})
    assert [document.id for document in found.documents] == [
        id for id, one in model.documents.items() if type(one.body.get("code")) is int
    ]
    assert await reader.all_counters(COUNTS, prefix="") == {
        id: counted for id, counted in model.counters.items() if counted
    }
