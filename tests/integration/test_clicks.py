"""The direct path from end to end: the five payloads of the clickstream guide, byte for byte, by curl."""

import json
import os
import shlex
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
import urllib3
from typer.testing import CliRunner

from rapid.cli import athena, project
from rapid.cli.app import app
from rapid.cli.counts import command as counts
from rapid.cli.counts.fates import Fates
from rapid.cli.local_up import curl_line
from rapid.cli.target import LocalStack
from tests.deployed.events import CLICK
from tests.deployed.evidence import curate, curate_here, objects, rows

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("click_*.json"))
"""As the guide has them: en dashes in the dates, and `createdAt` in the third."""


def url(stack: LocalStack) -> str:
    return stack.outputs["ingest_url"] + stack.outputs["paths"]["clickstream"]


def curl(stack: LocalStack, payload: Path) -> tuple[int, str]:
    """Post a file with curl as it is; status and body. Without curl the test is skipped, in CI it posts by itself."""
    if shutil.which("curl") is None:
        if not os.environ.get("CI"):
            pytest.skip("curl is not installed: the payloads were NOT posted")
        answer = urllib3.request("POST", url(stack), body=payload.read_bytes(), headers={"content-type": JSON})
        return answer.status, answer.data.decode()
    command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", "--header", f"Content-Type: {JSON}"]
    done = subprocess.run(
        [*command, "--data-binary", f"@{payload}", url(stack)], capture_output=True, text=True, check=True
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


JSON = "application/json"


def test_the_payloads_are_the_guide_s_with_their_en_dashes() -> None:
    contents = [payload.read_bytes() for payload in PAYLOADS]
    assert len(contents) == 5
    assert all("\u2013".encode() in content for content in contents)
    assert [b"createdAt" in content for content in contents] == [False, False, True, False, False]


def test_the_five_payloads_are_accepted_and_end_up_typed_in_the_table(own_stack: LocalStack) -> None:
    answers = [curl(own_stack, payload) for payload in PAYLOADS]
    assert [status for status, _ in answers] == [200] * 5
    assert [json.loads(body)["accepted"] for _, body in answers] == [1] * 5
    assert curate(own_stack, "clickstream")["rows_added"] == 5

    result = athena.run(own_stack, "SELECT * FROM clickstream")
    types = {column.name: column.type for column in result.columns}
    assert (types["time_spent"], types["created_at"]) == ("bigint", "timestamp")
    found = [dict(zip(types, row, strict=True)) for row in result.rows]
    expected = {("entree_1", "67"), ("entree_1", "12"), ("entree_4", "32"), ("drink_1", "15"), ("drink_3", "14")}
    assert {(row["element_clicked"], row["time_spent"]) for row in found} == expected
    assert len(found) == 5
    assert {row["source_menu"] for row in found} == {"restaurant_name"}
    moment = rows(own_stack, "SELECT count(*) FROM clickstream WHERE created_at = TIMESTAMP '2022-09-11 23:00:00'")
    assert moment == [("5",)]


def test_the_gateway_itself_refuses_a_click_without_a_required_field_and_names_it(own_stack: LocalStack) -> None:
    answer = urllib3.request("POST", url(own_stack), json={"element_clicked": "a", "created_at": "2022-09-11"})
    assert answer.status == 400
    assert "time_spent" in answer.headers["X-Validation-Error"]


def test_what_the_gateway_cannot_see_is_answered_200_and_quarantined_with_its_reason(own_stack: LocalStack) -> None:
    click = {"element_clicked": "a", "time_spent": 1, "created_at": "yesterday", "event_id": "unclear"}
    assert urllib3.request("POST", url(own_stack), json=click).status == 200
    own_stack.flush()
    [bad] = [json.loads(content) for content in objects(own_stack, "quarantine_bucket", "clickstream/")]
    assert bad["event"] == click
    assert [error["field"] for error in bad["errors"]] == ["created_at"]


def test_the_curl_line_that_is_printed_needs_no_key_and_is_accepted_as_it_stands(own_stack: LocalStack) -> None:
    words = shlex.split(curl_line(own_stack, project.contract_of("clickstream")))
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    assert headers == {"content-type": JSON}
    body = words[words.index("-d") + 1]
    assert urllib3.request("POST", words[-1], body=body.encode(), headers=headers).status == 200


def settled(stack: LocalStack) -> Fates:
    curate_here(stack, "clickstream")
    [counted] = counts.of(stack, (project.contract_of("clickstream"),))
    return counted.fates


def test_an_array_posted_as_a_page_does_is_told_apart_event_by_event(own_stack: LocalStack) -> None:
    before = settled(own_stack)
    visit = uuid.uuid4().hex
    clicks = [{**CLICK, "event_id": f"{visit}-{number}", "time_spent": number} for number in range(12)]
    clicks[7]["time_spent"] = "long"
    del clicks[8]["event_id"]
    headers = {"content-type": "text/plain;charset=UTF-8", "idempotency-key": visit}
    body = json.dumps(clicks)
    answers = [urllib3.request("POST", url(own_stack), body=body, headers=headers) for _ in range(2)]
    assert [(answer.status, answer.json()["accepted"]) for answer in answers] == [(200, 12)] * 2

    after = settled(own_stack)
    assert after.adds_up, after
    gained = [
        getattr(after, fate) - getattr(before, fate) for fate in ("accepted", "curated", "duplicate", "quarantined")
    ]
    assert gained == [24, 11, 11, 2]
    sql = f"SELECT ingest_id, time_spent FROM clickstream_curated WHERE event_id = '{visit}-8'"
    request_ids = [answer.json()["requestId"] for answer in answers]
    assert rows(own_stack, sql)[0] in [(f"{request_id}-8", "8") for request_id in request_ids]
    told = CliRunner().invoke(app, ["trace", f"{request_ids[1]}-7"])
    assert (told.exit_code, "Now: quarantined" in told.output) == (0, True), told.output
    of_request = json.loads(CliRunner().invoke(app, ["trace", request_ids[0], "--json"]).stdout)
    assert len(of_request["events"]) == 12
