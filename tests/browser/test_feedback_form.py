"""The feedback form on a guest's phone, from the deployed site to a row of the table."""

import datetime
import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Route, expect

from components.storefront.pages import WEB, Site
from components.storefront.settings import StorefrontSettings, WayIn
from rapid.cli.target import LocalStack
from rapid.cost.assumptions import PAGE_BYTES, PAGE_REQUESTS
from tests.browser.guests import Guest, texts
from tests.browser.phones import Phone
from tests.deployed.evidence import curate_here, rows
from tests.deployed.throttles import slowed_down

LANGUAGES = {"en": "en-US", "de": "de-AT"}
TEXTS = texts()
COMMENT = "Schöne Suppe, “lovely” 🍲\nلذيذ"


@pytest.fixture
def guest(phone: Callable[..., Phone], own_stack: LocalStack) -> Callable[..., Guest]:
    def make(link: str = "/?store=store1&table=table4", **options: Any) -> Guest:
        return Guest(phone(**options).context, own_stack.outputs["storefront_url"], link)

    return make


@pytest.fixture(scope="module")
def api(own_stack: LocalStack) -> str:
    return str(own_stack.outputs["ingest_url"]) + str(own_stack.outputs["paths"]["feedback"])


def found(stack: LocalStack, store: str) -> list[tuple[str | None, ...]]:
    """Rows of a store, as they are delivered."""
    stack.flush()
    columns = "score, comment, contact, contact_consent"
    return rows(stack, f"SELECT {columns} FROM feedback_processed WHERE store_id = '{store}' ORDER BY submitted_at")


# --- From a link to a row ---


def test_an_answer_becomes_one_row_with_all_that_the_guest_said(
    own_stack: LocalStack, guest: Callable[..., Guest]
) -> None:
    ada = guest("/?store=Trattoria%20%C3%9C&table=t%2F4").visit()
    ada.ask_for_a_reply("ada@example.com")
    before = datetime.datetime.now(datetime.UTC)
    ada.answer(9, COMMENT)
    ada.is_told(TEXTS["sent"])
    expect(ada.page.locator("#thanks h1")).to_be_focused()
    curate_here(own_stack, "feedback")
    [row] = rows(
        own_stack,
        "SELECT score + 1, comment, store_id, table_id, contact, contact_consent AND true, event_id, "
        "to_iso8601(submitted_at), extra FROM feedback",
    )
    assert row[:6] == ("10", COMMENT, "Trattoria Ü", "t/4", "ada@example.com", "true")
    assert uuid.UUID(row[6]).version == 4
    sent = datetime.datetime.fromisoformat(row[7] or "").replace(tzinfo=datetime.UTC)
    assert abs(sent - before) < datetime.timedelta(minutes=2)
    assert row[8] is None
    assert "ada@example.com" not in ada.kept()
    assert ada.waiting() == []
    assert ada.problems == []


def test_without_consent_no_contact_is_sent(own_stack: LocalStack, guest: Callable[..., Guest]) -> None:
    bo = guest("/?store=quiet").visit()
    bo.ask_for_a_reply("bo@example.com")
    bo.page.locator("#consent").tap()
    expect(bo.page.locator("#contact")).to_be_hidden()
    assert "bo@example.com" not in bo.kept()
    bo.answer(3).is_told(TEXTS["sent"])
    assert found(own_stack, "quiet") == [("3", None, None, "false")]


def test_a_guest_may_give_another_answer(own_stack: LocalStack, guest: Callable[..., Guest]) -> None:
    cy = guest("/?store=two").visit()
    cy.answer(10, "first").is_told(TEXTS["sent"])
    cy.page.locator("#again").tap()
    expect(cy.page.locator("[name=score]").first).to_be_focused()
    assert cy.page.input_value("#comment") == ""
    cy.answer(0).is_told(TEXTS["sent"])
    assert [row[:2] for row in found(own_stack, "two")] == [("10", "first"), ("0", None)]


@pytest.mark.parametrize(("code", "locale"), LANGUAGES.items())
def test_a_guest_reads_and_answers_in_the_language_of_the_phone(
    own_stack: LocalStack, guest: Callable[..., Guest], code: str, locale: str
) -> None:
    eve = guest(f"/?store=in-{code}&table=1", locale=locale).visit()
    said = texts(code)
    expect(eve.page.locator("#form h1")).to_have_text(said["title"])
    assert eve.page.get_attribute("html", "lang") == code
    assert eve.page.url.endswith(f"?store=in-{code}&table=1")
    eve.send()
    assert eve.errors() == {"score-error": said["score_missing"]}
    eve.page.locator("#summary a").tap()
    expect(eve.page.locator("[name=score]").first).to_be_focused()
    eve.answer(7)
    eve.is_told(said["sent"])
    assert found(own_stack, f"in-{code}") == [("7", None, None, "false")]


