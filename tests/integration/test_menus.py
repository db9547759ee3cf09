"""Menus on a deployed stack: from the upload to what guests get from CloudFront."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from rapid.cli.menus import publish, rollback, versions
from rapid.cli.target import LocalStack
from tests.deployed.alarms import MAILBOX, mails, subscribe

HEADER = "section,id,name,name_de,price\n"
SOUP, CAKE = HEADER + "Soups,soup,Soup,Suppe,5\n", HEADER + "Cakes,cake,Cake,Kuchen,4\n"
BAD = HEADER + "Soups,soup,,,five\n"
_WAIT_SECONDS = 60


@pytest.fixture
def store(stack: LocalStack) -> Iterator[str]:
    """A store of a test's own, whose menu is removed after it."""
    name = f"store-{uuid.uuid4().hex[:8]}"
    yield name
    for ending in ("csv", "json"):
        stack.client("s3").delete_object(Bucket=stack.outputs["menus_bucket"], Key=f"{name}.{ending}")


def upload(stack: LocalStack, store: str, content: str) -> str:
    answer = stack.client("s3").put_object(Bucket=stack.outputs["menus_bucket"], Key=f"{store}.csv", Body=content)
    return str(answer["VersionId"])


def page(stack: LocalStack, path: str) -> urllib3.BaseHTTPResponse:
    url = urlsplit(stack.outputs["storefront_url"])
    address = f"http://127.0.0.1:{url.port}{path}"
    return urllib3.request("GET", address, headers={"host": url.netloc}, retries=False)


def names(stack: LocalStack, path: str) -> list[str]:
    """The items that a page shows."""
    return re.findall(r'class="name"[^>]*>([^<]*)<', page(stack, path).data.decode())


def comes(what: Callable[[], Any], wanted: Any) -> bool:
    """Whether something comes to be in time."""
    end = time.monotonic() + _WAIT_SECONDS
    while what() != wanted:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def refusals(stack: LocalStack, store: str) -> list[str]:
    """The texts of the mails about a store's menus."""
    return [each.text for each in mails(stack, MAILBOX) if each.subject == f"Menu not published: {store}.csv"]


@pytest.fixture
def owner(stack: LocalStack) -> None:
    """A mailbox that is told of menus."""
    topics = [each["TopicArn"] for each in stack.client("sns").list_topics()["Topics"]]
    [topic] = [topic for topic in topics if "menus-topic" in topic]
    subscribe(stack, topic, MAILBOX)


def test_an_uploaded_menu_is_a_page_in_each_language(stack: LocalStack, store: str) -> None:
    version = upload(stack, store, SOUP)
    assert comes(lambda: names(stack, f"/menu/{store}"), ["Soup"])
    assert names(stack, f"/menu/{store}/de") == ["Suppe"]
    found = page(stack, f"/menu/{store}?table=4")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["cache-control"] == "public, max-age=0, s-maxage=86400, must-revalidate"
    assert found.headers["x-amz-meta-menu-version"] == version
    assert "script-src 'self'" in found.headers["content-security-policy"]


def test_a_bad_menu_never_reaches_guests_and_a_mail_says_why(stack: LocalStack, store: str, owner: None) -> None:
    upload(stack, store, SOUP)
    assert comes(lambda: names(stack, f"/menu/{store}"), ["Soup"])
    upload(stack, store, BAD)
    assert comes(lambda: len(refusals(stack, store)), 1)
    [told] = refusals(stack, store)
    assert "line 2, column name: missing" in told
    assert 'line 2, column price: "five" is not a price' in told
    assert names(stack, f"/menu/{store}") == ["Soup"]
    upload(stack, store, CAKE)
    assert comes(lambda: names(stack, f"/menu/{store}/de"), ["Kuchen"])


def test_uploads_at_once_end_with_the_newest(stack: LocalStack, store: str) -> None:
    contents = [HEADER + f"S,item,Name {number},,1\n" for number in range(8)]
    with ThreadPoolExecutor(len(contents)) as pool:
        list(pool.map(lambda content: upload(stack, store, content), contents))
    newest = stack.client("s3").get_object(Bucket=stack.outputs["menus_bucket"], Key=f"{store}.csv")
    [name] = re.findall("Name [0-9]", newest["Body"].read().decode())
    assert comes(lambda: names(stack, f"/menu/{store}"), [name])
    assert comes(lambda: names(stack, f"/menu/{store}/de"), [name])


def test_a_removed_menu_takes_its_pages_with_it(stack: LocalStack, store: str) -> None:
    upload(stack, store, SOUP)
    assert comes(lambda: page(stack, f"/menu/{store}").status, 200)
    stack.client("s3").delete_object(Bucket=stack.outputs["menus_bucket"], Key=f"{store}.csv")
    assert comes(lambda: page(stack, f"/menu/{store}").status, 404)
    assert page(stack, f"/menu/{store}/de").status == 404


def test_the_command_publishes_and_puts_back(
    stack: LocalStack, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    menu = tmp_path / "menu.csv"
    for content in (SOUP, CAKE):
        menu.write_text(content)
        assert publish.run(menu, store) == 0
    assert f"/menu/{store}/de" in capsys.readouterr().out
    assert names(stack, f"/menu/{store}") == ["Cake"]
    assert rollback.run(store, "") == 0
    assert names(stack, f"/menu/{store}") == ["Soup"]
    capsys.readouterr()
    versions.run(store, as_json=True)
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["live", "", ""]
