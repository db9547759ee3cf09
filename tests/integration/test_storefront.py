"""The storefront as it is deployed: what guests get of CloudFront, and what nobody gets past it."""

import json
import re

import pytest
import urllib3

from rapid.cli.target import LocalStack
from tests.deployed import pages
from tests.fetch import fetch

LINK = "?store=store1&table=table4"


@pytest.fixture
def url(stack: LocalStack) -> str:
    return str(stack.outputs["storefront_url"])


@pytest.mark.parametrize(("path", "language"), [(f"/{LINK}", "en"), (f"/de{LINK}", "de")])
def test_a_guest_s_link_is_a_page_of_its_language_that_says_how_to_send(
    stack: LocalStack, url: str, path: str, language: str
) -> None:
    page = pages.get(url + path)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'<html lang="{language}"' in page.data.decode()
    outputs, settings = stack.outputs, pages.settings_of(page)
    assert settings["language"] == language
    assert settings["send"] == {
        source: {"url": outputs["ingest_url"] + outputs["paths"][source]}
        for source in ("feedback", "clickstream", "survey")
    }


def test_the_api_takes_what_a_page_sends_from_its_own_origin(url: str) -> None:
    way = pages.settings_of(pages.get(f"{url}/{LINK}"))["send"]["feedback"]
    answer = {"score": 9, "store_id": "store1", "table_id": "table4", "submitted_at": "2026-03-14T18:30:00Z"}
    sent = fetch(url, "POST", way["url"], {"content-type": "text/plain"}, json.dumps([answer]).encode())
    assert sent.status == 200, sent.body


def test_every_answer_tells_browsers_to_trust_nothing_but_the_storefront(stack: LocalStack, url: str) -> None:
    api = stack.outputs["ingest_url"].partition("/_aws")[0]
    for path in (f"/{LINK}", "/service-worker.js", "/nothing"):
        headers = pages.get(url + path).headers
        policy = headers["content-security-policy"]
        assert f"connect-src 'self' {api};" in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert headers["strict-transport-security"] == "max-age=63072000"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "geolocation=()" in headers["permissions-policy"]
        assert "set-cookie" not in headers


def test_what_there_is_not_is_told_on_a_page_with_status_404(url: str) -> None:
    page = pages.get(f"{url}/menu/nowhere")
    assert page.status == 404
    assert "There is no such page" in page.data.decode()


def test_browsers_keep_assets_and_ask_for_pages_again(url: str) -> None:
    page = pages.get(f"{url}/")
    assert page.headers["cache-control"] == "public, max-age=0, s-maxage=86400, must-revalidate"
    assert pages.get(f"{url}/", **{"if-none-match": page.headers["etag"]}).status == 304
    found = re.search(r"/assets/brand\.[0-9a-f]{12}\.css", page.data.decode())
    assert found
    asset = pages.get(url + found[0])
    assert (asset.status, asset.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_nobody_reads_the_bucket_past_cloudfront(stack: LocalStack) -> None:
    for key in ("index.html", "de", "service-worker.js", ""):
        answer = urllib3.request("GET", f"{stack.endpoint_url}/{stack.outputs['storefront_bucket']}/{key}")
        assert answer.status == 403, key