def test_a_guest_may_choose_another_language_and_loses_nothing(guest: Callable[..., Guest]) -> None:
    eve = guest(locale="de-DE").visit()
    eve.choose(8)
    eve.page.fill("#comment", "Gut")
    eve.page.locator("#languages a[lang=en]").tap()
    expect(eve.page.locator("#form h1")).to_have_text(TEXTS["title"])
    assert eve.page.input_value("#comment") == "Gut"
    assert eve.page.is_checked("[name=score][value='8']")
    eve.page.reload()
    expect(eve.page.locator("#form h1")).to_have_text(TEXTS["title"])


def test_what_was_typed_survives_a_reload_at_the_same_table_alone(guest: Callable[..., Guest]) -> None:
    ada = guest().visit()
    ada.choose(6)
    ada.page.fill("#comment", "half a thought")
    ada.ask_for_a_reply("ada@example.com")
    ada.page.reload()
    assert ada.page.is_checked("[name=score][value='6']")
    assert ada.page.input_value("#comment") == "half a thought"
    assert ada.page.input_value("#contact") == "ada@example.com"
    ada.page.goto(ada.site + "/?store=store2&table=table4")
    assert ada.page.input_value("#comment") == ""
    assert ada.problems == []


# --- What is wrong with it ---


def test_a_link_that_names_no_place_says_what_to_do(guest: Callable[..., Guest]) -> None:
    lost, long = guest(), [f"/?store={'s' * 129}", f"/?store=s&table={'t' * 65}"]
    for link in ("/", "/?table=4", "/?store=", "/?store=%20", "/?store=a%00b", *long):
        lost.page.goto(lost.site + link)
        expect(lost.page.locator("#link-problem")).to_contain_text(TEXTS["link_text"])
        expect(lost.page.locator("#form")).to_be_hidden()


def test_a_wrong_field_is_told_beside_it_and_at_the_top_and_nothing_is_sent(guest: Callable[..., Guest]) -> None:
    ada = guest().visit()
    ada.choose(5)
    ada.page.locator("#consent").tap()
    for field, typed, message in (
        ("contact", "", TEXTS["contact_missing"]),
        ("contact", "ada at example", TEXTS["contact_invalid"]),
        ("contact", "12345", TEXTS["contact_invalid"]),
        ("contact", "@".join(["a" * 310, "example.com"]), TEXTS["contact_too_long"].format(limit=320)),
        ("comment", "🍲" * 2001, TEXTS["comment_too_long"].format(limit="2,000")),
    ):
        ada.page.fill(f"#{field}", typed)
        ada.send()
        assert ada.errors() == {f"{field}-error": message}
        assert ada.page.get_attribute(f"#{field}", "aria-invalid") == "true"
        expect(ada.page.locator("#summary")).to_be_focused()
        ada.page.locator("#summary a", has_text=message).tap()
        expect(ada.page.locator(f"#{field}")).to_be_focused()
        ada.page.fill(f"#{field}", "+49 170 1234567")
        assert ada.errors() == {}
        assert ada.waiting() == []


def test_a_comment_of_2000_characters_is_taken_as_the_contract_counts_them(
    own_stack: LocalStack, guest: Callable[..., Guest]
) -> None:
    ada = guest("/?store=long").visit()
    ada.answer(5, "🍲" * 2000)
    ada.is_told(TEXTS["sent"])
    assert found(own_stack, "long")[0][1] == "🍲" * 2000


def test_what_only_programs_fill_in_is_said_and_nothing_is_sent(guest: Callable[..., Guest], api: str) -> None:
    robot = guest().visit()
    robot.page.evaluate("document.getElementById('website').value = 'https://spam.example'")
    robot.answer(10)
    assert robot.errors() == {"website-error": TEXTS["trap_filled"]}
    expect(robot.page.locator("#website")).to_be_visible()
    assert robot.waiting() == []
    assert api not in [response.url for response in robot.responses]
    robot.page.fill("#website", "")
    robot.send()
    robot.is_told(TEXTS["sent"])


