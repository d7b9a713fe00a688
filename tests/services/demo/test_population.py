from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.demo.answering import ANSWERERS
from services.demo.population import FICTION_MARK, PHONE_PREFIX, Population
from services.demo.texts import free_text
from shared.campaign import Campaign

EDITIONS = st.sampled_from(["general", "new_employment"])
SEEDS = st.integers(0, 2**32)


@given(SEEDS, EDITIONS, st.integers(16, 40), st.integers(0, 60))
def test_people_have_the_ages_asked_for(seed: int, edition: str, youngest: int, span: int) -> None:
    population = Population(Random(seed))
    ages = [population.person(edition, ages=(youngest, youngest + span)).age for _ in range(20)]
    assert all(youngest <= age <= youngest + span for age in ages)


@given(SEEDS)
def test_the_same_seed_invents_the_same_people(seed: int) -> None:
    first, second = Population(Random(seed)), Population(Random(seed))
    assert [first.person("general") for _ in range(5)] == [second.person("general") for _ in range(5)]


def test_no_two_people_share_a_phone_and_none_is_anybodys() -> None:
    population = Population(Random(1))
    phones = [population.person("general").phone for _ in range(20_000)]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith(PHONE_PREFIX) and len(phone) == 11 for phone in phones)


def test_employers_say_that_they_are_invented() -> None:
    population = Population(Random(1))
    assert all(population.person("new_employment").employer.endswith(FICTION_MARK) for _ in range(100))


def test_only_married_people_have_children_and_the_old_more_often() -> None:
    population = Population(Random(1))
    people = [population.person("general") for _ in range(5_000)]
    assert all(person.partner == "married" for person in people if person.child != "none")
    young = [person for person in people if person.age <= 25]
    old = [person for person in people if person.age >= 35]
    assert sum(p.child != "none" for p in old) / len(old) > 5 * sum(p.child != "none" for p in young) / len(
        young
    )


def test_some_write_their_own_name_or_phone_into_a_free_text() -> None:
    random = Random(1)
    population = Population(random)
    leaks = 0
    for _ in range(2_000):
        person = population.person("general")
        text = free_text(random, person)
        leaks += person.name in text or person.phone in text
    assert 30 < leaks < 200


def test_every_question_of_the_example_but_the_open_ones_has_its_own_way_of_being_answered(
    suzhou: Campaign,
) -> None:
    asked = {
        edition.questionnaire.id: {
            question.id
            for question in edition.questionnaire.questions
            if question.kind != "text" or question.asked_when
        }
        for edition in suzhou.editions.values()
    }
    assert {id: set(known) for id, known in ANSWERERS.items()} == asked
