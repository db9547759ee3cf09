"""Every door under requests made to break it: only 2xx and 4xx, in the document's shapes; what was taken is counted."""

import collections
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from urllib3.util import Url, parse_url

from rapid.cli import api_document, project
from rapid.cli.counts import command as counts
from rapid.cli.credentials import ApiKey, Credentials, Signature
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here

from . import hostile

SEED = "2026"
REQUESTS_AN_ADDRESS = 50
"""Fewer than a storefront's paths take from one."""


@dataclass(frozen=True)
class Door:
    """An operation of the deployed API, and what opens it."""

    method: str
    path: str
    operation: Mapping[str, Any]
    url: Url
    credentials: Credentials | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def doors(stack: LocalStack, document: Mapping[str, Any]) -> Iterator[Door]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            # A parameter of the path is somebody's id.
            url = document["servers"][0]["url"] + path.replace("{", "").replace("}", "")
            yield Door(method.upper(), path, operation, parse_url(url), credentials(stack, document, operation))


def credentials(stack: LocalStack, document: Mapping[str, Any], operation: Mapping[str, Any]) -> Credentials | None:
    schemes = document["components"]["securitySchemes"]
    for choice in operation.get("security", []):
        for name in choice:
            match schemes[name]:
                case {"type": "apiKey", "name": "x-api-key"}:
                    return ApiKey(stack.outputs["api_key"])
                case {"type": "apiKey", "name": "Authorization"}:
                    return Signature(stack.credentials, stack.region)
    return None


def addresses() -> Iterator[str]:
    """Addresses of this machine, each for some requests."""
    for number in itertools.count():
        yield from [f"127.0.{20 + number // 250}.{1 + number % 250}"] * REQUESTS_AN_ADDRESS


def pools(door: Door, sources: Iterator[str]) -> Iterator[urllib3.HTTPConnectionPool]:
    """What each request goes through, from its address."""
    for source, group in itertools.groupby(sources):
        with urllib3.HTTPConnectionPool(door.url.host or "", door.url.port, source_address=(source, 0)) as pool:
            for _ in group:
                yield pool


def send(pool: urllib3.HTTPConnectionPool, door: Door, request: hostile.Hostile) -> urllib3.BaseHTTPResponse:
    """The answer; where the throttle of the door was reached, that of another try."""
    headers = dict(request.headers)
    query = f"?{request.query}" if request.query else ""
    if door.credentials:
        headers = door.credentials.headers(door.method, f"{door.url.url}{query}", request.body, headers)
    while True:
        answer = pool.urlopen(door.method, door.url.request_uri + query, request.body, headers, retries=False)
        if answer.status != 429:
            return answer
        time.sleep(0.2)


def faults(answer: urllib3.BaseHTTPResponse) -> list[str]:
    """What is wrong with an answer."""
    if not (200 <= answer.status <= 299 or 400 <= answer.status <= 499):
        return [f"the status is {answer.status}: {answer.data[:300]!r}"]
    try:
        content = json.loads(answer.data)
    except ValueError:
        return [f"{answer.status} is not JSON: {answer.data[:300]!r}"]
    if answer.status < 300:
        return [] if isinstance(content, dict) else [f"{answer.status} is no object: {content!r}"]
    if not isinstance(content, dict) or set(content) != {"message", "errors", "requestId"}:
        return [f"{answer.status} has another shape: {answer.data[:300]!r}"]
    wrong = [error for error in content["errors"] if set(error) != {"index", "field", "reason"}]
    return [f"an error of another shape: {error!r}" for error in wrong[:3]]


@pytest.mark.parametrize(
    "requests_a_door",
    [pytest.param(60, id="some"), pytest.param(1_000, id="full", marks=pytest.mark.full_size)],
)
def test_no_body_breaks_a_door_and_what_is_accepted_is_counted(own_stack: LocalStack, requests_a_door: int) -> None:
    document = api_document.read(own_stack)
    before = accepted(own_stack)
    found: list[str] = []
    taken: collections.Counter[str] = collections.Counter()
    sources = addresses()
    for door in doors(own_stack, document):
        statuses: collections.Counter[int] = collections.Counter()
        bodies = hostile.requests(document, door.operation, requests_a_door, f"{SEED} {door.name}")
        for number, (request, pool) in enumerate(zip(bodies, pools(door, sources), strict=False)):
            answer = send(pool, door, request)
            statuses[answer.status] += 1
            found += [
                f"{door.name}, request {number} {dict(request.headers)} {request.body[:200]!r}: {fault}"
                for fault in faults(answer)
            ]
            if 200 <= answer.status <= 299:
                taken[door.path] += json.loads(answer.data).get("accepted", 0)
        told = f"{door.name}: {sum(statuses.values())} requests, {dict(sorted(statuses.items()))}"
        print(f"{told}, {taken[door.path]} accepted")
        assert set(statuses) - {401, 403}, f"{door.name} let nobody in"
    assert not found, "\n".join(found[:20])

    own_stack.flush()
    for source, path in own_stack.outputs["paths"].items():
        curate_here(own_stack, source)
        [counted] = counts.of(own_stack, (project.contract_of(source),))
        assert counted.fates.adds_up, (source, counted)
        assert counted.fates.accepted - before[source] == taken[path], (source, counted)


def accepted(stack: LocalStack) -> dict[str, int]:
    contracts = [project.contract_of(source) for source in stack.outputs["paths"]]
    return {
        contract.source: found.fates.accepted
        for contract, found in zip(contracts, counts.of(stack, contracts), strict=True)
    }
