"""The truth table of the access policies."""

from importlib.resources import files
from itertools import product

import cedarpy
import pytest

from shared.access import Action, Policies, Principal, Resource, Role

A = Action
ME, UNIT, CHANNEL, CAMPAIGN = "me", "gusu", "wechat", "suzhou-2024"

# Every relation that a resource can stand in to whoever asks.
RESOURCES = {
    "bare": Resource("thing", campaign=CAMPAIGN),
    "own unit": Resource("thing", campaign=CAMPAIGN, unit=UNIT),
    "other unit": Resource("thing", campaign=CAMPAIGN, unit="wujiang"),
    "own unit, offline": Resource("thing", campaign=CAMPAIGN, unit=UNIT, channel="offline"),
    "other unit, offline": Resource("thing", campaign=CAMPAIGN, unit="wujiang", channel="offline"),
    "own unit, own channel": Resource("thing", campaign=CAMPAIGN, unit=UNIT, channel=CHANNEL),
    "own channel": Resource("thing", campaign=CAMPAIGN, channel=CHANNEL),
    "own channel, other campaign": Resource("thing", campaign="other", channel=CHANNEL),
    "other channel": Resource("thing", campaign=CAMPAIGN, channel="hotline"),
    "mine": Resource("thing", campaign=CAMPAIGN, owner=ME),
    "somebody else's": Resource("thing", campaign=CAMPAIGN, owner="somebody"),
    "mine, own channel": Resource("thing", campaign=CAMPAIGN, channel=CHANNEL, owner=ME),
    "mine, other channel": Resource("thing", campaign=CAMPAIGN, channel="hotline", owner=ME),
    "mine, own channel, other campaign": Resource("thing", campaign="other", channel=CHANNEL, owner=ME),
    "somebody else's, own channel": Resource("thing", campaign=CAMPAIGN, channel=CHANNEL, owner="somebody"),
    "mine, own unit": Resource("thing", campaign=CAMPAIGN, unit=UNIT, owner=ME),
    "mine, other unit": Resource("thing", campaign=CAMPAIGN, unit="wujiang", owner=ME),
    "somebody else's, own unit": Resource("thing", campaign=CAMPAIGN, unit=UNIT, owner="somebody"),
}
ALL = frozenset(RESOURCES)
OWN_UNIT = {
    "own unit",
    "own unit, offline",
    "own unit, own channel",
    "mine, own unit",
    "somebody else's, own unit",
}
OWN_CHANNEL = {
    "own channel",
    "own unit, own channel",
    "mine, own channel",
    "somebody else's, own channel",
}
MINE = {
    "mine",
    "mine, own channel",
    "mine, other channel",
    "mine, own channel, other campaign",
    "mine, own unit",
    "mine, other unit",
}
SOMEBODY_ELSES = {"somebody else's", "somebody else's, own channel", "somebody else's, own unit"}
SEE_UNIT = {
    A.SIGN_OFF: OWN_UNIT,
    A.READ_RECEIPT: OWN_UNIT,
    A.READ_PROGRESS: OWN_UNIT,
    A.RECORD_ACTIVITY: OWN_UNIT,
    A.READ_CASE: OWN_UNIT,
    A.READ_SEALED_CASE: OWN_UNIT,
}

EVERY_ROLE = {A.READ_COMMON_PROGRESS: ALL}

