"""The demo runs with a definition that it knows nothing of."""

from __future__ import annotations

from pathlib import Path

from services.demo.scenario import build_scenario
from services.intake.checking import problems_of
from services.intake.model import Submission
from shared.campaign import load_campaign

FILES = {
    "campaign.yaml": """
id: harbour
name: 码头访谈
starts_on: 2025-03-01
ends_on: 2025-03-31
timezone: Europe/Berlin
phases: []
leading_group: 领导小组
office: {name: 办公室, department: 宣传部}
target_interviews: 200
editions:
  docks: {name: 码头版, questionnaire: docks.yaml}
milestones: [100]
age: {accepted_min: 18, accepted_max: 70, eligible_max: 40, bands: ["18-40", "41+"]}
channels:
  face: {name: 面谈, mode: offline}
  web: {name: 网页, mode: online}
consent: {current: one, texts: {one: 我同意}}
respondent: {name: {name: 姓名}, phone: {name: 电话}, age: {name: 年龄}}
disclosure: {threshold_count: 20, rounding_base: 10}
""",
    "units.yaml": """
unit_kinds: {pier: 码头}
units:
  east: {name: 东码头, kind: pier, quota_line: all}
  west: {name: 西码头, kind: pier, quota_line: all}
""",
    "quotas.yaml": """
counting: {channels: [face], person_once_per: unit}
quota_lines:
  all: {name: 全部, target_count: 300, edition: docks}
""",
    "calendar.yaml": """
covers: {from: 2025-01-01, to: 2025-12-31}
holidays: []
working_weekends: []
""",
    "docks.yaml": """
id: docks
edition: docks
version: "1"
title: 码头问卷
questions:
  weather: {kind: single, text: 天气好吗？, options: {y: 好, x: 不好}}
  tools: {kind: multiple, text: 缺什么？, options: {g: 手套, h: 头盔}}
""",
    "notices.yaml": """
recipients: {roles: {office: [office@harbour.example.invalid]}}
templates:
  milestone: {subject: 通知, body: 内容}
  status_changed: {subject: 通知, body: 内容}
  grant_requested: {subject: 通知, body: 内容}
  grant_approved: {subject: 通知, body: 内容}
  grant_refused: {subject: 通知, body: 内容}
  grant_revoked: {subject: 通知, body: 内容}
""",
}


def test_the_demo_runs_with_any_definition(tmp_path: Path) -> None:
    for file, text in FILES.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    campaign = load_campaign(tmp_path)
    scenario = build_scenario(campaign, seed=5)
    statuses = {step.expected_status for step in scenario.steps}
    assert statuses == {200, 201, 400, 409, 413, 422}
    assert not {"missing_answer", "missing_age", "long_text"} & {step.case for step in scenario.steps}
    for step in scenario.steps:
        if step.case == "new":
            assert problems_of(Submission.model_validate_json(step.content), campaign) == []
