"""The words that people read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notify.texts import text_of
from shared.campaign import Campaign, NoticeTemplate
from shared.errors import RejectEvent
from shared.events import (
    QUOTA_STATUS_NAMES,
    AccessGranted,
    AccessRefused,
    AccessRequested,
    QuotaMilestoneReached,
    QuotaStatus,
)
from tests.services.notify.telling import status_changed

MILESTONE = QuotaMilestoneReached(
    campaign="suzhou-2024",
    quota_line="zhangjiagang",
    percent=50,
    counted_count=500,
    target_count=1000,
    reached_at="2024-06-01T01:30:00.000Z",
)


def with_template(campaign: Campaign, kind: str, subject: str, body: str) -> Campaign:
    templates = {**campaign.notices.templates, kind: NoticeTemplate(subject, body)}
    return replace(campaign, notices=replace(campaign.notices, templates=templates))


def test_a_milestone_is_told_with_names_and_local_time(campaign: Campaign) -> None:
    text = text_of(MILESTONE, campaign)
    line = campaign.quota_lines["zhangjiagang"].name
    assert text.subject == f"【百日万名青年职工大访谈】{line}线下访谈完成 50%"
    assert "2024年6月1日 09:30" in text.body
    assert "还差 500 名" in text.body
    assert campaign.office.name in text.body


@pytest.mark.parametrize(
    ("status", "changes", "told", "untold"),
    [
        (QuotaStatus.DONE, {}, "已经完成，辛苦了", "可能性"),
        (QuotaStatus.AHEAD, {}, "由“正常”好转为“超前”", "可能性"),
        (QuotaStatus.ON_TRACK, {"status_before": QuotaStatus.AHEAD}, "由“超前”转为“正常”", "可能性"),
        (
            QuotaStatus.AHEAD,
            {"status_before": QuotaStatus.DONE, "is_better": False},
            "由“已完成”转为“超前”",
            "可能性",
        ),
        (QuotaStatus.AT_RISK, {}, "预计完成 948 名（八成可能在 840 至 1061 名之间）", "补访"),
        (QuotaStatus.BEHIND, {}, "可能性约 26%。\n要按期完成，今后每个工作日须完成 16.6 名", "补访"),
        (QuotaStatus.BEHIND, {"rate_needed": None}, "可能性约 26%。\n\n", "每个工作日"),
        (QuotaStatus.MISSED, {"rate_needed": None}, "还差 648 名。请检查有没有待签字确认的", "可能性"),
    ],
)
def test_a_status_is_told_with_what_it_asks_for(
    campaign: Campaign, status: QuotaStatus, changes: dict[str, object], told: str, untold: str
) -> None:
    text = text_of(status_changed(status, **changes), campaign)
    assert text.subject == f"【百日万名青年职工大访谈】昆山市线下访谈进度：{QUOTA_STATUS_NAMES[status]}"
    assert told in text.body
    assert untold not in text.body
    assert text.body.endswith(f"\n\n{campaign.office.name}")


def test_a_request_lists_units_and_variables_by_name(campaign: Campaign) -> None:
    request = AccessRequested(
        grant_id="g1",
        campaign="suzhou-2024",
        requested_by="analyst-1",
        units=["kunshan", "taicang"],
        variables=["*"],
        purpose="分析住房诉求 {{ office }} <b>&amp;",
        until="2024-07-01T16:00:00Z",
        requested_at="2024-06-01T01:30:00Z",
    )
    body = text_of(request, campaign).body
    assert "昆山市总工会、太仓市总工会" in body
    assert "变量范围：全部变量" in body
    assert "2024年7月2日 00:00" in body
    assert "分析住房诉求 {{ office }} <b>&amp;" in body, "what people wrote is data, not a template"


def test_variables_go_by_their_titles(campaign: Campaign) -> None:
    grant = AccessGranted(
        grant_id="g1",
        campaign="suzhou-2024",
        granted_to="analyst-1",
        units=["*"],
        variables=["age_band", "gone_since"],
        purpose="分析住房诉求分析住房诉求",
        until="2024-07-01T16:00:00Z",
        granted_by="leader-1",
        granted_at="2024-06-01T01:30:00Z",
    )
    body = text_of(grant, campaign).body
    assert "年龄段、gone_since" in body
    assert "全部责任单位" in body


def test_every_template_of_the_worked_example_can_be_filled(campaign: Campaign) -> None:
    refused = AccessRefused(
        grant_id="g",
        campaign="suzhou-2024",
        requested_by="a",
        refused_by="b",
        reason="用途不明",
        refused_at="2024-06-01T01:30:00Z",
    )
    assert "用途不明" in text_of(refused, campaign).body


def test_a_subject_is_one_line_whatever_was_put_into_it(campaign: Campaign) -> None:
    changed = with_template(campaign, "grant_refused", "未批准：{{ reason }}", "…")
    refused = AccessRefused(
        grant_id="g",
        campaign="suzhou-2024",
        requested_by="a",
        refused_by="b",
        reason="用途不明\r\nBcc: everybody@example.invalid",
        refused_at="2024-06-01T01:30:00Z",
    )
    assert text_of(refused, changed).subject == "未批准：用途不明 Bcc: everybody@example.invalid"


@pytest.mark.parametrize(
    "body",
    [
        "{{ nobody_knows_this }}",
        "{{ 1 / 0 }}",
        "{{ percent + campaign }}",
        "{{ campaign.__class__.__mro__ }}",
        "{% if %}",
    ],
)
def test_a_template_that_fails_rejects_the_event_and_says_where(campaign: Campaign, body: str) -> None:
    with pytest.raises(RejectEvent, match=r"template milestone\.body: "):
        text_of(MILESTONE, with_template(campaign, "milestone", "x", body))


def test_a_time_that_is_none_rejects_the_event(campaign: Campaign) -> None:
    with pytest.raises(RejectEvent, match="reached_at"):
        text_of(MILESTONE.model_copy(update={"reached_at": "soon"}), campaign)
