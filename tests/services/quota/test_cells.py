"""Which cells of the reference margins an interview is counted in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.quota.cells import Groups
from services.quota.decoding import StepReader
from services.quota.model import Rules
from shared.campaign import ReferenceMargin
from shared.events import to_message
from shared.log.port import LoggedMessage
from tests.services.quota.test_handlers import received
from tests.suzhou import suzhou

SUZHOU = suzhou()
MARGINS = (
    ReferenceMargin(("sex", "age_band"), {("male", "26-30"): 0.5, ("female", "26-30"): 0.5}),
    ReferenceMargin(("general.q01",), {("a",): 0.5, ("b",): 0.5}),
)
CAMPAIGN = replace(SUZHOU, reference_margins=MARGINS)


def cells(**changes):
    message = to_message(received("a", **changes))
    reader = StepReader({CAMPAIGN.id: Rules.of(CAMPAIGN)})
    step = reader.read(LoggedMessage(0, message.key, message.headers, message.value))
    return step.content.cells


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sex": "male", "answers": {"q02": "c", "q01": "b"}}, ("sex,age_band=male/26-30", "general.q01=b")),
        ({"sex": "male", "age_band": "41+", "answers": {"q01": "a"}}, ("general.q01=a",)),
        ({"sex": None, "answers": {"q01": "z"}}, ()),
        ({"sex": "female", "answers": {}}, ("sex,age_band=female/26-30",)),
        ({"edition": "new_employment", "answers": {"q01": "a"}}, ()),
        ({"answers": {"q01": ["a", "b"]}}, ()),
        ({"sex": "male", "channel": "wechat", "mode": "online", "answers": {"q01": "a"}}, ()),
    ],
)
def test_an_interview_lies_in_the_cells_of_what_is_known(changes, expected):
    assert cells(**changes) == expected


def test_counts_are_read_back_by_margin_and_cell():
    groups = Groups.of(CAMPAIGN)
    counts = {"sex,age_band=male/26-30": 3, "general.q01=b": 2, "of an earlier definition=x": 9}
    assert groups.counts_of(counts) == {
        "sex,age_band": {("male", "26-30"): 3},
        "general.q01": {("b",): 2},
    }
