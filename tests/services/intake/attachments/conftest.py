"""A submission to add files to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.intake.attachments.client import Client
from tests.services.intake.forms import content
from tests.services.running import Running


@pytest.fixture
async def client(intake: Running, tmp_path: Path) -> Client:
    """The channel that took the submission in."""
    answer = await intake.post("offline", "/intake/v1/submissions", content())
    intake.be("interviewer", "interviewer", unit="zhangjiagang")
    intake.be("office", "office")
    return Client(intake, answer.json()["receipt"], tmp_path)
