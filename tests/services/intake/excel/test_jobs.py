"""An import's states: every step from every state."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from services.intake.channels.excel.jobs import TRANSITIONS, Job, JobState, RowOutcome, RowResult, Step
from shared.access import Principal

NOW = datetime(2024, 6, 1, tzinfo=UTC)
JOB = Job(
    id="1",
    sender=Principal("ann", "person", frozenset({"office"})),
    owner="ann",
    campaign="suzhou-2024",
    edition="general",
    unit=None,
    size_bytes=1,
    created_at="2024-06-01T00:00:00Z",
    wrapped_key="k",
    sealed_file_key="f",
)


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("step", Step)
def test_every_step_from_every_state_leads_where_the_table_says_or_is_a_bug(state, step):
    job, expected = replace(JOB, state=state), TRANSITIONS[state, step]
    if expected is None:
        with pytest.raises(AssertionError):
            job.after(step)
    else:
        assert job.after(step).state is expected


def test_an_end_is_an_end():
    for state in (JobState.DONE, JobState.REFUSED):
        assert not any(TRANSITIONS[state, step] for step in Step)


def test_progress_is_never_complete_before_the_end():
    running = replace(JOB, state=JobState.RUNNING, last_row=10)
    done = running.with_rows([RowResult(10, RowOutcome.ACCEPTED, receipt="r")], "t")
    assert (running.percent, done.percent) == (0, 99)
    assert done.ended(None, NOW, timedelta(days=1)).percent == 100


def test_the_files_key_goes_at_the_end_and_the_rows_key_with_the_results():
    rows = replace(JOB, state=JobState.RUNNING).with_rows([RowResult(2, RowOutcome.REFUSED, reason="r")], "t")
    ended = rows.ended(None, NOW, timedelta(days=14))
    assert (ended.sealed_file_key, ended.wrapped_key, ended.has_workbook) == (None, "k", True)
    assert ended.expires_at == "2024-06-15T00:00:00.000Z"
    assert (ended.expired().wrapped_key, ended.expired().has_workbook) == (None, False)