def test_an_answer_that_the_api_refuses_comes_back_into_the_form_and_is_not_repeated(
    guest: Callable[..., Guest], api: str
) -> None:
    wrong = {"failed to match": {"score": 11}, "boolean": {"contact_consent": "yes"}, "too short": {"store_id": ""}}
    changes, sent = iter(wrong.values()), []

    def other(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.continue_(post_data=json.dumps({**sent[-1], **next(changes)}))

    ada = guest().visit()
    ada.page.route(api, other)
    for reason in wrong:
        ada.answer(9, "kept")
        expect(ada.page.locator(".reason")).to_contain_text(reason)
        expect(ada.page.locator("#summary")).to_be_focused()
        expect(ada.page.locator("#summary")).to_contain_text(TEXTS["refused_answer"])
        assert ada.page.input_value("#comment") == "kept"
        assert ada.waiting() == []
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    ada.page.reload()
    assert len(sent) == len(wrong)


def test_a_refusal_of_an_earlier_answer_does_not_take_the_thanks_away(guest: Callable[..., Guest], api: str) -> None:
    ada = guest().visit()
    ada.page.route(api, lambda route: route.abort())
    ada.answer(3, "first")
    ada.is_told(TEXTS["waiting"])
    ada.page.locator("#again").tap()
    ada.answer(9)
    ada.is_told(TEXTS["waiting"])
    ada.is_noticed(TEXTS["earlier_waiting"])
    ada.page.route(
        api, lambda route: route.continue_(post_data="{}") if "first" in route.request.post_data else route.continue_()
    )
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    ada.is_told(TEXTS["sent"])
    ada.is_noticed(TEXTS["earlier_refused"])
    assert ada.waiting() == []


# --- Offline, and other reasons to wait ---


def test_an_answer_given_offline_arrives_once_when_there_is_a_network_again(
    own_stack: LocalStack, guest: Callable[..., Guest]
) -> None:
    ada = guest("/?store=offline").visit()
    ada.context.set_offline(True)
    ada.answer(9, "in the cellar")
    ada.is_told(TEXTS["waiting"])
    assert [answer["comment"] for answer in ada.waiting()] == ["in the cellar"]
    # What cannot be read hides no answer.
    ada.page.evaluate("['answer: ', 'answer:~'].forEach((key) => localStorage.setItem(key, '{'))")
    ada.context.set_offline(False)
    ada.is_told(TEXTS["sent"])
    assert "in the cellar" not in ada.kept()
    assert [row[1] for row in found(own_stack, "offline")] == ["in the cellar"]


def test_the_form_opens_offline_and_its_answer_is_sent_at_the_next_visit(
    own_stack: LocalStack, guest: Callable[..., Guest]
) -> None:
    ada = guest("/?store=cellar").visit()
    ada.worker_is_ready()
    ada.context.set_offline(True)
    ada.come_again()
    ada.ask_for_a_reply("ada@example.com")
    ada.answer(2, "cold")
    ada.is_told(TEXTS["waiting"])
    ada.come_again()
    ada.is_noticed(TEXTS["earlier_waiting"])
    ada.close_page()
    ada.context.set_offline(False)
    ada.open_page(ada.link)
    ada.is_noticed(TEXTS["earlier_sent"])
    assert "ada@example.com" not in ada.kept()
    assert found(own_stack, "cellar") == [("2", "cold", "ada@example.com", "true")]


def test_offline_a_guest_has_the_page_of_another_language_rather_than_none(guest: Callable[..., Guest]) -> None:
    eve = guest("/?store=store1#en", locale="de-DE").visit()
    eve.worker_is_ready()
    eve.context.set_offline(True)
    eve.open_page(eve.site + "/?store=store1")
    expect(eve.page.locator("#form h1")).to_have_text(TEXTS["title"])


def test_the_worker_keeps_what_the_form_is_made_of_and_no_answer(guest: Callable[..., Guest]) -> None:
    ada = guest(locale="de-DE").visit()
    ada.worker_is_ready()
    ada.page.evaluate("caches.open('an older deployment')")
    ada.page.reload()
    ada.answer(4)
    ada.is_told(texts("de")["sent"])
    script = "Promise.all((await caches.keys()).map(async n => (await (await caches.open(n)).keys()).map(r => r.url)))"
    kept = [url.removeprefix(ada.site) for urls in ada.page.evaluate(f"(async () => {script})()") for url in urls]
    assert {url for url in kept if not url.startswith("/assets/")} == {"/", "/de"}
    assert "store1" not in "".join(kept)


def test_what_is_held_back_is_sent_later(own_stack: LocalStack, guest: Callable[..., Guest]) -> None:
    ada = guest("/?store=slow").visit()
    ada.page.clock.install()
    with slowed_down(own_stack, rate_per_second=1, burst=0):
        ada.answer(8)
        ada.is_told(TEXTS["waiting"])
    assert 429 in [response.status for response in ada.responses]
    ada.page.clock.fast_forward(10_000)
    ada.is_told(TEXTS["sent"])
    assert found(own_stack, "slow") == [("8", None, None, "false")]


def test_the_api_is_asked_again_when_it_said_and_not_before(
    own_stack: LocalStack, guest: Callable[..., Guest], api: str
) -> None:
    ada = guest("/?store=busy").visit()
    ada.page.clock.install()
    ids: list[str] = []

    def busy(route: Route) -> None:
        ids.append(route.request.post_data_json["event_id"])
        headers = {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "Retry-After",
            "retry-after": "90",
        }
        route.fulfill(status=503, headers=headers, body="{}") if len(ids) == 1 else route.continue_()

    ada.page.route(api, busy)
    ada.answer(8)
    ada.is_told(TEXTS["waiting"])
    ada.page.clock.fast_forward(80_000)
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    ada.page.reload()
    ada.is_noticed(TEXTS["earlier_waiting"])
    assert len(ids) == 1
    ada.page.clock.fast_forward(20_000)
    ada.is_noticed(TEXTS["earlier_sent"])
    assert ids == [ids[0]] * 2
    assert len(found(own_stack, "busy")) == 1


@pytest.mark.parametrize(("works", "told"), [(False, "earlier_expired"), (True, "earlier_sent")])
def test_after_seven_days_an_answer_is_tried_once_more_and_given_up_and_the_guest_is_told(
    guest: Callable[..., Guest], api: str, works: bool, told: str
) -> None:
    ada = guest().visit()
    ada.page.route(api, lambda route: route.abort())
    ada.answer(8)
    ada.is_told(TEXTS["waiting"])
    if works:
        ada.page.unroute(api)
    ada.page.clock.install(time=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=7, minutes=1))
    ada.page.reload()
    ada.is_noticed(TEXTS[told])
    assert ada.waiting() == []


