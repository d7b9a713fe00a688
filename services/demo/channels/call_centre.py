"""The call centre: tells each call with its matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from services.demo.client import PatientClient

EXPECTED = frozenset({httpx.codes.CREATED, httpx.codes.OK})


async def send_call(client: PatientClient, url: str, token: str, call: Mapping[str, Any]) -> list[str]:
    """Tell one call; the surprises."""
    answer = await client.send("POST", url, token=token, json=call)
    if answer.status_code in EXPECTED:
        return []
    return [f"hotline {call['id']}：应为 201，收到 {answer.status_code}：{answer.text[:300]}"]