# Who may do what to which resources; whatever isn't here is refused.
ALLOWED = {
    Role.INTERVIEWER: {
        **EVERY_ROLE,
        A.SUBMIT: {"own unit, offline"},
        A.ATTACH: {"own unit, offline"},
        A.AMEND: {"own unit, offline"},
        A.READ_RECEIPT: {"own unit, offline"},
        A.READ_FORMS: ALL,
        A.RECORD_ACTIVITY: OWN_UNIT,
        A.KEEP_CASE: {"mine, own unit"},
        A.READ_CASE: {"mine, own unit"},
        A.READ_SEALED_CASE: {"mine, own unit"},
    },
    Role.HOTLINE_OPERATOR: {**EVERY_ROLE, A.SUBMIT: {"other channel", "mine, other channel"}},
    Role.TEAM_LEAD: {**EVERY_ROLE, **SEE_UNIT},
    Role.UNIT_ADMIN: {
        **EVERY_ROLE,
        **SEE_UNIT,
        A.RECORD_OBLIGATION: OWN_UNIT,
        A.HAND_IN_REPORT: OWN_UNIT,
        A.READ_SEALED_CONTACTS: OWN_UNIT,
        A.SUBMIT: {"own unit, offline"},
        A.HANDLE: OWN_UNIT,
        A.REPLY: OWN_UNIT,
        A.QUERY_TABLE: ALL,
        A.REQUEST_GRANT: ALL,
    },
    Role.OFFICE: {
        **EVERY_ROLE,
        A.SUBMIT: {"own unit, offline", "other unit, offline"},
        A.READ_PROGRESS: ALL,
        A.OPEN_SEALED: ALL,
        A.READ_CASE: ALL,
        A.READ_SEALED_CASE: ALL,
        A.RECORD_OBLIGATION: ALL,
        A.HAND_IN_REPORT: ALL,
        A.READ_SEALED_CONTACTS: ALL,
        A.HANDLE: ALL,
        A.REPLY: ALL,
        A.READ_QUARANTINE: ALL,
        A.SETTLE_QUARANTINE: ALL,
        A.QUERY_TABLE: ALL,
        A.REQUEST_GRANT: ALL,
        A.READ_GRANTS: ALL,
        A.READ_AUDIT: ALL,
    },
    Role.LEADING_GROUP: {
        **EVERY_ROLE,
        A.READ_PROGRESS: ALL,
        A.READ_CASE: ALL,
        A.QUERY_TABLE: ALL,
        A.DECIDE_GRANT: SOMEBODY_ELSES,
        A.REVOKE_GRANT: ALL,
        A.READ_GRANTS: ALL,
        A.READ_AUDIT: ALL,
    },
    Role.ANALYST: {**EVERY_ROLE, A.QUERY_TABLE: ALL, A.REQUEST_GRANT: ALL},
    Role.OPERATOR: {
        **EVERY_ROLE,
        A.READ_BOOKS: ALL,
        A.OPERATE: ALL,
        A.READ_AUDIT: ALL,
        A.READ_QUARANTINE: ALL,
        A.SETTLE_QUARANTINE: ALL,
    },
    None: {},
}
EVERY_PERSON = {A.READ_GRANTS: MINE, A.READ_INBOX: MINE, A.READ_IMPORTS: MINE}
RESPONDENT_MAY = {A.SUBMIT, A.AMEND, A.WITHDRAW, A.READ_RECEIPT}
CHANNEL_MAY = {
    A.SUBMIT: OWN_CHANNEL,
    A.ATTACH: OWN_CHANNEL,
    A.AMEND: OWN_CHANNEL,
    A.WITHDRAW: OWN_CHANNEL,
    A.READ_RECEIPT: OWN_CHANNEL,
    A.RECORD_ACTIVITY: OWN_CHANNEL,
    A.HAND_IN_REPORT: OWN_CHANNEL,
}

SCHEMA = """
entity Person, Channel, Respondent = {
  subject: String, roles: Set<String>, campaigns: Set<String>, unit?: String, channel?: String
};
entity Resource = { campaign: String, unit?: String, channel?: String, owner?: String };
action %s appliesTo { principal: [Person, Channel, Respondent], resource: [Resource] };
"""


@pytest.fixture(scope="module")
def policies():
    return Policies()


def person(role, unit=UNIT):
    return Principal(ME, "person", frozenset({role} if role else ()), unit=unit)


def channel_key(*campaigns, channel=CHANNEL):
    return Principal(
        "channel:1", "channel", frozenset({"channel"}), channel=channel, campaigns=frozenset(campaigns)
    )


def allowed(policies, principal, action):
    """The relations for which ``principal`` may do ``action``."""
    return {name for name, resource in RESOURCES.items() if policies.is_allowed(principal, action, resource)}


