"""A guest's browser puts events onto the stream by itself: web/guest-sender.js in a real browser, across origins."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from rapid.cli import project
from rapid.cli.counts import command as counts
from rapid.cli.target import LocalStack
from rapid.cost.assumptions import GUEST_ENVELOPE_BYTES
from tests.deployed.evidence import curate, objects, rows

PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html"
CLICK = {"time_spent": 3, "source_menu": "soups", "created_at": "2026-03-14T18:30:00Z"}

pytestmark = pytest.mark.aws("Cognito", "Calls from web pages", PAGE)


def settings(stack: LocalStack, source: str = "clickstream", **changes: str) -> str:
    """What the module's function takes."""
    found = {
        "identityPoolId": stack.outputs["identity_pool_id"],
        "stream": stack.outputs["streams"][source],
        "endpoints": {"cognito": f"{stack.endpoint_url}/", "firehose": f"{stack.endpoint_url}/"},
    }
    return json.dumps(found | changes)


def sending(stack: LocalStack, events: str, **changes: str) -> str:
    return f"""
        const {{ guestSender }} = await import("/guest-sender.js");
        await guestSender({settings(stack, **changes)})({events});
        return {{sent: true}};
    """


def test_a_page_sends_clicks_that_arrive_once_each_in_the_curated_table(
    own_stack: LocalStack, run_page: Callable[[str], Any]
) -> None:
    click = json.dumps(CLICK)
    events = f"Array.from({{length: 700}}, (_, n) => ({{...{click}, element_clicked: `entrée_${{n}}`}}))"
    assert run_page(sending(own_stack, events)) == {"sent": True}
    assert curate(own_stack, "clickstream")["rows_added"] == 700
    [(events_found, ids, elements)] = rows(
        own_stack, "SELECT count(*), count(DISTINCT ingest_id), count(DISTINCT element_clicked) FROM clickstream"
    )
    assert (events_found, ids, elements) == ("700", "700", "700")
    [(guests,)] = rows(own_stack, "SELECT count(*) FROM clickstream WHERE ingest_id LIKE 'guest-%'")
    assert guests == "700"
    for content in objects(own_stack, "raw_bucket", "clickstream/"):
        for line in gzip.decompress(content).splitlines(keepends=True):
            body = json.dumps(json.loads(line)["body"], separators=(",", ":"), ensure_ascii=False)
            assert len(line) - len(body.encode()) == GUEST_ENVELOPE_BYTES


def test_the_clock_of_a_phone_may_be_wrong(own_stack: LocalStack, run_page: Callable[[str], Any]) -> None:
    yesterday = """
        const Right = Date;
        globalThis.Date = class extends Right {
          constructor(...time) { super(...(time.length ? time : [Date.now()])); }
          static now() { return Right.now() - 86_400_000; }
        };
    """
    assert run_page(yesterday + sending(own_stack, json.dumps([CLICK]))) == {"sent": True}


def test_a_page_cannot_put_anything_onto_another_source_s_stream(
    own_stack: LocalStack, run_page: Callable[[str], Any]
) -> None:
    told = run_page(sending(own_stack, "[{}]", source="orders"))
    assert "AccessDeniedException" in told["error"]
    assert "is not authorized to perform: firehose:PutRecordBatch" in told["error"]


def test_a_page_with_the_id_of_no_pool_is_told_so(own_stack: LocalStack, run_page: Callable[[str], Any]) -> None:
    absent = f"{own_stack.region}:00000000-0000-0000-0000-000000000000"
    told = run_page(sending(own_stack, "[{}]", identityPoolId=absent))
    assert "ResourceNotFoundException" in told["error"]


def test_a_page_posts_through_the_api_as_well(own_stack: LocalStack, run_page: Callable[[str], Any]) -> None:
    url = own_stack.outputs["ingest_url"] + own_stack.outputs["paths"]["clickstream"]
    click = json.dumps({**CLICK, "element_clicked": "by the API"})
    told = run_page(f"""
        const headers = {{"content-type": "application/json"}};
        const answer = await fetch({url!r}, {{method: "POST", headers, body: JSON.stringify({click})}});
        return await answer.json();
    """)
    assert told["accepted"] == 1


def test_all_that_pages_sent_is_counted(own_stack: LocalStack) -> None:
    curate(own_stack, "clickstream")
    [counted] = counts.of(own_stack, (project.contract_of("clickstream"),))
    assert counted.fates.adds_up, counted
