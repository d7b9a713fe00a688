from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from services.demo.mishaps import SPOILS
from services.demo.scenario import Scenario, build_scenario
from services.demo.steps import Step
from services.intake.checking import problems_of
from services.intake.model import Submission
from shared.campaign import Campaign
from tests.docs.pages import README, output, read

pytestmark = pytest.mark.timeout(300)  # the whole scenario takes a while to make

FIELDS = {
    "campaign",
    "channel",
    "source_id",
    "edition",
    "unit",
    "point",
    "collected_at",
    "interviewer",
    "consent",
    "respondent",
    "answers",
    "message",
}


def sent(scenario: Scenario) -> tuple[Step, ...]:
    """In whatever way it travels."""
    return (*scenario.steps, *scenario.collected, *scenario.tabulated)


def forms(scenario: Scenario, case: str = "new") -> list[Mapping[str, Any]]:
    return [step.form for step in sent(scenario) if step.case == case and step.form is not None]


def key(step: Step) -> tuple[str, str]:
    return step.channel, step.source_id


def test_it_has_the_size_that_the_press_reported(scenario: Scenario, suzhou: Campaign) -> None:
    modes = Counter(suzhou.channels[form["channel"]].mode for form in forms(scenario))
    assert modes == {"offline": 9_953, "online": 22_706}
    assert scenario.expected_forms == 32_659
    assert scenario.expected_withdrawn == 60


def test_the_demo_that_the_readme_shows_is_this_one_and_balanced(scenario: Scenario) -> None:
    shown = output(read(README), "demo")
    books = re.search(r"对账：已接收 ([\d,]+) = .* \+ 撤回 ([\d,]+)；账目平衡。", shown)
    assert books
    assert books[1] == f"{scenario.expected_accepted:,}"
    assert books[2] == f"{scenario.expected_withdrawn:,}"
    assert f"重放 {scenario.task_count:,} 步" in shown


def test_the_follow_ups_and_mishaps_are_as_many_as_planned(scenario: Scenario) -> None:
    statuses = Counter((step.action, step.expected_status) for step in scenario.steps)
    assert statuses["submit", 200] == 300
    assert statuses["amend", 200] == 200
    assert statuses["submit", 409] == 20
    assert statuses["withdraw", 200] == 60
    assert statuses["submit", 400] + statuses["submit", 413] + statuses["submit", 422] == 150
    assert Counter(step.case for step in scenario.steps).keys() > set(SPOILS)


def test_every_interview_that_is_accepted_passes_intakes_own_checks(
    scenario: Scenario, suzhou: Campaign
) -> None:
    for step in scenario.steps:
        if step.form is not None and step.expected_status in (200, 201, 409):
            assert problems_of(Submission.model_validate_json(step.content), suzhou) == []
            assert step.form.keys() <= FIELDS


def test_every_bad_form_has_one_thing_wrong(scenario: Scenario, suzhou: Campaign) -> None:
    bad = [step for step in scenario.steps if step.expected_status == 422]
    assert bad
    for step in bad:
        try:
            problems = [
                problem.field for problem in problems_of(Submission.model_validate_json(step.content), suzhou)
            ]
        except ValidationError as error:
            problems = [str(detail["loc"]) for detail in error.errors()]
        assert len(problems) >= 1, step.case
        if step.case not in ("missing_answer", "repeated_choice"):
            assert len(problems) == 1, (step.case, problems)


def test_broken_forms_are_not_json_and_large_ones_are_large(scenario: Scenario) -> None:
    for step in scenario.steps:
        if step.expected_status == 400:
            with pytest.raises(ValidationError, match="Invalid JSON"):
                Submission.model_validate_json(step.content)
        if step.expected_status == 413:
            assert len(step.content) > 300_000


def test_whatever_follows_comes_after_the_submission_that_it_is_about(scenario: Scenario) -> None:
    accepted: set[tuple[str, str]] = set()
    for step in scenario.steps:
        if step.case == "new":
            assert key(step) not in accepted
            accepted.add(key(step))
        elif step.expected_status in (200, 409):
            assert key(step) in accepted
        else:
            assert key(step) not in accepted


def test_each_submission_meets_one_fate_at_most(scenario: Scenario) -> None:
    followed = [key(step) for step in scenario.steps if step.expected_status in (200, 409)]
    assert len(set(followed)) == len(followed)


def test_a_repeat_is_the_same_form_and_a_conflict_or_amendment_is_not(scenario: Scenario) -> None:
    told = {key(step): step.content for step in scenario.steps if step.case == "new"}
    for step in scenario.steps:
        if step.case in ("repeat", "conflict", "amendment"):
            assert (step.content == told[key(step)]) == (step.case == "repeat")


def test_the_books_are_what_a_count_over_the_forms_gives(scenario: Scenario, suzhou: Campaign) -> None:
    withdrawn = {key(step) for step in scenario.steps if step.action == "withdraw"}
    signed = {key(step) for step in scenario.steps if step.action == "sign_off"}
    persons: set[tuple[str, str]] = set()
    counted: dict[str, Counter[str]] = {line: Counter() for line in suzhou.quota_lines}
    for step in sent(scenario):
        if step.case == "new" and step.channel == "offline" and step.form is not None:
            line = suzhou.quota_line_of(step.unit).id
            counted[line]["accepted"] += 1
            counted[line][_standing(step, step.form, suzhou, withdrawn, signed, persons)] += 1
    for line, book in scenario.expected_lines.items():
        found = counted[line]
        assert found["accepted"] == book.accepted
        assert found["withdrawn"] == book.withdrawn
        assert found["over_age"] == book.over_age
        assert found["repeated_person"] == book.repeated_person
        assert found["wrong_edition"] == book.wrong_edition
        assert found["unsigned"] == book.unsigned
        assert found["eligible"] == book.eligible


