"""What the tests of the hotline share."""

from __future__ import annotations

import pytest

from tests.services.running import Running


@pytest.fixture
async def hotline(intake: Running) -> Running:
    """The service, with an operator of the hotline."""
    intake.be("operator", "hotline_operator", unit="city")
    return intake