@pytest.mark.parametrize(("role", "action"), list(product(ALLOWED, Action)))
def test_a_person_may_do_what_the_table_says_and_nothing_else(policies, role, action):
    expected = ALLOWED[role].get(action, set()) | EVERY_PERSON.get(action, set())
    assert allowed(policies, person(role), action) == expected


@pytest.mark.parametrize("action", Action)
def test_a_channel_may_do_what_the_table_says_and_nothing_else(policies, action):
    assert allowed(policies, channel_key(CAMPAIGN), action) == CHANNEL_MAY.get(action, set())


@pytest.mark.parametrize("action", Action)
def test_a_respondent_may_do_four_things_to_what_is_their_own_and_nothing_else(policies, action):
    respondent = Principal(
        ME, "respondent", frozenset(), unit=UNIT, channel=CHANNEL, campaigns=frozenset({CAMPAIGN})
    )
    expected = {"mine, own channel"} if action in RESPONDENT_MAY else set()
    assert allowed(policies, respondent, action) == expected


def test_a_channel_for_all_campaigns_posts_to_each_and_one_for_none_to_none(policies):
    other = RESOURCES["own channel, other campaign"]
    assert policies.is_allowed(channel_key("*"), A.SUBMIT, other)
    assert not policies.is_allowed(channel_key(), A.SUBMIT, other)


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_a_person_without_a_unit_has_no_unit_of_his_own(policies, role, action):
    """Two absent units are not the same unit."""
    may = ALLOWED[role].get(action, set())
    for relation in OWN_UNIT - MINE - SOMEBODY_ELSES | {"bare"}:
        is_for_any_unit = may == ALL or {relation, relation.replace("own unit", "other unit")} <= may
        assert policies.is_allowed(person(role, unit=None), action, RESOURCES[relation]) is is_for_any_unit


@pytest.mark.parametrize("action", [A.KEEP_CASE, A.READ_CASE, A.READ_SEALED_CASE])
def test_who_left_the_unit_keeps_none_of_its_cases(policies, action):
    for unit in (None, "wujiang"):
        gone = person(Role.INTERVIEWER, unit=unit)
        assert not policies.is_allowed(gone, action, RESOURCES["mine, own unit"])


@pytest.mark.parametrize(("role", "action"), list(product(ALLOWED, Action)))
def test_a_person_who_calls_himself_a_channel_gets_nothing_by_it(policies, role, action):
    honest = person(role)
    claiming = Principal(
        ME, "person", honest.roles | {"channel"}, unit=UNIT, channel=CHANNEL, campaigns=frozenset({"*"})
    )
    assert allowed(policies, claiming, action) == allowed(policies, honest, action)


def test_roles_add_up(policies):
    both = Principal(ME, "person", frozenset({Role.ANALYST, Role.LEADING_GROUP}))
    assert policies.is_allowed(both, A.REQUEST_GRANT, RESOURCES["bare"])
    assert policies.is_allowed(both, A.DECIDE_GRANT, RESOURCES["somebody else's"])
    assert not policies.is_allowed(both, A.DECIDE_GRANT, RESOURCES["mine"])


def test_a_decision_is_remembered_without_who_asked_for_what(policies):
    policies._decide.cache_clear()
    for number in range(50):
        asking = Principal(f"person {number}", "person", frozenset({Role.OFFICE}))
        assert policies.is_allowed(asking, A.READ_PROGRESS, Resource("thing", id=f"{number}"))
    assert policies._decide.cache_info().currsize == 1


def test_the_rules_fit_the_attributes_that_they_are_given():
    text = files("shared.access").joinpath("policies.cedar").read_text(encoding="utf-8")
    result = cedarpy.validate_policies(text, SCHEMA % ", ".join(f'"{action}"' for action in Action))
    assert result.validation_passed, result.errors


def test_every_rule_is_named():
    text = files("shared.access").joinpath("policies.cedar").read_text(encoding="utf-8")
    assert text.count("permit (") == text.count('@id("') > 0
    assert "forbid" not in text
