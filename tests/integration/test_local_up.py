"""`rapid local up` as a user runs it: a process of its own, its output, its exit status."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from tests.free_port import free_port

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 600


@pytest.fixture
def port() -> int:
    return free_port()


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    return subprocess.Popen(
        [sys.executable, "-m", "rapid", "local", "up", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(process: subprocess.Popen[str], beginning: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(beginning):
            return lines
    raise AssertionError(f"never said {beginning!r}: {''.join(lines)}")


def test_once_checks_that_sql_returns_what_was_sent_and_ends_with_status_0(port: int) -> None:
    process = start("--once", "--port", str(port))
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output + errors
    assert "1000 accepted, 0 refused" in output
    assert "/?store=store1&table=table4\n" in output
    assert "/menu/store1?table=table4\n" in output
    assert "400 accepted, 0 refused" in output
    sources = ("clickstream", "events", "feedback", "google_analytics", "orders", "survey", "users")
    for table, figures in ((source, 10 if source == "orders" else 2) for source in sources):
        for zone in ("processed", "curated"):
            check = output.partition(f"Check of {table}_{zone}:")[2].partition("Check of")[0]
            assert f"{figures} of {figures} figures are equal." in check, check
    # Before these sources: appsflyer and campaign_costs, which get no samples.
    fates = [line.split() for line in output.partition("What became of all events")[2].splitlines()]
    assert ["accepted", "0", "0", "400", "1,000", "100", "200", "1,000", "10", "1,000"] in fates
    assert ["unaccounted", "0", "0", *("0" for _ in sources)] in fates
    assert ["adds", "up", "yes", "yes", *("yes" for _ in sources)] in fates
    assert "DIFFERENT" not in output
    dashboards = output.partition("\nDashboards:\n\n")[2].partition("\n")[0]
    assert dashboards == f"http://127.0.0.1:{port}/sn/start/dashboards"
    assert "curl -H 'x-api-key: " in output
    assert "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream" in errors


def test_without_once_it_stays_up_until_ctrl_c_and_ends_with_status_0(port: int) -> None:
    process = start("--no-sample", "--port", str(port))
    read_until(process, f"Up at http://127.0.0.1:{port}")
    environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "PULUMI_STACK": "dev"}
    rapid = [sys.executable, "-m", "rapid"]
    sent = subprocess.run([*rapid, "send", "orders", "--count", "3"], cwd=ROOT, env=environment, check=False)
    assert sent.returncode == 0
    views = [[*rapid, "query", f"SELECT count(*) FROM {view}"] for view in ("orders", "orders_now", "clickstream")]
    assert [subprocess.run(view, cwd=ROOT, env=environment, check=False).returncode for view in views] == [0, 0, 0]
    dashboard = f"http://127.0.0.1:{port}/sn/dashboards/rapid-analytics-dev-restaurant/data"
    assert urllib3.request("GET", dashboard).json()["importedAt"], "what dashboards show was not imported"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_stack_that_cannot_be_deployed_is_an_error_and_nothing_stays_up(port: int) -> None:
    process = start("--stack", "nowhere", "--port", str(port))
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "Pulumi.nowhere.yaml does not exist" in errors
    assert "Traceback" not in errors
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
