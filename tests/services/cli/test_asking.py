"""What a command makes of a service's answer."""

from __future__ import annotations

import httpx
import pytest

from services.cli.asking import content_of
from shared.errors import Invalid, NotAllowed, NotAuthenticated, RetryLater

URL = "http://127.0.0.1:8000/quota/v1/campaigns/suzhou-2024/books"


def answer(status: int, **content) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", URL), **content)


def test_what_a_service_tells():
    assert content_of(answer(200, json={"entries": {"counted": 1}})) == {"entries": {"counted": 1}}


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, NotAuthenticated), (403, NotAllowed), (404, Invalid), (409, Invalid), (503, RetryLater)],
)
def test_a_refusal_says_where_it_came_from_and_why(status, error):
    with pytest.raises(error, match=rf"suzhou-2024/books 应答 {status}：不行。"):
        content_of(answer(status, json={"detail": "不行。"}))


def test_a_token_of_another_system_is_told_with_what_to_do():
    with pytest.raises(NotAuthenticated, match=r"DAFANGTAN_TOKEN.*DAFANGTAN_ISSUER_FILE"):
        content_of(answer(401, json={"detail": "签名不符。"}))


@pytest.mark.parametrize("content", [{"text": "<html>"}, {"json": []}, {"content": b"\xff"}])
def test_another_program_at_the_address_is_recognised(content):
    with pytest.raises(RetryLater, match="不是本系统的：请核对服务的地址"):
        content_of(answer(200, **content))
