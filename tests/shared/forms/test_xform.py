"""The XForm that ODK Collect fills in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from pyxform.validators.odk_validate import ODKValidateError, check_xform

from shared.campaign import Campaign, Questionnaire
from shared.campaign.reserved_ids import FORM_LEAVES, is_reserved
from shared.errors import NotFound
from shared.forms.xform import write_xform
from tests.shared.forms.generated import questionnaires

XFORMS = "{http://www.w3.org/2002/xforms}"
JAVAROSA = "{http://openrosa.org/javarosa}"
PYXFORMS_OWN = re.compile(r"(generated|reserved)_.*_[0-9]+$")
PATH = re.compile(r"/data(?:/[\w.-]+)+")


def _form(xml: str) -> Element:
    """The form's root. Nothing but plain elements: no DTD, no entities."""
    return fromstring(xml, forbid_dtd=True)


def _nodes(element: Element, path: str = "") -> Iterator[str]:
    """The paths of the primary instance's elements."""
    here = f"{path}/{element.tag.removeprefix(XFORMS)}"
    yield here
    for child in element:
        yield from _nodes(child, here)


def _data(form: Element) -> Element:
    data = form.find(f".//{XFORMS}instance/{XFORMS}data")
    assert data is not None
    return data


def _leaves(form: Element) -> set[str]:
    return {path.rpartition("/")[2] for path in _nodes(_data(form))}


def _bind(form: Element, leaf: str) -> dict[str, str]:
    (bind,) = (bind for bind in form.iter(f"{XFORMS}bind") if bind.get("nodeset", "").endswith(f"/{leaf}"))
    return dict(bind.attrib)


def _referred(form: Element) -> set[str]:
    """Every path to an answer in whatever expression of the form."""
    return {
        path for element in form.iter() for text in element.attrib.values() for path in PATH.findall(text)
    }


def _with(campaign: Campaign, questionnaire: Questionnaire) -> Campaign:
    edition = replace(campaign.editions["general"], questionnaire=questionnaire)
    return replace(campaign, editions={**campaign.editions, "general": edition})


def test_the_form_is_called_as_its_campaign_edition_and_version(campaign: Campaign) -> None:
    data = _data(_form(write_xform(campaign, "general")))
    assert (data.get("id"), data.get("version")) == ("suzhou-2024-general", "3")


def test_every_question_and_all_that_a_submission_needs_is_a_leaf(
    suzhou: Campaign, campaign: Campaign
) -> None:
    for edition in suzhou.editions:
        for each in (suzhou, campaign):
            leaves = _leaves(_form(write_xform(each, edition)))
            assert leaves >= each.questionnaire(edition).by_id.keys()
            assert leaves >= {*FORM_LEAVES, "instanceID"}


def test_every_reference_leads_to_an_element(suzhou: Campaign, campaign: Campaign) -> None:
    for edition in suzhou.editions:
        for each in (suzhou, campaign):
            form = _form(write_xform(each, edition))
            assert _referred(form) <= set(_nodes(_data(form)))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(questionnaires())
def test_any_questionnaire_becomes_a_form_whose_references_lead_somewhere(
    suzhou: Campaign, questionnaire: Questionnaire
) -> None:
    form = _form(write_xform(_with(suzhou, questionnaire), "general"))
    assert _referred(form) <= set(_nodes(_data(form)))
    assert _leaves(form) >= questionnaire.by_id.keys()


def test_conditions_limits_and_messages_are_in_the_form(campaign: Campaign) -> None:
    form = _form(write_xform(campaign, "general"))
    assert (
        re.sub(" +", " ", _bind(form, "q02")["relevant"]).strip()
        == "/data/_work/q01 = 'b' or /data/_work/q01 = 'c'"
    )
    hours = _bind(form, "q06")
    assert (hours["constraint"], hours[f"{JAVAROSA}constraintMsg"]) == (
        ". >= 0 and . <= 168",
        "一周只有 168 小时",
    )
    assert _bind(form, "q08")[f"{JAVAROSA}constraintMsg"] == "应不早于 1990-01-01，不晚于 2024-08-31"
    assert _bind(form, "q01")["required"] == "true()"


