"""Sources with `authentication: ldap` before a real directory: who is let in, what others are told, the throttle."""

import base64
import datetime
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3
from typer.testing import CliRunner

from rapid.cli import local_up, project
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from rapid.local.ldap import SAMPLE_PEOPLE, Person, Slapd
from tests import slapd
from tests.deployed import project_folder
from tests.deployed.clouds import found_by_commands, own_cloud
from tests.deployed.events import CLICK, ORDER
from tests.deployed.evidence import rows

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
AUTHORIZERS = f"{GUIDE}/apigateway-use-lambda-authorizer.html"
THROTTLING = f"{GUIDE}/api-gateway-request-throttling.html"
PASSWORD = "sample-password"
PEOPLE = (
    *SAMPLE_PEOPLE,
    Person("waiter", PASSWORD, ("cash-registers",)),
    Person("browser", PASSWORD, ("clickstream",)),
    Person("owner", "Grüße", ("clickstream", "cash-registers")),
)
INSTALL = {
    "event_name": "install",
    "event_time": "2026-03-14 18:30:00.123",
    "appsflyer_id": "1669880000000-1234567",
    "campaign_type": "ua",
    "af_c_id": "summer_2026",
    "media_source": "partner_int",
}
PURCHASE = {
    "event_name": "af_purchase",
    "event_time": "2026-03-14 19:00:00.000",
    "appsflyer_id": "1669880000000-1234567",
    "customer_user_id": "c-1",
    "event_revenue": "4.83729",
    "event_value": '{"af_content_id":"7"}',
}
EVENTS = {"appsflyer": INSTALL, "clickstream": CLICK, "orders": ORDER}
RATE_PER_SECOND, BURST = 4, 40
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def directory() -> Iterator[Slapd]:
    with slapd.started(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def guarded_stack(directory: Slapd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack with two sources that ask for LDAP, one by a function and one direct."""
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(
        folder,
        {"appsflyer", "clickstream", "orders"},
        dashboards="none",
        ldap_url=directory.url,
        ldap_base_dn=directory.base_dn,
        ldap_ca_certificate=directory.ca_certificate,
    )
    guard(folder)
    with own_cloud() as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        project_folder.deploy(folder, url)
        yield LocalStack(url)


def guard(folder: Path) -> None:
    orders, clicks = folder / "sources" / "orders.yaml", folder / "sources" / "clickstream.yaml"
    text = orders.read_text().partition("  - property: quota")[0]
    groups = "  - property: ldapGroups\n    value: [cash-registers]\n"
    orders.write_text(text.replace("value: api_key", "value: ldap") + groups)
    text = re.sub(
        r"value: {ratePerSecond.*", f"value: {{ratePerSecond: {RATE_PER_SECOND}, burst: {BURST}}}", clicks.read_text()
    )
    clicks.write_text(text.replace("value: none", "value: ldap"))


def post(
    stack: LocalStack, source: str, user: str | None = None, password: str = PASSWORD, attempts: int = 5
) -> urllib3.BaseHTTPResponse:
    """Post an event; where the directory does not answer in time, as on a busy machine, again."""
    url = stack.outputs["ingest_url"] + stack.outputs["paths"][source]
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    login = {"Authorization": f"Basic {encoded}"} if user else {}
    for _ in range(attempts):
        answer = urllib3.request("POST", url, json=EVENTS[source], headers=login, retries=False)
        if answer.status != 503:
            break
    return answer


@pytest.mark.parametrize(
    ("user", "password", "opened"),
    [
        ("waiter", PASSWORD, {"orders"}),
        ("browser", PASSWORD, {"clickstream"}),
        ("owner", "Grüße", {"clickstream", "orders"}),
        ("outsider", PASSWORD, set()),
    ],
)
@pytest.mark.aws("API Gateway", "Lambda authorizers", AUTHORIZERS)
def test_groups_open_their_sources_and_no_others_whatever_is_asked_first(
    guarded_stack: LocalStack, user: str, password: str, opened: set[str]
) -> None:
    for source in ("orders", "clickstream", "orders"):
        answer = post(guarded_stack, source, user, password)
        assert (answer.status < 300) == (source in opened), answer.data
        if source not in opened:
            path = guarded_stack.outputs["paths"][source]
            assert answer.status == 403
            assert answer.json()["message"] == f"You may not send to /v1{path}"


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (None, ""),
        ("waiter", "wrong"),
        ("nobody", PASSWORD),
        ("locked", PASSWORD),
        ("expired", PASSWORD),
        ("gone", PASSWORD),
        ("*", PASSWORD),
        ("waiter", ""),
        ("waiter)(uid=*", PASSWORD),
    ],
)
def test_who_cannot_log_in_is_asked_for_a_login(guarded_stack: LocalStack, user: str | None, password: str) -> None:
    answer = post(guarded_stack, "orders", user, password)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert set(answer.json()) == {"message", "errors", "requestId"}


def test_neither_names_nor_passwords_reach_a_log(guarded_stack: LocalStack) -> None:
    def refused() -> int:
        return sum('"outcome": "refused"' in line for line in log_lines(guarded_stack))

    before = refused()
    post(guarded_stack, "orders", "owner", "Grüße")
    post(guarded_stack, "orders", "locked", "a-wrong-password")
    await_(lambda: refused() > before)
    lines = log_lines(guarded_stack)
    assert any('"outcome": "allowed"' in line for line in lines)
    for secret in ("owner", "locked", "Grüße", "a-wrong-password", "dc=shop", "Basic "):
        # "account locked" is a reason.
        assert not [line for line in lines if secret in line.replace("account locked", "")], secret


def log_lines(stack: LocalStack) -> list[str]:
    """The lines of all logs; those of a function come within half a second or so."""
    logs = stack.client("logs")
    return [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
        for event in logs.get_log_events(
            logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"], startFromHead=True
        )["events"]
    ]


def await_(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def test_the_command_sends_with_a_login_from_its_environment(
    guarded_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAPID_LDAP_USER", raising=False)
    refused = CliRunner().invoke(app, ["send", "orders", "--count", "5"])
    assert refused.exit_code == 1
    assert "set RAPID_LDAP_USER and RAPID_LDAP_PASSWORD" in refused.stderr
    monkeypatch.setenv("RAPID_LDAP_USER", "owner")
    monkeypatch.setenv("RAPID_LDAP_PASSWORD", "Grüße")
    sent = CliRunner().invoke(app, ["send", "orders", "--count", "20"])
    assert "20 accepted, 0 refused" in sent.stdout, sent.output


def test_the_curl_line_that_is_printed_asks_for_the_password(guarded_stack: LocalStack) -> None:
    assert " --user USER " in local_up.curl_line(guarded_stack, project.contract_of("orders"))


@pytest.mark.aws("API Gateway", "Throttling", THROTTLING)
def test_the_throttle_of_a_source_is_reached_and_recovers(guarded_stack: LocalStack) -> None:
    with ThreadPoolExecutor(16) as senders:
        statuses = list(senders.map(lambda _: post(guarded_stack, "clickstream", "browser").status, range(4 * BURST)))
    counted = Counter(statuses)
    assert set(counted) == {200, 429}
    # AWS's throttles are best effort, and so is what is known of the time that passed.
    assert counted[200] >= BURST // 2
    assert post(guarded_stack, "orders", "waiter").status == 202
    await_(lambda: post(guarded_stack, "clickstream", "browser").status != 429)


def test_a_directory_that_is_down_lets_in_those_who_are_remembered_and_asks_the_others_to_wait(
    guarded_stack: LocalStack, directory: Slapd
) -> None:
    assert post(guarded_stack, "orders", "waiter").status == 202
    directory.stop()
    try:
        # Another spelling of the same login is another identity.
        answer = post(guarded_stack, "orders", "Waiter", attempts=1)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "could not be checked" in answer.json()["message"]
        assert post(guarded_stack, "orders", "waiter").status == 202
    finally:
        directory.start()
    await_(lambda: unavailable(guarded_stack) >= 1)
    assert post(guarded_stack, "orders", "Waiter").status == 202


def unavailable(stack: LocalStack) -> float:
    """How often the directory could not be asked, by CloudWatch, which reads the lines of logs a little later."""
    metrics, now = stack.client("cloudwatch"), datetime.datetime.now(datetime.UTC)
    found = metrics.list_metrics(Namespace="RapidAnalytics", MetricName="DirectoryUnavailable")["Metrics"]
    if not found:
        return 0
    [metric] = found
    points = metrics.get_metric_statistics(
        **metric,
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now + datetime.timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_appsflyer_logs_in_by_the_one_header_that_it_can_send(guarded_stack: LocalStack) -> None:
    encoded = base64.urlsafe_b64encode(f"appsflyer:{PASSWORD}".encode()).decode().rstrip("=")
    header = f"Basic {encoded}"
    # https://dev.appsflyer.com/hc/reference/authentication-token
    assert re.fullmatch(r"[ \-_.a-zA-Z0-9]*", header)
    url = guarded_stack.outputs["ingest_url"] + "/ingest/appsflyer"
    for push in (INSTALL, PURCHASE):
        answer = urllib3.request("POST", url, json=push, headers={"Authorization": header}, retries=False)
        assert answer.status == 202
    for event, field in (
        ({**PURCHASE, "event_revenue": "much"}, "revenue"),
        ({**PURCHASE, "event_time": "yesterday"}, "timestamp"),
    ):
        answer = urllib3.request("POST", url, json=event, headers={"Authorization": header}, retries=False)
        assert (answer.status, [error["field"] for error in answer.json()["errors"]]) == (400, [field])


def test_appsflyer_may_send_ten_thousand_requests_a_minute(guarded_stack: LocalStack) -> None:
    stage = guarded_stack.client("apigateway").get_stage(restApiId=api_id(guarded_stack), stageName="v1")
    limits = stage["methodSettings"]["~1ingest~1appsflyer/POST"]
    assert limits["throttlingRateLimit"] * 60 == pytest.approx(10_000, abs=1)
    assert limits["throttlingBurstLimit"] >= limits["throttlingRateLimit"]


def api_id(stack: LocalStack) -> str:
    [api] = stack.client("apigateway").get_rest_apis()["items"]
    return str(api["id"])


def test_what_was_accepted_is_counted_and_fills_the_columns(guarded_stack: LocalStack) -> None:
    guarded_stack.flush()
    assert CliRunner().invoke(app, ["etl", "run"]).exit_code == 0
    counted = CliRunner().invoke(app, ["counts", "--json"])
    assert counted.exit_code == 0, counted.output
    columns = "user_id, event_type, campaign_id, timestamp, revenue"
    assert rows(guarded_stack, f"SELECT {columns} FROM appsflyer ORDER BY timestamp") == [
        ("1669880000000-1234567", "install", "summer_2026", "2026-03-14 18:30:00.123000", None),
        ("c-1", "af_purchase", None, "2026-03-14 19:00:00.000000", "4.84"),
    ]
    assert rows(guarded_stack, "SELECT typeof(revenue) FROM appsflyer WHERE revenue IS NOT NULL") == [
        ("decimal(10,2)",)
    ]
    [(install,), (purchase,)] = rows(guarded_stack, "SELECT extra FROM appsflyer ORDER BY timestamp")
    assert json.loads(install or "") == {"campaign_type": "ua", "media_source": "partner_int"}
    assert json.loads(purchase or "") == {name: PURCHASE[name] for name in ("appsflyer_id", "event_value")}


def test_without_a_directory_there_is_no_path_and_the_command_says_why(stack: LocalStack) -> None:
    assert "appsflyer" in stack.outputs["sources"]
    assert "appsflyer" not in stack.outputs["paths"]
    ended = CliRunner().invoke(app, ["send", "appsflyer", "--count", "1"])
    assert ended.exit_code == 1
    assert "no directory is configured; docs/ldap.md" in ended.stderr


def test_a_smoke_test_opens_the_door_with_a_login_and_is_told_where_there_is_none(
    guarded_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAPID_LDAP_USER", raising=False)
    refused = CliRunner().invoke(app, ["smoke", "appsflyer"])
    assert refused.exit_code == 1
    assert "set RAPID_LDAP_USER and RAPID_LDAP_PASSWORD in the environment" in refused.stderr
    monkeypatch.setenv("RAPID_LDAP_USER", "appsflyer")
    monkeypatch.setenv("RAPID_LDAP_PASSWORD", PASSWORD)
    passed = CliRunner().invoke(app, ["smoke", "appsflyer", "--curate"])
    assert passed.exit_code == 0, passed.output
    assert "1 sent, 1 in appsflyer_now" in passed.stdout