def test_two_tabs_send_an_answer_once(own_stack: LocalStack, guest: Callable[..., Guest], api: str) -> None:
    ada = guest("/?store=tabs").visit()
    ada.context.set_offline(True)
    ada.answer(8)
    ada.is_told(TEXTS["waiting"])
    first = ada.page
    ada.context.set_offline(False)
    ada.open_page(ada.link)
    expect(first.locator("#state")).to_have_text(TEXTS["sent"])
    ada.page.wait_for_function("navigator.locks.query().then(({held, pending}) => !held.length && !pending.length)")
    assert [response.status for response in ada.responses if response.url == api] == [200]
    assert len(found(own_stack, "tabs")) == 1


def test_a_refusal_that_one_tab_hears_is_no_thanks_in_another(guest: Callable[..., Guest], api: str) -> None:
    ada = guest().visit()
    first = ada.page
    first.route(api, lambda route: route.abort())
    ada.answer(8)
    ada.is_told(TEXTS["waiting"])
    ada.context.route(api, lambda route: route.continue_(post_data="{}"))
    ada.open_page(ada.link)
    for tab in (ada.page, first):
        expect(tab.locator("#summary")).to_contain_text(TEXTS["refused"])
    assert ada.waiting() == []


def test_an_old_browser_that_stores_nothing_says_so_and_sends_all_the_same(
    own_stack: LocalStack, guest: Callable[..., Guest]
) -> None:
    ada = guest("/?store=private")
    ada.page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') };"
        "LockManager.prototype.request = async () => { throw new DOMException('blocked', 'SecurityError') };"
        "delete AbortSignal.timeout;"
        "delete Crypto.prototype.randomUUID;"
    )
    ada.visit()
    ada.context.set_offline(True)
    ada.answer(1)
    ada.is_told(TEXTS["waiting_unkept"])
    ada.context.set_offline(False)
    ada.is_told(TEXTS["sent"])
    assert len(found(own_stack, "private")) == 1


