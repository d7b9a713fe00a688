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
}
ALL = frozenset(RESOURCES)
OWN_UNIT = {"own unit", "own unit, offline", "own unit, own channel"}
OWN_CHANNEL = {"own channel", "own unit, own channel"}
SEE_UNIT = {A.SIGN_OFF: OWN_UNIT, A.READ_RECEIPT: OWN_UNIT, A.READ_PROGRESS: OWN_UNIT}

# Who may do what to which resources; whatever isn't here is refused.
ALLOWED = {
    Role.INTERVIEWER: {A.SUBMIT: {"own unit, offline"}},
    Role.TEAM_LEAD: SEE_UNIT,
    Role.UNIT_ADMIN: {**SEE_UNIT, A.QUERY_TABLE: ALL, A.REQUEST_GRANT: ALL},
    Role.OFFICE: {
        A.READ_PROGRESS: ALL,
        A.OPEN_SEALED: ALL,
        A.QUERY_TABLE: ALL,
        A.REQUEST_GRANT: ALL,
        A.READ_GRANTS: ALL,
        A.READ_AUDIT: ALL,
    },
    Role.LEADING_GROUP: {
        A.READ_PROGRESS: ALL,
        A.QUERY_TABLE: ALL,
        A.DECIDE_GRANT: {"somebody else's"},
        A.REVOKE_GRANT: ALL,
        A.READ_GRANTS: ALL,
        A.READ_AUDIT: ALL,
    },
    Role.ANALYST: {A.QUERY_TABLE: ALL, A.REQUEST_GRANT: ALL},
    Role.OPERATOR: {A.READ_BOOKS: ALL, A.OPERATE: ALL, A.READ_AUDIT: ALL},
    None: {},
}
EVERY_PERSON = {A.READ_GRANTS: {"mine"}, A.READ_INBOX: {"mine"}}
CHANNEL_MAY = {
    A.SUBMIT: OWN_CHANNEL,
    A.AMEND: OWN_CHANNEL,
    A.WITHDRAW: OWN_CHANNEL,
    A.READ_RECEIPT: OWN_CHANNEL,
}

SCHEMA = """
entity Person, Channel = {
  subject: String, roles: Set<String>, campaigns: Set<String>, unit?: String, channel?: String
};
entity Resource = { campaign: String, unit?: String, channel?: String, owner?: String };
action %s appliesTo { principal: [Person, Channel], resource: [Resource] };
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


def test_a_channel_for_all_campaigns_posts_to_each_and_one_for_none_to_none(policies):
    other = RESOURCES["own channel, other campaign"]
    assert policies.is_allowed(channel_key("*"), A.SUBMIT, other)
    assert not policies.is_allowed(channel_key(), A.SUBMIT, other)


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_a_person_without_a_unit_has_no_unit_of_his_own(policies, role, action):
    """Two absent units are not the same unit."""
    expected = RESOURCES.keys() & ALLOWED[role].get(action, set()) == ALL
    for relation in OWN_UNIT | {"bare"}:
        assert policies.is_allowed(person(role, unit=None), action, RESOURCES[relation]) is expected


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