def _standing(
    step: Step,
    form: Mapping[str, Any],
    campaign: Campaign,
    withdrawn: set[tuple[str, str]],
    signed: set[tuple[str, str]],
    persons: set[tuple[str, str]],
) -> str:
    respondent = form["respondent"]
    person = (respondent.get("name", ""), respondent.get("phone", step.source_id))
    if key(step) in withdrawn:
        return "withdrawn"
    if respondent["age"] > 40:
        return "over_age"
    if form["edition"] != campaign.unit(step.unit).edition:
        return "wrong_edition"
    if person in persons:
        return "repeated_person"
    persons.add(person)
    if campaign.quota_line_of(step.unit).is_sign_off_required and key(step) not in signed:
        return "unsigned"
    return "eligible"


def test_the_lines_are_uneven_and_two_are_over_their_target(scenario: Scenario, suzhou: Campaign) -> None:
    filled = {
        line: book.eligible / suzhou.quota_lines[line].target_count
        for line, book in scenario.expected_lines.items()
    }
    assert sum(share > 1 for share in filled.values()) == 2
    assert min(filled.values()) < 0.4
    assert all(book.repeated_person and book.over_age for book in scenario.expected_lines.values())


def test_submissions_come_in_the_order_in_which_they_were_collected(scenario: Scenario) -> None:
    times = [
        step.form["collected_at"] for step in scenario.steps if step.case == "new" and step.form is not None
    ]
    assert times == sorted(times)


def test_the_days_run_to_the_middle_of_the_campaign(scenario: Scenario) -> None:
    days = [form["collected_at"][:10] for form in forms(scenario)]
    assert (min(days), max(days)) == ("2024-05-10", "2024-07-16")


def _share(answers: list[Mapping[str, Any]], question: str, codes: set[str]) -> float:
    """The share of those who answered ``question`` with one of ``codes``."""
    told = [answer[question] for answer in answers if question in answer]
    return sum(bool(codes & set(value)) for value in told) / len(told)


def test_answers_hang_together(scenario: Scenario) -> None:
    general = [form["answers"] for form in forms(scenario) if form["edition"] == "general"]
    special = [form["answers"] for form in forms(scenario) if form["edition"] == "new_employment"]
    parents = [answer for answer in general if answer.get("q09", "a") != "a"]
    childless = [answer for answer in general if answer.get("q09") == "a"]
    owners = [answer for answer in general if answer.get("q06") in ("a", "b")]
    tenants = [answer for answer in general if answer.get("q06") == "c"]
    assert _share(parents, "q07", {"c"}) > 4 * _share(childless, "q07", {"c"})
    assert _share(tenants, "q07", {"f"}) > 1.5 * _share(owners, "q07", {"f"})
    assert _share(owners, "q01", {"a", "b"}) > 1.5 * _share(tenants, "q01", {"a", "b"})
    assert _share(general, "q03", {"a"}) > 3 * _share(special, "q03", {"a"})


def test_some_free_texts_hold_what_redaction_must_find(scenario: Scenario) -> None:
    leaks = [
        form
        for form in forms(scenario)
        if (phone := form["respondent"].get("phone"))
        and phone in str(form["answers"]) + form.get("message", "")
    ]
    assert len(leaks) > 50


def test_the_same_seed_gives_the_same_steps_and_another_one_others(suzhou: Campaign) -> None:
    first, same, other = (build_scenario(suzhou, seed, scale=0.01) for seed in (1, 1, 2))
    assert first == same
    assert first.steps != other.steps


@pytest.mark.parametrize("scale", [0.002, 0.01, 0.05])
def test_a_small_scenario_has_every_case_too(suzhou: Campaign, scale: float) -> None:
    scenario = build_scenario(suzhou, seed=3, scale=scale)
    cases = {step.case for step in scenario.steps}
    assert cases > {
        "new",
        "repeat",
        "amendment",
        "conflict",
        "withdrawal",
        "broken_json",
        "too_large",
        *SPOILS,
    }
    assert len(forms(scenario)) == scenario.expected_forms == pytest.approx(32_659 * scale, abs=10)


def test_a_scale_that_is_too_small_is_refused(suzhou: Campaign) -> None:
    with pytest.raises(ValueError, match=r"规模不能小于 0.002，收到 0"):
        build_scenario(suzhou, seed=1, scale=0)


def test_other_ways_are_for_interviews_on_which_nothing_follows(scenario: Scenario) -> None:
    followed = {key(step) for step in scenario.steps}
    for way, steps in (("openrosa", scenario.collected), ("excel", scenario.tabulated)):
        assert len(steps) > 100
        assert {step.way for step in steps} == {way}
        assert {(step.action, step.case, step.channel) for step in steps} == {("submit", "new", "offline")}
        assert not followed & {key(step) for step in steps}


def test_talks_are_on_every_channel_and_some_never_agree(scenario: Scenario) -> None:
    talks = scenario.talks
    silent = [follower for follower in talks.followers if not follower.has_agreed]
    assert 0 < len(silent) < len(talks.followers) / 2
    assert len(talks.posts) == 160
    assert any(len(call["matters"]) > 1 for call in talks.calls)
    assert scenario.expected_accepted == 32_659 + talks.message_count
