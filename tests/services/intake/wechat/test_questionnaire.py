"""From the menu to the questionnaire, and what its page may do with its token."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from shared.events import Topic
from tests.services.intake.forms import FORM, answered
from tests.services.intake.wechat.followers import PATH, Follower, setting

ENTRY = f"{PATH}/questionnaire"
SUBMISSIONS = "/intake/v1/submissions"


async def departed(follower):
    """The answer at the entry."""
    return await follower.service.client.get(ENTRY)


async def at_wechat(departure):
    """Where WeChat sends the browser back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(departure.headers["location"])
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.headers["location"])


async def arrived(follower, departure, *, cookie=None):
    """The answer to the browser that comes back."""
    back = await at_wechat(departure)
    follower.service.client.cookies.clear()
    sent = departure.cookies["dafangtan_wechat_state"] if cookie is None else cookie
    headers = {"cookie": f"dafangtan_wechat_state={sent}"}
    return await follower.service.client.get(f"{back.path}?{back.query}", headers=headers)


async def token(follower):
    answer = await arrived(follower, await departed(follower))
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).fragment)["token"][0]


def claims_in(page_token):
    from base64 import urlsafe_b64decode

    return orjson.loads(urlsafe_b64decode(page_token.split(".")[1] + "=="))


def form_of(page_token, **changes):
    claims = claims_in(page_token)
    return answered(
        {
            **FORM,
            "channel": "wechat",
            "interviewer": None,
            "source_id": f"{claims['source_id_prefix']}page-1",
            "respondent": {"age": 29, "sex": "female", "openid": claims["openid"]},
            **changes,
        }
    )


async def post(follower, page_token, form):
    follower.service.tokens["page"] = page_token
    return await follower.service.post("page", SUBMISSIONS, orjson.dumps(form))


async def test_the_menu_leads_by_way_of_wechat_to_the_page_with_a_token(follower):
    departure = await departed(follower)
    assert departure.status_code == 302
    assert departure.headers["location"].endswith("#wechat_redirect")
    cookie = departure.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("secure", "httponly", "samesite=lax", "max-age=600"))
    answer = await arrived(follower, departure)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("https://www.example.org/q#token=dfwx_")


async def test_with_its_token_the_page_posts_a_questionnaire_as_the_follower(follower):
    page_token = await token(follower)
    answer = await post(follower, page_token, form_of(page_token))
    assert answer.status_code == 201, answer.text
    again = await post(follower, page_token, form_of(page_token))
    assert (again.status_code, again.json()["receipt"]) == (200, answer.json()["receipt"])
    (event,) = await follower.service.events(Topic.SUBMISSIONS)
    assert orjson.loads(event.data)["channel"] == "wechat"


async def test_what_the_page_posted_the_follower_looks_up_and_takes_back_in_the_chat(follower):
    page_token = await token(follower)
    form = form_of(page_token)
    form["respondent"] |= {"name": "沈晓燕", "phone": "13912345678"}
    receipt = (await post(follower, page_token, form)).json()["receipt"]
    assert receipt in await follower.say(f"查询 {receipt}")
    assert "没有找到" not in await follower.say(f"查询 {receipt}")
    other = Follower(follower.service, follower.servers, openid="oSomebodyElse")
    assert "没有找到" in await other.say(f"撤回 {receipt}")
    assert "已撤回" in await follower.say(f"撤回 {receipt}")


@pytest.mark.parametrize(
    "changes",
    [
        {"respondent": {"age": 29, "sex": "female"}},
        {"respondent": {"age": 29, "sex": "female", "openid": "oSomebodyElse"}},
        {"source_id": "page-1"},
        {"source_id": "wechat:0123456789abcdef0123456789abcdef:page-1"},
        {"channel": "app"},
        {"channel": "offline"},
    ],
)
async def test_the_token_is_good_for_that_follower_alone(follower, changes):
    page_token = await token(follower)
    answer = await post(follower, page_token, form_of(page_token, **changes))
    assert answer.status_code == 403, answer.text
    assert not await follower.service.events(Topic.SUBMISSIONS)


async def test_the_token_opens_nothing_else(follower):
    page_token = await token(follower)
    follower.service.tokens["page"] = page_token
    for path in ("/intake/v1/quarantine?campaign=suzhou-2024",):
        assert (await follower.service.ask("page", "GET", path)).status_code in (403, 404)


async def test_the_token_ends_after_an_hour(follower, clock):
    page_token = await token(follower)
    clock.advance(timedelta(seconds=3599))
    assert (await post(follower, page_token, form_of(page_token))).status_code == 201
    clock.advance(timedelta(seconds=2))
    assert (await post(follower, page_token, form_of(page_token))).status_code == 401


async def test_a_token_that_was_changed_or_made_up_is_refused(follower):
    page_token = await token(follower)
    head, claims, mac = page_token.removeprefix("dfwx_").split(".")
    none = "eyJhbGciOiJub25lIiwia2lkIjoic3V6aG91LTIwMjQifQ"
    made_up = [
        "",
        "x",
        "a.b.c",
        f"{head}.{claims}.",
        f"{none}.{claims}.",
        f"{head}.{claims[:-2]}AA.{mac}",
        f"{head}.{claims}.{mac[:-4]}AAAA",
    ]
    for text in made_up:
        assert (await post(follower, f"dfwx_{text}", form_of(page_token))).status_code == 401


@pytest.mark.parametrize("cookie", ["", "0" * 32])
async def test_who_did_not_depart_from_here_does_not_arrive(follower, cookie):
    """Somebody's link with a code of their own: the browser that opens it has no state, or another."""
    answer = await arrived(follower, await departed(follower), cookie=cookie)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-state")
    assert follower.servers.calls["oauth"] == 0


async def test_a_state_ends_after_ten_minutes_and_a_code_is_good_once(follower, clock):
    departure = await departed(follower)
    back = await at_wechat(departure)
    cookie = departure.cookies["dafangtan_wechat_state"]
    headers = {"cookie": f"dafangtan_wechat_state={cookie}"}
    address = f"{back.path}?{back.query}"
    client = follower.service.client
    client.cookies.clear()
    assert (await client.get(address, headers=headers)).status_code == 303
    again = await client.get(address, headers=headers)
    assert (again.status_code, again.json()["code"]) == (422, "bad-code")
    clock.advance(timedelta(seconds=601))
    assert (await client.get(address, headers=headers)).json()["code"] == "bad-state"


@pytest.mark.parametrize("state", ["", "x", "0" * 64 + "zz", "0" * 200, "状态", "0" * 63])
async def test_no_state_crashes_it(follower, state):
    answer = await follower.service.client.get(f"{ENTRY}/callback", params={"code": "c", "state": state})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-state")


async def test_while_wechat_is_away_the_browser_is_told_to_come_back(follower):
    departure = await departed(follower)
    follower.servers.fail("oauth", -1)
    assert (await arrived(follower, departure)).status_code == 503


@pytest.mark.parametrize("missing", ["app_secret", "questionnaire_url"])
async def test_without_a_page_there_is_no_such_way(start, servers, missing):
    async with start(**{missing: None}) as service:
        assert (await service.client.get(ENTRY)).status_code == 404
        assert (await service.client.get(f"{ENTRY}/callback")).status_code == 404
        assert "填写访谈问卷" not in await Follower(service, servers).say("同意")
    assert "app_secret" in setting()