def test_with_the_credentials_of_a_guest_an_answer_goes_onto_the_stream(
    own_stack: LocalStack, guest: Callable[..., Guest], guests_may_give_feedback: dict[str, Any]
) -> None:
    # A page that the test answers is not of this machine, as its servers are.
    ada = guest("/?store=streamed", permissions=["local-network-access"])

    def as_guest(route: Route) -> None:
        answer = served(route.request.url)
        page = gzip.decompress(answer.data).decode()
        told = re.search(r'(?s)id="settings">(.*?)</script>', page)
        assert told
        settings = json.loads(told[1])
        settings["send"]["feedback"] = guests_may_give_feedback
        policy = answer.headers["Content-Security-Policy"]
        headers = {"content-type": "text/html", "content-security-policy": policy}
        route.fulfill(headers=headers, body=page.replace(told[1], json.dumps(settings)))

    ada.page.route(f"{ada.site}/?*", as_guest)
    ada.visit()
    ada.context.set_offline(True)
    ada.answer(9, COMMENT)
    ada.is_told(TEXTS["waiting"])
    ada.context.set_offline(False)
    ada.is_told(TEXTS["sent"])
    assert found(own_stack, "streamed") == [("9", COMMENT, None, "false")]


@pytest.fixture
def guests_may_give_feedback(own_stack: LocalStack) -> Iterator[dict[str, Any]]:
    """The way in of `storefront: guest`: the guests' role may put onto the stream of feedback too."""
    iam, pool = own_stack.client("iam"), own_stack.outputs["identity_pool_id"]
    roles = own_stack.client("cognito-identity").get_identity_pool_roles(IdentityPoolId=pool)["Roles"]
    role = roles["unauthenticated"].rpartition("/")[2]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    streams = own_stack.outputs["streams"]
    [statement] = before["Statement"]
    [arn] = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
    more = [arn, arn.replace(streams["clickstream"], streams["feedback"])]
    after = {**before, "Statement": [{**statement, "Resource": more}]}
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(after))
    endpoints = {"cognito": f"{own_stack.endpoint_url}/", "firehose": f"{own_stack.endpoint_url}/"}
    yield {"identityPoolId": pool, "stream": streams["feedback"], "endpoints": endpoints}
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(before))


# --- For everyone ---


@pytest.mark.parametrize(("code", "locale", "scheme"), [("en", "en-US", "light"), ("de", "de-AT", "dark")])
def test_form_errors_and_thanks_are_accessible(
    guest: Callable[..., Guest], api: str, code: str, locale: str, scheme: str
) -> None:
    ada = guest(locale=locale, color_scheme=scheme).visit()
    ada.page.locator("#consent").tap()
    ada.page.emulate_media(reduced_motion="reduce")
    assert ada.violations() == []
    ada.send()
    assert set(ada.errors()) == {"score-error", "contact-error"}
    assert ada.violations() == []
    ada.page.locator("#consent").tap()
    ada.answer(10)
    ada.is_told(texts(code)["sent"])
    assert ada.violations() == []
    assert ada.problems == []
    # As is an answer that waits, and one that comes back with the reason.
    ada.context.set_offline(True)
    ada.page.locator("#again").tap()
    ada.answer(4)
    ada.is_told(texts(code)["waiting"])
    assert ada.violations() == []
    ada.page.route(api, lambda route: route.continue_(post_data="{}"))
    ada.context.set_offline(False)
    expect(ada.page.locator(".reason")).to_contain_text("required")
    assert ada.violations() == []


def test_a_link_that_leads_nowhere_and_one_without_a_place_are_accessible_too(guest: Callable[..., Guest]) -> None:
    for link, title in (("/nowhere", "There is no such page"), ("/", TEXTS["link_title"])):
        lost = guest(link).visit()
        expect(lost.page.locator("h1:visible")).to_have_text(title)
        assert lost.violations() == []


def test_the_keyboard_alone_is_enough(own_stack: LocalStack, guest: Callable[..., Guest]) -> None:
    ada = guest("/?store=keys").visit()
    press = ada.page.keyboard.press
    while ada.page.evaluate("document.activeElement.name") != "score":
        press("Tab")
    press("Space")
    for _ in range(7):
        press("ArrowRight")
    press("Tab")
    ada.page.keyboard.type("by keys")
    press("Tab")
    press("Space")
    press("Tab")
    ada.page.keyboard.type("+49 170 1234567")
    press("Enter")
    ada.is_told(TEXTS["sent"])
    assert found(own_stack, "keys") == [("7", "by keys", "+49 170 1234567", "true")]


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_everything_to_touch_is_large_enough_and_fits_at_twice_the_size(
    guest: Callable[..., Guest], locale: str
) -> None:
    ada = guest(locale=locale, viewport={"width": 180, "height": 370}).visit()
    ada.page.wait_for_load_state("networkidle")
    ada.page.locator("#consent").tap()
    ada.send()
    assert ada.page.evaluate("document.scrollingElement.scrollWidth") <= 180
    for one in ada.page.locator("a:visible, button:visible, .scale label, label.tick, textarea, #contact").all():
        box = one.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, one.inner_text()


