"""The worked example says what the plan of 2024 says."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, StrictUndefined

from shared.campaign import (
    NOTICE_EVENTS,
    TEMPLATE_VARIABLES,
    Campaign,
    ObligationKind,
    QuestionKind,
    publish,
)
from shared.errors import NotFound

SUZHOU = Path(__file__).parents[3] / "deploy" / "campaigns" / "suzhou-2024"

DISTRICTS = [
    "zhangjiagang",
    "changshu",
    "taicang",
    "kunshan",
    "wujiang",
    "wuzhong",
    "xiangcheng",
    "gusu",
    "sip",
    "snd",
]

ANNEX_1 = {
    "苏州市住房和城乡建设局工会联合会",
    "苏州市交通工会联合会",
    "苏州市卫生健康委员会工会联合会",
    "苏州创元投资发展（集团）有限公司工会联合会",
    "苏州市轨道交通集团有限公司工会委员会",
    "中国邮政集团工会苏州市委员会",
    "苏州长风航空电子有限公司工会委员会",
    "中国金融工会苏州工作委员会",
    "苏州市新就业形态劳动者行业工会联合会",
    "苏州市保安行业工会联合会",
    "苏州市快递行业工会联合会",
    "苏州市家庭服务行业工会联合会",
    "苏州市货运行业工会联合会",
}


def test_the_dates_are_those_of_the_plan(suzhou: Campaign) -> None:
    assert (suzhou.starts_on, suzhou.ends_on) == (date(2024, 5, 10), date(2024, 8, 31))
    contacts, interviews, summary = suzhou.phases
    assert contacts.ends_on == date(2024, 5, 13)
    assert (interviews.starts_on, interviews.ends_on) == (date(2024, 5, 11), date(2024, 8, 10))
    assert (summary.starts_on, summary.ends_on) == (date(2024, 8, 11), date(2024, 8, 31))


def test_each_unit_with_a_quota_owes_what_the_plan_asks_and_the_city_owes_nothing(suzhou: Campaign) -> None:
    due = {kind: owed.due_on for kind, owed in suzhou.obligations.by_kind.items()}
    assert due.keys() == set(ObligationKind)
    assert due[ObligationKind.CONTACTS] == date(2024, 5, 13)  # part five, paragraph two
    assert due[ObligationKind.INTERVIEWS] == suzhou.interviewing.ends_on
    contacts = suzhou.obligation_of("taicang", ObligationKind.CONTACTS)
    assert contacts is not None
    assert list(contacts.contact_roles.values()) == ["分管领导", "具体负责人"]  # annex 2
    assert suzhou.obligation_of("city", ObligationKind.CONTACTS) is None


def test_the_fourteen_quota_lines_add_up_to_twelve_thousand(suzhou: Campaign) -> None:
    targets = {id: line.target_count for id, line in suzhou.quota_lines.items()}
    shared = dict.fromkeys(["bureaus", "provincial", "financial", "new_employment"], 500)
    assert targets == dict.fromkeys(DISTRICTS, 1000) | shared
    assert sum(targets.values()) == 12_000
    assert suzhou.target_interviews == 10_000


def test_every_member_of_annex_1_is_a_unit_and_eleven_share_the_bureaus_line(suzhou: Campaign) -> None:
    assert {unit.name for unit in suzhou.units.values() if unit.kind == "bureau"} == ANNEX_1
    bureaus = {suzhou.unit(id).name for id in suzhou.quota_lines["bureaus"].units}
    assert bureaus == ANNEX_1 - {"中国金融工会苏州工作委员会", "苏州市新就业形态劳动者行业工会联合会"}


def test_only_the_new_employment_line_uses_the_special_edition(suzhou: Campaign) -> None:
    special = [id for id, line in suzhou.quota_lines.items() if line.edition == "new_employment"]
    assert special == ["new_employment"]
    assert suzhou.unit("new_employment").edition == "new_employment"
    assert suzhou.unit("post").edition == "general"


def test_sign_off_is_required_of_two_lines(suzhou: Campaign) -> None:
    required = {id for id, line in suzhou.quota_lines.items() if line.is_sign_off_required}
    assert required == {"financial", "new_employment"}


def test_there_are_791_interview_points_and_each_knows_its_unit(suzhou: Campaign) -> None:
    assert len(suzhou.points) == 791
    assert suzhou.points["zhangjiagang-firm-07"].unit == "zhangjiagang"
    assert suzhou.points["gusu-shuangta"].name == "双塔街道访谈点"
    assert all(unit.points for unit, _ in suzhou.owing_units())


def test_offline_is_the_only_channel_that_counts_as_an_interview(suzhou: Campaign) -> None:
    modes = {id: channel.mode for id, channel in suzhou.channels.items()}
    assert modes == {"offline": "offline", "wechat": "online", "app": "online", "hotline": "online"}


def test_both_questionnaires_are_published_so_that_a_change_of_them_is_noticed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SUZHOU, tmp_path / "definition"))
    assert [(found.edition, found.is_new) for found in publish(folder)] == [
        ("general", False),
        ("new_employment", False),
    ]


EDITIONS = pytest.mark.parametrize("edition", ["general", "new_employment"])
AIMS = {"basic", "mind", "rights", "career", "labour"}
"""What the plan wants to know: the workforce, its state of mind, rights, career hopes, labour relations."""


@EDITIONS
def test_a_questionnaire_has_thirty_to_fifty_questions_on_the_plans_five_aims(
    suzhou: Campaign, edition: str
) -> None:
    questionnaire = suzhou.questionnaire(edition)
    asked = {question.grid.id if question.grid else question.id for question in questionnaire.questions}
    assert 30 <= len([id for id in asked if not id.endswith("_other")]) <= 50
    in_sections = {
        section.id: len(questions) for section, questions in questionnaire.in_sections() if section
    }
    assert in_sections.keys() == AIMS | {"life", "union"}
    assert min(in_sections.values()) >= 4
    assert questionnaire.requires == ("age",)
    assert [question.id for question in questionnaire.required_questions] == ["q01", "q07"]


def test_the_two_editions_use_every_kind_of_question(suzhou: Campaign) -> None:
    questions = [each for edition in suzhou.editions.values() for each in edition.questionnaire.questions]
    assert {question.kind for question in questions} == set(get_args(QuestionKind))
    assert any(question.grid for question in questions)
    assert any(question.id.endswith("_other") for question in questions)
    assert any(question.alone for question in questions)


@EDITIONS
def test_every_number_and_date_has_bands_so_that_none_flows_on(suzhou: Campaign, edition: str) -> None:
    for question in suzhou.questionnaire(edition).questions:
        if question.kind in ("integer", "decimal", "date"):
            assert question.is_closed
            assert question.message
            assert not question.is_required


@EDITIONS
def test_a_guide_has_eight_parts_with_open_questions_and_tips(suzhou: Campaign, edition: str) -> None:
    guide = suzhou.editions[edition].guide
    assert guide is not None
    assert len(guide.parts) == 8
    assert all(len(part.questions) >= 3 and part.tips for part in guide.parts)
    assert guide.opening
    assert guide.closing


@EDITIONS
@pytest.mark.parametrize("folder", ["questionnaires", "guides"])
def test_each_file_says_at_its_head_that_it_is_composed_and_from_what(folder: str, edition: str) -> None:
    head = (SUZHOU / folder / f"{edition}.yaml").read_text(encoding="utf-8").partition("\nid:")[0]
    assert all(line.startswith("#") for line in head.strip().splitlines())
    assert "编拟" in head
    assert "方案" in head
    assert "个案访谈参考提纲" in head


def test_the_answers_of_the_documented_example_are_valid_questions(suzhou: Campaign) -> None:
    kinds = {id: suzhou.questionnaire("general").by_id[id].kind for id in ("q01", "q07", "q12")}
    assert kinds == {"q01": "single", "q07": "multiple", "q12": "text"}


@pytest.mark.parametrize(
    ("age", "band"), [(16, "16-20"), (20, "16-20"), (21, "21-25"), (40, "36-40"), (41, "41+"), (100, "41+")]
)
def test_an_age_falls_into_its_band(suzhou: Campaign, age: int, band: str) -> None:
    assert suzhou.age_band(age) == band


@pytest.mark.parametrize("age", [7, 15, 101, -1])
def test_an_age_that_is_not_accepted_has_no_band(suzhou: Campaign, age: int) -> None:
    with pytest.raises(ValueError, match=f"16 至 100 岁之间，收到 {age}"):
        suzhou.age_band(age)


def test_forty_is_eligible_and_forty_one_is_not(suzhou: Campaign) -> None:
    assert suzhou.age.is_eligible(40)
    assert not suzhou.age.is_eligible(41)


def test_an_interview_counts_for_the_line_that_its_unit_shares(suzhou: Campaign) -> None:
    assert suzhou.quota_line_of("metro").id == "bureaus"
    assert suzhou.quota_line_of("gusu").id == "gusu"


@pytest.mark.parametrize(
    ("kind", "ask"), [("责任单位", "unit"), ("责任单位", "quota_line_of"), ("问卷版别", "questionnaire")]
)
def test_an_unknown_name_is_answered_with_the_known_ones(suzhou: Campaign, kind: str, ask: str) -> None:
    with pytest.raises(NotFound, match=f"没有{kind}“nowhere”；可用的有："):
        getattr(suzhou, ask)("nowhere")


def test_the_campaign_has_the_timezone_of_its_place(suzhou: Campaign) -> None:
    noon = datetime(2024, 5, 20, 12, tzinfo=suzhou.timezone)
    assert noon.isoformat() == "2024-05-20T12:00:00+08:00"


def test_a_day_begins_at_midnight_of_the_campaigns_clock_wherever_the_moment_was_told(
    suzhou: Campaign,
) -> None:
    midnight = datetime(2024, 5, 19, 16, tzinfo=UTC)
    assert suzhou.day_of(midnight) == date(2024, 5, 20)
    assert suzhou.day_of(midnight - timedelta(microseconds=1)) == date(2024, 5, 19)
    assert suzhou.day_of(midnight.astimezone(timezone(timedelta(hours=-7)))) == date(2024, 5, 20)


def test_variables_carry_titles_labels_and_the_edition_in_a_questions_name(suzhou: Campaign) -> None:
    variables = suzhou.variables()
    assert variables["unit"].labels["sip"] == "苏州工业园区总工会"
    assert variables["mode"].labels == {"offline": "线下", "online": "线上"}
    assert variables["sex"].labels == {"male": "男", "female": "女"}
    assert list(variables["age_band"].labels) == ["16-20", "21-25", "26-30", "31-35", "36-40", "41+"]
    assert variables["general.q01"].title == "您对目前的工资收入是否满意？"
    assert variables["general.q07"].is_multiple
    assert not variables["general.q01"].is_multiple
    assert "new_employment.q10" in variables


def test_variables_leave_out_open_questions_points_and_names(suzhou: Campaign) -> None:
    assert not {"general.q12", "point", "name", "employer", "phone", "age"} & suzhou.variables().keys()


def test_the_variables_of_one_edition_have_no_question_of_the_other(suzhou: Campaign) -> None:
    names = suzhou.variables("new_employment").keys()
    assert "new_employment.q01" in names
    assert not any(name.startswith("general.") for name in names)
    with pytest.raises(NotFound):
        suzhou.variables("nowhere")


def test_reference_margins_name_variables_and_add_up(suzhou: Campaign) -> None:
    variables = suzhou.variables()
    assert [margin.dimensions for margin in suzhou.reference_margins] == [("sex",), ("age_band",)]
    for margin in suzhou.reference_margins:
        assert sum(margin.shares.values()) == pytest.approx(1)
        for cell in margin.shares:
            assert all(
                category in variables[dimension].labels
                for dimension, category in zip(margin.dimensions, cell, strict=True)
            )


def test_every_notice_has_a_template_that_renders_in_full(suzhou: Campaign) -> None:
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    for kind in NOTICE_EVENTS:
        values = {name: f"<{name}>" for name in TEMPLATE_VARIABLES[kind]} | {"percent": 50}
        values |= {"target_count": 1000, "counted_count": 500}
        values |= {"rate_needed": 9.5, "final_expected": 912.4, "reaches_target_probability": 0.2}
        template = suzhou.notices.templates[kind]
        assert environment.from_string(template.subject).render(values)
        assert "<office>" in environment.from_string(template.body).render(values)


def test_every_unit_and_role_can_be_written_to_at_an_address_that_cannot_exist(suzhou: Campaign) -> None:
    addresses = [suzhou.notices.addresses_of_unit(id) for id in suzhou.units]
    addresses += [suzhou.notices.addresses_of_role(role) for role in ("leading_group", "office")]
    assert all(addresses)
    assert all(address.endswith(".example.invalid") for some in addresses for address in some)


def test_a_unit_without_an_address_is_reached_through_the_office(suzhou: Campaign) -> None:
    office = suzhou.notices.addresses_of_role("office")
    assert suzhou.notices.addresses_of_unit("not-in-the-list") == office
    assert suzhou.notices.addresses_of_role("nobody") == ()