def test_a_ranking_says_how_to_order_what_is_not_asked_for(campaign: Campaign) -> None:
    form = _form(write_xform(campaign, "general"))
    hint = next(
        each.findtext(f"{XFORMS}hint") for each in form.iter() if each.get("ref") == "/data/_work/q03"
    )
    assert hint == "请把最重要的 2 项排在最前面；选“都不看重”的，把它排在第一"


def test_no_text_is_longer_than_intake_takes(campaign: Campaign) -> None:
    form = _form(write_xform(campaign, "general"))
    assert _bind(form, "q09")["constraint"] == "string-length(.) <= 200"
    assert _bind(form, "q01_other")["constraint"] == "string-length(.) <= 2000"
    assert _bind(form, "message")["constraint"] == "string-length(.) <= 5000"


def test_consent_is_asked_for_with_the_exact_text_and_its_version(campaign: Campaign) -> None:
    form = _form(write_xform(campaign, "general"))
    consent = next(each for each in form.iter(f"{XFORMS}select1") if each.get("ref") == "/data/consent")
    assert consent.findtext(f"{XFORMS}label") == campaign.consents.texts["2024-05"].strip()
    assert _bind(form, "consent")["required"] == "true()"
    assert _bind(form, "consent_version")["calculate"] == "'2024-05'"


def test_points_are_those_of_the_unit(campaign: Campaign) -> None:
    xml = write_xform(campaign, "general")
    assert "instance('_points')/root/item[unit = /data/Visit/unit ]" in re.sub(" +", " ", xml)
    items = _form(xml).findall(f".//{XFORMS}instance[@id='_points']//{XFORMS}item")
    assert len(items) == sum(len(unit.points) for unit, _ in campaign.owing_units())


def test_what_is_voluntary_can_be_left_out(campaign: Campaign) -> None:
    form = _form(write_xform(campaign, "general"))
    required = {
        name for name in campaign.respondent_fields if "required" in _bind(form, f"respondent_{name}")
    }
    assert required == set(campaign.questionnaire("general").requires)


def test_what_the_form_holds_beside_answers_has_names_that_no_question_may_have(
    suzhou: Campaign, campaign: Campaign
) -> None:
    for edition in suzhou.editions:
        for each in (suzhou, campaign):
            nodes = _data(_form(write_xform(each, edition))).iter()
            names = {node.tag.rpartition("}")[2] for node in nodes if not len(node)}
            headings = {name for name in names if PYXFORMS_OWN.match(name)}
            own = names - each.questionnaire(edition).by_id.keys() - {"instanceID"} - headings
            assert own >= {"consent", "message", "unit"}
            assert all(map(is_reserved, own)), own


def test_another_edition_is_not_found(campaign: Campaign) -> None:
    with pytest.raises(NotFound):
        write_xform(campaign, "nobody")


@pytest.mark.timeout(120)
@pytest.mark.skipif(shutil.which("java") is None, reason="Java is missing: ODK Validate was not asked")
def test_odk_validate_which_reads_forms_as_collect_does_finds_nothing_wrong(
    suzhou: Campaign, tmp_path: Path
) -> None:
    form = tmp_path / "form.xml"
    for edition in suzhou.editions:
        form.write_text(write_xform(suzhou, edition), encoding="utf-8")
        told = check_xform(str(form))
        assert all(each.startswith("ODK Validate Warnings") for each in told), (
            told
        )  # Java has notes of its own
    form.write_text(
        form.read_text(encoding="utf-8").replace('relevant="', 'relevant="(', 1), encoding="utf-8"
    )
    with pytest.raises(ODKValidateError):
        check_xform(str(form))
