"""The commands as a user runs them, against an HTTP server of the test's own."""

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from contracts import load_all
from rapid.cli import backoff, send
from rapid.cli.app import app
from rapid.cli.counts import command as counts
from rapid.cli.ingest_client import IngestClient
from rapid.cli.outcome import Outcome

from .conftest import Answer, Cloud, Request, Server

SOURCES = Path(__file__).parents[3] / "sources"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE_DELAY_SECONDS", 0.0)


@pytest.fixture
def pulumi_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that prints its arguments and outputs as the real one does; nothing else is on the PATH."""
    program = tmp_path / "pulumi"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "secret = 'sesame' if '--show-secrets' in sys.argv else '[secret]'\n"
        "print(json.dumps({'api_key': secret, 'arguments': sys.argv[1:]}))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    return program


def test_outputs_are_listed_as_pulumi_lists_them_with_secrets_masked(cloud: Cloud) -> None:
    result = run("outputs")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "Current stack outputs (6):",
        "    OUTPUT        VALUE",
        "    api_key       [secret]",
    ]
    assert '    paths         {"orders": "/events"}' in result.stdout
    assert f"    endpoint_url  {cloud.server.url}" in result.stdout
    assert "sesame" not in result.stdout


def test_secrets_are_shown_when_asked_for(cloud: Cloud) -> None:
    assert json.loads(run("outputs", "--json", "--show-secrets").stdout)["api_key"] == "sesame"
    assert json.loads(run("outputs", "--json").stdout)["api_key"] == "[secret]"


def test_one_output_is_printed_alone(cloud: Cloud) -> None:
    assert run("outputs", "ingest_url").stdout == f"{cloud.server.url}/api/dev\n"
    assert run("outputs", "api_key").stdout == "[secret]\n"
    assert run("outputs", "api_key", "--show-secrets").stdout == "sesame\n"


def test_an_unknown_output_is_refused_naming_the_known_ones(cloud: Cloud) -> None:
    result = run("outputs", "url")
    assert result.exit_code == 1
    assert "the stack has no output 'url'; it has: api_key, database," in result.stderr


def test_a_stack_that_was_not_deployed_is_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_STACK", "prod")
    result = run("outputs")
    assert result.exit_code == 1
    assert f"no stack 'prod' is deployed on {cloud.server.url}" in result.stderr


def test_without_a_local_cloud_the_outputs_are_those_of_the_pulumi_stack(pulumi_cli: Path) -> None:
    masked = json.loads(run("outputs", "--json").stdout)
    assert masked == {"api_key": "[secret]", "arguments": ["stack", "output", "--json"]}
    assert run("outputs", "api_key", "--show-secrets").stdout == "sesame\n"


def test_a_pulumi_cli_that_is_missing_is_said_with_what_to_do(pulumi_cli: Path) -> None:
    os.remove(pulumi_cli)
    result = run("outputs")
    assert result.exit_code == 1
    assert "the Pulumi CLI" in result.stderr
    assert "rapid local up" in result.stderr


def test_what_the_pulumi_cli_complains_about_is_passed_on(pulumi_cli: Path) -> None:
    pulumi_cli.write_text("#!/bin/sh\necho 'error: no stack selected' >&2; exit 255\n")
    result = run("outputs")
    assert result.exit_code == 1
    assert "`pulumi stack output --json` failed: error: no stack selected" in result.stderr


def test_an_endpoint_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    for command in (["outputs"], ["local", "flush"], ["query", "SELECT 1"], ["send", "orders", "--count", "1"]):
        result = run(*command)
        assert result.exit_code == 1
        assert f"no local cloud answers at {server.url} (from AWS_ENDPOINT_URL)" in result.stderr


def test_flush_says_how_many_records_were_delivered(cloud: Cloud) -> None:
    assert run("local", "flush").stdout == "Delivered 7 records, each of one event or more.\n"


def test_flush_says_what_became_of_records_that_were_not_delivered(cloud: Cloud) -> None:
    cloud.flushed = {"dropped_records": 2, "failed_records": 1}
    assert run("local", "flush").stdout == (
        "Delivered 0 records, each of one event or more.\n"
        "2 records brought the table nothing: the events are in quarantine, which `rapid errors list` counts, or the "
        "contract's filter keeps them out.\n"
        "1 record failed: `rapid errors list` says why.\n"
    )


def test_flush_tells_what_a_migration_mirrored_from_what_is_in_quarantine(cloud: Cloud) -> None:
    cloud.outputs |= {"migration": {"followers": {"orders": "orders"}}}
    cloud.flushed = {"dropped_records": 2}
    assert run("local", "flush").stdout == (
        "Delivered 0 records, each of one event or more.\n"
        "2 records came to the first lake by Kinesis, and it has the events already: they were mirrored for the "
        "streaming lake, or are in quarantine.\n"
    )


def test_to_count_a_source_that_is_not_deployed_says_to_deploy(cloud: Cloud) -> None:
    cloud.outputs |= dict.fromkeys(counts._OUTPUTS, "") | {"streams": {}, "sources": []}
    result = run("counts", "orders")
    assert result.exit_code == 1
    assert "error: not deployed: orders; deploy: `pulumi up`, or `rapid local deploy` on a local cloud" in result.stderr


def test_a_tick_prints_what_ran_and_until_when(cloud: Cloud) -> None:
    result = run("local", "tick", "2030-01-02T00:00:00Z")
    assert result.stdout == (
        "2030-01-01T00:00:00Z  arn:schedule: arn:queue delivered\n1 run until 2030-01-02T00:00:00Z.\n"
    )


def test_a_tick_to_what_is_no_time_says_why(cloud: Cloud) -> None:
    result = run("local", "tick", "soon")
    assert (result.exit_code, result.stderr) == (1, "error: 'soon' is no time\n")


def test_generated_events_are_sent_in_batches_each_with_an_id(cloud: Cloud) -> None:
    result = run("send", "orders", "--count", "1200")
    assert result.exit_code == 0
    assert "1200 accepted, 0 refused, 0 requests sent again" in result.stdout
    sizes = [len(request.json) for request in cloud.server.requests if request.path == "/api/dev/events"]
    assert sizes == [500, 500, 200]
    assert len({event["event_id"] for event in cloud.posted}) == 1200
    assert {request.headers["x-api-key"] for request in cloud.server.requests if request.method == "POST"} == {"sesame"}


def test_the_batch_size_can_be_smaller(cloud: Cloud) -> None:
    run("send", "orders", "--count", "5", "--batch", "2")
    assert [len(request.json) for request in cloud.server.requests if request.method == "POST"] == [2, 2, 1]


def test_a_batch_sent_again_repeats_the_same_ids(cloud: Cloud) -> None:
    answers = iter([Answer(503, {}), Answer(202, {"accepted": 3, "errors": []})])
    cloud.api = lambda _request: next(answers)
    result = run("send", "orders", "--count", "3")
    assert result.exit_code == 0
    assert "3 accepted, 0 refused, 1 requests sent again" in result.stdout
    assert cloud.posted[:3] == cloud.posted[3:]


def test_a_file_is_sent_and_events_without_an_id_get_one(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text('{"event_id": "mine", "price": 1}\n{"price": 2}\n3\n')
    assert run("send", "orders", "--file", str(file)).exit_code == 0
    mine, given_one, number = cloud.posted
    assert mine == {"event_id": "mine", "price": 1}
    assert given_one["price"] == 2
    assert len(given_one["event_id"]) == 36
    assert number == 3


def test_an_id_under_another_name_of_the_contract_is_kept() -> None:
    [orders] = [contract for contract in load_all(SOURCES) if contract.source == "orders"]
    key = replace(orders.primary_key, aliases=("orderId",))
    contract = replace(orders, primary_key=key, fields=(key, *orders.fields[1:]))
    assert list(send._identified(contract, [{"orderId": "mine"}])) == [{"orderId": "mine"}]


def test_a_file_whose_values_must_be_hashed_is_not_uploaded_since_the_job_would_refuse_it(
    cloud: Cloud, tmp_path: Path
) -> None:
    file = tmp_path / "users.csv"
    file.write_text("name,address\nAda,Street\n")
    result = run("send", "users", "--file", str(file))
    assert (result.exit_code, cloud.posted) == (1, [])
    assert "hashes contact" in result.stderr


def test_refused_events_are_listed_by_their_place_in_the_whole_input(cloud: Cloud) -> None:
    def refuse_the_last(request: Request) -> Answer:
        last = len(request.json) - 1
        return Answer(202, {"accepted": last, "errors": [{"index": last, "field": "price", "reason": "is missing"}]})

    cloud.api = refuse_the_last
    result = run("send", "orders", "--count", "30", "--batch", "3")
    assert result.exit_code == 1
    assert "20 accepted, 10 refused" in result.stdout
    for index in (2, 5):
        assert f"  event {index} (counted from 0): price is missing\n" in result.stdout
    assert "... and more" in result.stdout


def test_a_batch_that_cannot_be_sent_stops_and_says_where(cloud: Cloud) -> None:
    answers = iter([Answer(202, {"accepted": 2, "errors": []})])
    cloud.api = lambda _request: next(answers, Answer(403, {"message": "Forbidden"}))
    result = run("send", "orders", "--count", "10", "--batch", "2")
    assert result.exit_code == 1
    assert "2 accepted" in result.stdout
    assert "8 events not sent, from event 2 on (counted from 0): 403 Forbidden" in result.stderr
    assert len(cloud.posted) == 4


def test_sending_that_is_interrupted_says_what_was_accepted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([Outcome(4, [], [], 0)])

    def send_once(_client: IngestClient, _events: list[object]) -> Outcome:
        try:
            return next(outcomes)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(IngestClient, "send", send_once)
    result = run("send", "orders", "--count", "10", "--batch", "4")
    assert result.exit_code == 1
    assert "4 accepted" in result.stdout
    assert "6 events not sent, from event 4 on (counted from 0): interrupted" in result.stderr


def test_a_file_with_an_error_sends_nothing(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text('{"price": 2}\n{"price": \n')
    result = run("send", "orders", "--file", str(file))
    assert result.exit_code == 1
    assert f"error: {file}, line 2" in result.stderr
    assert cloud.posted == []


@pytest.mark.parametrize("arguments", [[], ["--count", "1", "--file", "x"]])
def test_a_file_or_a_count_is_needed(arguments: list[str]) -> None:
    result = run("send", "orders", *arguments)
    assert result.exit_code == 1
    assert "either --file FILE or --count N" in result.stderr


def test_an_unknown_source_is_refused_naming_the_known_ones(direct_source: str) -> None:
    result = run("send", "oders", "--count", "1")
    assert result.exit_code == 1
    assert "there is no source 'oders'; known are: clicks, orders" in result.stderr


def test_a_source_that_was_not_deployed_is_refused(cloud: Cloud) -> None:
    cloud.outputs["paths"] = {"feedback": "/feedback"}
    result = run("send", "orders", "--count", "1")
    assert result.exit_code == 1
    assert "the deployed stack has no source 'orders' (it has: feedback)" in result.stderr


def test_a_direct_source_gets_one_event_a_request_each_with_an_id_and_no_key(
    cloud: Cloud, direct_source: str, tmp_path: Path
) -> None:
    cloud.direct = lambda _request: Answer(200, {"accepted": 1, "errors": [], "requestId": "1"})
    file = tmp_path / "clicks.ndjson"
    file.write_text('{"menuItem": "a", "event_id": "mine"}\n{"menuItem": "b"}\n')
    result = run("send", direct_source, "--file", str(file))
    assert (result.exit_code, "2 accepted, 0 refused" in result.stdout) == (0, True)
    requests = [request for request in cloud.server.requests if request.path == "/api/dev/poc"]
    events = {request.json["menuItem"]: request.json["event_id"] for request in requests}
    assert events["a"] == "mine"
    assert len(events["b"]) == 36
    assert not any("x-api-key" in request.headers for request in requests)


def test_a_direct_event_that_is_sent_again_keeps_its_id(cloud: Cloud, direct_source: str) -> None:
    answers = iter([Answer(503, {}), Answer(200, {"accepted": 1})])
    cloud.direct = lambda _request: next(answers)
    assert "1 accepted, 0 refused, 1 requests sent again" in run("send", direct_source, "--count", "1").stdout
    first, again = (request.json for request in cloud.server.requests if request.path == "/api/dev/poc")
    assert first == again


def test_large_events_make_smaller_batches(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text((json.dumps({"menuItem": "x" * 300_000}) + "\n") * 7)
    run("send", "orders", "--file", str(file))
    assert [len(request.json) for request in cloud.server.requests if request.method == "POST"] == [3, 3, 1]


def test_a_port_in_use_is_refused_naming_the_port_and_another(server: Server) -> None:
    result = run("local", "up", "--port", str(server.port))
    assert result.exit_code == 1
    assert f"port {server.port} is in use by another program (`lsof -i :{server.port}` names it)" in result.stderr
    assert f"--port {server.port + 1}" in result.stderr


def test_a_port_in_use_by_a_local_cloud_says_so(cloud: Cloud) -> None:
    result = run("local", "up", "--port", str(cloud.server.port))
    assert f"port {cloud.server.port} is in use by another local cloud" in result.stderr


def test_help_is_there_for_every_command() -> None:
    for command in ([], ["local"], ["local", "up"], ["local", "flush"], ["outputs"], ["send"], ["query"]):
        assert run(*command, "--help").exit_code == 0