def site_of(folder: Path, *codes: str, **changes: dict[str, Any]) -> Site:
    """The site in languages of which each file is the English one, but for what is changed."""
    (folder / "languages").mkdir()
    for file in WEB.iterdir():
        if file.is_file():
            (folder / file.name).symlink_to(file)
    for code in codes:
        said = json.loads((WEB / "languages" / "en.json").read_text()) | {"language_name": code}
        said["feedback"] |= changes.get("feedback", {})
        (folder / "languages" / f"{code}.json").write_text(json.dumps(said | changes.get("all", {})))
    return Site(StorefrontSettings(WayIn.API, "Trattoria Demo", codes, "#14532d", "EUR"), folder)


def shows(guest: Guest, site: Site) -> None:
    """Let the guest see the forms of another site than the deployed one."""
    for page in site.pages:
        if page.name.startswith("feedback-"):
            path = "" if page.key == "index.html" else page.key
            answer = partial(fulfil, page.html({"feedback": {"url": "https://api.example.com/"}}))
            guest.page.route(f"{guest.site}/{path}?*", answer)


def fulfil(html: str, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html")


@pytest.mark.parametrize(("locale", "code"), [("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("de-CH", "de-CH"), ("fr", "en")])
def test_the_page_of_the_very_language_comes_before_one_that_is_near(
    guest: Callable[..., Guest], tmp_path: Path, locale: str, code: str
) -> None:
    eve = guest(locale=locale)
    shows(eve, site_of(tmp_path, "en", "de", "de-CH", "pt-BR"))
    eve.visit()
    expect(eve.page.locator("html")).to_have_attribute("lang", code)


def test_a_language_is_one_file_even_if_it_is_written_from_right_to_left(
    guest: Callable[..., Guest], tmp_path: Path
) -> None:
    title = "كيف كانت زيارتك؟"
    arabic = {"language_name": "العربية", "text_direction": "rtl"}
    ada = guest(locale="ar")
    shows(ada, site_of(tmp_path, "ar", all=arabic, feedback={"title": title}))
    ada.visit()
    expect(ada.page.locator("#form h1")).to_have_text(title)
    assert ada.violations() == []
    zero, five = (ada.page.locator(f".scale label:has([value='{n}'])").bounding_box() for n in (0, 5))
    assert zero
    assert five
    assert zero["x"] > five["x"]
    assert ada.page.evaluate("document.scrollingElement.scrollWidth") <= 360


def test_all_that_a_guest_loads_is_small_from_one_host_and_leaves_no_cookie(
    own_stack: LocalStack, guest: Callable[..., Guest], api: str
) -> None:
    ada = guest().visit()
    ada.worker_is_ready()
    ada.answer(9)
    ada.is_told(TEXTS["sent"])
    ada.page.wait_for_load_state("networkidle")
    urls = {response.url for response in ada.responses} - {api}
    assert {url.split("/")[2] for url in urls} == {ada.site.split("/")[2]}
    assert len(urls) <= PAGE_REQUESTS
    kept = set(
        ada.page.evaluate(
            "(async () => (await (await caches.open((await caches.keys())[0])).keys()).map(r => r.url))()"
        )
    )
    assert sum(size(url) for url in urls | kept | {f"{ada.site}/service-worker.js"}) < PAGE_BYTES
    assert ada.context.cookies() == []
    assert ada.problems == []


def size(url: str) -> int:
    """Bytes of a response as they are served, with its headers."""
    served(url)  # CloudFront compresses what it keeps.
    answer = served(url, "br, gzip")
    return len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())


def served(url: str, encodings: str = "gzip") -> urllib3.BaseHTTPResponse:
    """What CloudFront answers, as it comes; the names of its hosts are known to browsers alone."""
    _, _, host, path = url.split("/", 3)
    headers = {"Host": host, "Accept-Encoding": encodings}
    address = f"http://127.0.0.1:{host.partition(':')[2]}/{path}"
    answer = urllib3.request("GET", address, headers=headers, decode_content=False)
    assert answer.status == 200, url
    return answer
