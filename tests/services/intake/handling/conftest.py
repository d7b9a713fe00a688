"""What the tests of handling share."""

from __future__ import annotations

import pytest

from tests.services.intake.handling.matter import Matter, accepted
from tests.services.running import Running


@pytest.fixture
async def matter(intake: Running) -> Matter:
    """A submission of Zhangjiagang, and those who handle it."""
    intake.be("admin", "unit_admin", unit="zhangjiagang")
    intake.be("office", "office")
    return await accepted(intake)
