"""The storefront as a guest has it: the form with what it loads, an answer sent as its script does, a menu."""

import html
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urljoin

import urllib3

from contracts import Contract
from contracts.storefront import SOURCES

from .. import site
from ..errors import CommandError
from ..target import Target
from . import sending
from .checks import Checks
from .marked import MARK, event
from .sending import Sent

URL, MENUS = "storefront_url", "menus_bucket"
"""Outputs of a stack that has a storefront."""

_PAGE = "docs/storefront.md; deploy again"
_MENU = "docs/menus.md; the log of the function menus-publisher says what became of it"
_SETTINGS = re.compile(r'<script type="application/json" id="settings">(.*?)</script>', re.DOTALL)
_LOADED = re.compile(r'(?:src|href)="(/assets/[^"]+)"')
_MENU_FILE = {"sections": [{"title": MARK, "items": [{"id": MARK, "name": MARK, "price": 0}]}]}
_MENU_SECONDS = 120
"""CloudFront's own word for how long an invalidation takes at most: https://aws.amazon.com/cloudfront/faqs/."""
_POLL_SECONDS = 0.25
_TIMEOUT_SECONDS = 10


def check(
    stack: Target, contracts: Sequence[Contract], checks: Checks, tell: Callable[[str], None], *, named: bool
) -> list[Sent]:
    """Make the checks of a stack with a storefront; the events that were sent as its pages do.

    `named`: these sources were asked for by name, so that menus, which send nothing, were not.
    """
    url, sent = str(stack.masked_outputs.get(URL) or ""), list[Sent]()
    if not url or not any(contract.source in SOURCES for contract in contracts):
        return sent
    ways: Mapping[str, Any] = {}
    with checks.make("", "page", _PAGE) as made:
        tell("asking for the storefront's form")
        ways, made.seen = _form(url)
    for contract in contracts:
        if contract.source in ways:
            tell(f"sending to {contract.source} as the storefront's pages do")
            with checks.make(contract.source, "accept page", _PAGE) as made:
                one, made.seen = _send(stack, contract, ways[contract.source], url)
                sent.append(one)
    if not named:
        with checks.make("", "menu", _MENU) as made:
            tell("publishing a menu")
            made.seen = _menu(stack, url)
    return sent


def _form(url: str) -> tuple[Mapping[str, Any], str]:
    """How the form's page says that pages send, and what was seen of it. Raises CommandError."""
    page = _ok(urljoin(url, f"/?store={MARK}&table={MARK}"))
    policy = page.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy:
        raise CommandError(f"{url} has no strict content security policy: {policy or 'none at all'}")
    text = page.data.decode()
    settings = _SETTINGS.search(text)
    if not settings:
        raise CommandError(f"{url} is not the form: it has no settings")
    paths = list(dict.fromkeys(_LOADED.findall(text)))
    sizes = [len(_ok(urljoin(url, html.unescape(path))).data) for path in paths]
    ways: Mapping[str, Any] = json.loads(settings[1])["send"]
    return ways, f"{len(paths) + 1} files, {(len(page.data) + sum(sizes)) / 1000:.0f} KB as they are"


def _send(stack: Target, contract: Contract, way: Mapping[str, Any], origin: str) -> tuple[Sent, str]:
    """Send an event by the way that the page has. Raises CommandError unless it was accepted."""
    if "url" not in way:
        return sending.as_guest(stack, contract, way["identityPoolId"], way["stream"], door="page")
    made = event(contract)
    headers = {"Content-Type": "text/plain", "Origin": origin}
    body = json.dumps(made).encode()
    try:
        answer = urllib3.request(
            "POST", way["url"], body=body, headers=headers, timeout=_TIMEOUT_SECONDS, retries=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise CommandError(f"{way['url']} does not answer: {error}") from None
    if answer.status // 100 != 2:
        raise CommandError(f"{way['url']} answers {answer.status}: {answer.data.decode(errors='replace')[:200]}")
    allowed = answer.headers.get("Access-Control-Allow-Origin")
    if allowed not in ("*", origin):
        raise CommandError(f"{way['url']} lets no page of {origin} read its answer, but {allowed}")
    return sending.accepted(contract, made, door="page"), f"accepted, request {answer.json()['requestId']}"


def _menu(stack: Target, url: str) -> str:
    """Publish a menu of a store of its own, and take it away again. Raises CommandError where guests do not see it."""
    s3, bucket, key = stack.client("s3"), stack.masked_outputs[MENUS], f"{MARK}.json"
    page, started = urljoin(url, f"/menu/{quote(MARK)}"), time.monotonic()
    version = s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(_MENU_FILE).encode())["VersionId"]
    try:
        while site.get(page).headers.get("x-amz-meta-menu-version") != version:
            if time.monotonic() - started > _MENU_SECONDS:
                raise CommandError(f"guests do not see it after {_MENU_SECONDS} s at {page}")
            time.sleep(_POLL_SECONDS)
        return f"live after {time.monotonic() - started:.1f} s, and taken away"
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def _ok(url: str) -> urllib3.BaseHTTPResponse:
    answer = site.get(url)
    if answer.status != 200:
        raise CommandError(f"{url} answers {answer.status}")
    return answer
