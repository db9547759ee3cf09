"""What `rapid smoke` says of a storefront that guests cannot use."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from rapid.cli import project
from rapid.cli.smoke import sending, storefront
from rapid.cli.smoke.checks import Checks, Result
from rapid.cli.smoke.marked import MARK

FEEDBACK = project.contract_of("feedback")
STRICT = {"Content-Security-Policy": "default-src 'none'; script-src 'self'"}


class Site:
    """What a site answers, by path without query: status, headers and body; anything else is not there."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {}
        self.url = ""

    def form(
        self, headers: dict[str, str] = STRICT, status: int = 200, more: str = "", way: dict[str, str] | None = None
    ) -> None:
        settings = json.dumps({"send": {"feedback": way or {"url": f"{self.url}/v1/feedback"}}})
        text = f'<script type="application/json" id="settings">{settings}</script>{more}'
        self.answers["/"] = (status, headers, text)

    def door(self, status: int, **headers: str) -> None:
        self.answers["/v1/feedback"] = (status, headers, '{"requestId": "JKJaXmPLvHcESHA="}')


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = found.answers.get(self.path.partition("?")[0], (404, {}, ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def made(site: Site) -> dict[str, Any]:
    checks = Checks()
    stack: Any = SimpleNamespace(masked_outputs={"storefront_url": site.url})
    storefront.check(stack, [FEEDBACK], checks, lambda _what: None, named=True)
    return {f"{it.source} {it.name}".strip(): it for it in checks.all}


def test_a_form_that_is_served_and_whose_answer_is_taken_passes(site: Site) -> None:
    site.form(more='<script src="/assets/a.js"></script>')
    site.answers["/assets/a.js"] = (200, {}, "1;")
    site.door(200, Access_Control_Allow_Origin="*")
    found = made(site)
    assert [it.result for it in found.values()] == [Result.OK, Result.OK]
    assert found["page"].seen.startswith("2 files, ")
    assert "JKJaXmPLvHcESHA=" in found["feedback accept page"].seen


def test_where_pages_send_as_guests_the_answer_is_put_onto_the_stream_that_the_page_names(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sending, "as_guest", lambda _stack, _contract, *to, door: (None, f"{door} to {' and '.join(to)}")
    )
    site.form(way={"identityPoolId": "us-east-1:pool", "stream": "feedback-stream"})
    assert made(site)["feedback accept page"].seen == "page to us-east-1:pool and feedback-stream"


def test_a_stack_without_a_storefront_or_without_its_sources_has_no_such_checks(site: Site) -> None:
    checks = Checks()
    none: Any = SimpleNamespace(masked_outputs={})
    some: Any = SimpleNamespace(masked_outputs={"storefront_url": site.url})
    for stack, source in ((none, "feedback"), (some, "orders")):
        storefront.check(stack, [project.contract_of(source)], checks, lambda _what: None, named=False)
    assert checks.all == []


@pytest.mark.parametrize(
    ("form", "door", "check", "said"),
    [
        ({"status": 403}, {}, "page", "answers 403"),
        ({"headers": {}}, {}, "page", "no strict content security policy: none at all"),
        ({"more": '<link href="/assets/gone.css"/>'}, {}, "page", "/assets/gone.css answers 404"),
        ({}, {"status": 429}, "feedback accept page", "answers 429"),
        ({}, {"status": 200}, "feedback accept page", "lets no page of"),
    ],
    ids=["not served", "no policy", "asset missing", "refused", "no CORS"],
)
def test_what_a_guest_would_miss_fails_the_test(site: Site, form: Any, door: Any, check: str, said: str) -> None:
    site.form(**form)
    site.door(**{"status": 200, **door})
    found = made(site)[check]
    assert found.result is Result.FAILED
    assert said in found.seen


def test_a_page_that_is_not_the_form_fails_the_test(site: Site) -> None:
    site.answers["/"] = (200, STRICT, "<h1>Welcome</h1>")
    assert "is not the form" in made(site)["page"].seen


class Menus:
    """The bucket for menus; what is put there is seen by guests at once, or never."""

    def __init__(self, site: Site, *, seen: bool) -> None:
        self._site, self._seen = site, seen
        self.keys: list[str] = []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, str]:
        self.keys.append(Key)
        if self._seen:
            page = f"/menu/{Key.removesuffix('.json')}"
            self._site.answers[page] = (200, {"x-amz-meta-menu-version": "v2"}, Body.decode())
        return {"VersionId": "v2"}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self.keys.remove(Key)


@pytest.mark.parametrize("seen", [True, False])
def test_a_menu_that_guests_do_not_see_fails_the_test_and_none_is_left(
    site: Site, monkeypatch: pytest.MonkeyPatch, *, seen: bool
) -> None:
    monkeypatch.setattr(storefront, "_MENU_SECONDS", 0)
    site.answers["/menu/" + MARK] = (200, {"x-amz-meta-menu-version": "v1"}, "")
    menus, checks = Menus(site, seen=seen), Checks()
    outputs = {"storefront_url": site.url, "menus_bucket": "menus"}
    stack: Any = SimpleNamespace(masked_outputs=outputs, client=lambda _service: menus)
    storefront.check(stack, [FEEDBACK], checks, lambda _what: None, named=False)
    [found] = [it for it in checks.all if it.name == "menu"]
    assert found.result is (Result.OK if seen else Result.FAILED)
    assert ("live after" if seen else "guests do not see it") in found.seen
    assert menus.keys == []
