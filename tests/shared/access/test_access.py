"""The door: authentication and checks together."""

from datetime import UTC, datetime

import pytest

from shared.access import Access, Action, LocalIssuer, Principal, Resource, add_channel_key
from shared.errors import NotAllowed, NotAuthenticated
from shared.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(
        channel_keys_file=tmp_path / "channel-keys.json", oidc_keys_url=f"file:{tmp_path}/public.json"
    )


@pytest.fixture
def access(settings):
    return Access.from_settings(settings)


@pytest.fixture
def issuer(settings, tmp_path):
    files = tmp_path / "private.json", tmp_path / "public.json"
    return LocalIssuer(*files, settings.oidc_issuer, settings.oidc_audience)


async def test_a_person_comes_with_a_token_and_a_channel_with_a_key(settings, issuer):
    text, _ = add_channel_key(settings.channel_keys_file, "wechat", now=datetime.now(UTC))
    access = Access.from_settings(settings)
    person = await access.authenticate(f"Bearer {issuer.issue('zhang', ['office'])}")
    assert (person.kind, person.subject) == ("person", "zhang")
    channel = await access.authenticate(f"bearer  {text}")
    assert (channel.kind, channel.channel) == ("channel", "wechat")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "请在请求头 Authorization"),
        ("", "请在请求头 Authorization"),
        ("Bearer", "请在请求头 Authorization"),
        ("Bearer ", "请在请求头 Authorization"),
        ("Basic dXNlcjpwYXNz", "请在请求头 Authorization"),
        ("Bearer dftk_00000000_x", "渠道密钥不正确或已停用"),
        ("Bearer x.y.z", "令牌格式不正确"),
    ],
)
async def test_whoever_isnt_known_is_told_what_to_send(access, header, message):
    with pytest.raises(NotAuthenticated, match=message):
        await access.authenticate(header)


@pytest.mark.parametrize("action", Action)
def test_refusing_a_read_doesnt_even_tell_that_there_is_something(access, action):
    nobody = Principal("nobody", "person", frozenset())
    with pytest.raises(NotAllowed) as refused:
        access.check(nobody, action, Resource("thing", owner="somebody"))
    assert refused.value.is_hidden is (action.value.startswith("read_") or action is Action.OPEN_SEALED)
    assert str(refused.value)


def test_what_is_allowed_passes(access):
    operator = Principal("wu", "person", frozenset({"operator"}))
    access.check(operator, Action.OPERATE, Resource("system"))
    assert access.is_allowed(operator, Action.OPERATE, Resource("system"))
    assert not access.is_allowed(operator, Action.QUERY_TABLE, Resource("system"))
