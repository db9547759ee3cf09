"""Alarms, the topic that they tell, the count of job runs, the dashboard: as the whole program has them."""

import ast
import json
import re
import runpy
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace

import pytest

from components import names
from components.operations import alarm, job_alarms
from components.operations.alarm import Alarm, Metric, split
from components.operations.delivery_alarms import Read, delivery_alarms, silence_alarms
from contracts.views import RECENT_HOURS
from etl.jobs import metrics as job_metrics
from rapid.cost import prices
from rapid.local.cloudwatch import embedded_metrics, metric_math
from settings import MAX_CURATE_INTERVAL_MINUTES
from tests.unit.components import engine
from tests.unit.test_program import ROOT, program

TOPIC = f"arn:aws:sns:{engine.REGION}:{engine.ACCOUNT}:operations-topic"
EMAIL = "operations@example.com"
WIDGETS = {
    "text": {"markdown"},
    "alarm": {"title", "alarms"},
    "metric": {"title", "region", "view", "stat", "period", "yAxis", "metrics"},
    "log": {"title", "region", "view", "query"},
}


PHASES = ("side_by_side", "cut_over", "decommissioned")


@pytest.fixture(scope="module")
def stack():
    return engine.run(program(), config={"notification_email": EMAIL})


@cache
def moving(phase):
    """A stack of two sources, which tell as much of a phase as all do."""
    return engine.run(program(), config={"migration": phase, "sources": "clickstream,orders"})


def body_of(stack):
    return json.loads(stack.one("Dashboard").inputs["dashboardBody"])


def charts(stack):
    """By title the metrics of each chart of the dashboard, without what is only shown of them."""
    found = [it["properties"] for it in body_of(stack)["widgets"] if it["type"] == "metric"]
    return {chart["title"]: [metric[:-1] for metric in chart["metrics"]] for chart in found}


def alarms(stack):
    return {resource.name.removeprefix("operations-"): resource.inputs for resource in stack.of("MetricAlarm")}


def metrics_of(inputs):
    """The metrics that an alarm watches: namespace, name, dimensions."""
    queries = [query["metric"] for query in inputs.get("metricQueries", ()) if "metric" in query]
    return [(it["namespace"], it["metricName"], it["dimensions"]) for it in queries or [inputs]]


def test_every_alarm_tells_the_topic_when_it_rings_and_when_it_is_over(stack):
    for kind, inputs in alarms(stack).items():
        assert inputs["alarmActions"] == inputs["okActions"] == [TOPIC], kind
        assert inputs["name"] == f"rapid-analytics-dev-{kind}"
        assert inputs["treatMissingData"] in ("notBreaching", "breaching")


def test_an_alarm_says_what_it_means_what_to_do_first_and_where_more_stands(stack):
    for kind, inputs in alarms(stack).items():
        section = re.sub(r"-\d+$", "", kind)
        assert re.fullmatch(rf".+\. First: .+ docs/runbook\.md#{section}", inputs["alarmDescription"]), kind
        assert len(inputs["alarmDescription"]) <= 1024


def test_the_runbook_has_a_section_for_each_alarm_and_none_for_another(stack):
    runbook = (ROOT / alarm.RUNBOOK).read_text(encoding="utf-8").partition("\n## What no alarm tells")[0]
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", runbook, re.MULTILINE | re.DOTALL))
    named = {inputs["alarmDescription"].rpartition("#")[2] for inputs in alarms(stack).values()}
    assert set(sections) == named | {"silent", "reading-late"}
    for section, text in sections.items():
        marks = re.findall(r"^- \*\*(.+?):\*\*", text, re.MULTILINE)
        assert marks == ["Means", "Look", "Do", "Over when"], section


def test_silence_is_told_where_a_contract_says_how_often_events_come():
    [found] = silence_alarms(
        [(SimpleNamespace(source="orders", frequency_hours=24), "IncomingRecords", "orders-stream")]
    )

    assert found.kind == "silent-orders"
    assert found.description.endswith("docs/runbook.md#silent")
    assert (found.period_seconds * found.periods, found.missing.value) == (24 * 3600, "breaching")
    assert silence_alarms([(SimpleNamespace(source="orders", frequency_hours=None), "IncomingRecords", "stream")]) == []


def test_the_stack_says_which_alarms_it_has(stack):
    assert set(stack.outputs["alarms"]) == {inputs["name"] for inputs in alarms(stack).values()}
    assert stack.outputs["alarm_topic_arn"] == TOPIC


def test_every_function_every_job_and_every_stream_is_watched(stack):
    watched = [dimensions for inputs in alarms(stack).values() for _, _, dimensions in metrics_of(inputs)]
    for resource in stack.of("Function"):
        assert {"FunctionName": f"{resource.name}-1a2b3c4"} in watched, resource.name
    for resource in stack.of("Job"):
        assert {"Stack": "rapid-analytics/dev", "JobName": f"{resource.name}-1a2b3c4"} in watched, resource.name
    for resource in stack.of("FirehoseDeliveryStream"):
        assert {"DeliveryStreamName": f"{resource.name}-1a2b3c4"} in watched, resource.name


@pytest.mark.parametrize("phase", PHASES)
def test_while_a_stack_moves_every_stream_of_both_lakes_is_watched_and_records_are_counted_where_all_doors_lead(phase):
    metrics = [found for inputs in alarms(moving(phase)).values() for found in metrics_of(inputs)]
    late = {dimensions["DeliveryStreamName"] for _, name, dimensions in metrics if name == "DeliveryToS3.DataFreshness"}

    streams = moving(phase).of("FirehoseDeliveryStream")
    assert late == {f"{resource.name}-1a2b3c4" for resource in streams}
    behind = {it["DeliveryStreamName"] for _, name, it in metrics if name == "KinesisMillisBehindLatest"}
    assert behind == {f"{it.name}-1a2b3c4" for it in streams if it.inputs.get("kinesisSourceConfiguration")}
    of_stream = "streaming-orders-stream" if phase == "decommissioned" else "orders-follower-stream"
    counted = ["AWS/Firehose", "DataReadFromKinesisStream.Records", "DeliveryStreamName", f"{of_stream}-1a2b3c4"]
    assert counted in charts(moving(phase))["Records into streams"]


def test_the_runbook_says_how_many_metrics_are_watched_and_how_many_more_while_a_stack_moves(stack):
    side_by_side = engine.run(program(), config={"migration": "side_by_side"})
    usual, more = (sum(len(metrics_of(it)) for it in alarms(found).values()) for found in (stack, side_by_side))
    told = [line.split("|")[2:4] for line in (ROOT / "docs/runbook.md").read_text().splitlines()]
    [(_, dollars)] = prices.price_list().prices["cloudwatch_alarms"].tiers
    for number in (usual, more - usual):
        assert [f" {number} ", f" {number * dollars:.2f} "] in told


@pytest.mark.parametrize("phase", PHASES)
def test_while_a_stack_moves_each_curate_job_is_missed_when_it_does_not_run(phase):
    silent = [
        metrics_of(inputs) for kind, inputs in alarms(moving(phase)).items() if kind.startswith("curation-silent")
    ]
    jobs = {dimensions["JobName"].removesuffix("-1a2b3c4") for [(_, _, dimensions)] in silent}
    assert jobs == {"streaming-curation-job", *({"curation-job"} if phase != "decommissioned" else ())}


def reading_alarms(*read):
    return [it for it in delivery_alarms(["old"], read) if it.kind.startswith("reading-late")]


def test_there_is_an_alarm_of_readers_for_as_many_data_streams_as_one_takes_and_none_where_there_are_none():
    assert reading_alarms() == []
    found = reading_alarms(*(Read(f"stream-{number}", ["follower", "new"]) for number in range(4)))
    assert [(it.kind, len(it.metrics)) for it in found] == [("reading-late", 9), ("reading-late-2", 3)]
    assert {it.description.rpartition("#")[2] for it in found} == {"reading-late"}


@pytest.mark.parametrize(
    ("put", "behind", "rings"),
    [
        pytest.param(5.0, 0.0, False, id="it reads"),
        pytest.param(5.0, 3_600_000.0, False, id="an hour behind"),
        pytest.param(5.0, 3_600_001.0, True, id="more than an hour behind"),
        pytest.param(None, 7_200_000.0, True, id="behind, and nothing new is put"),
        pytest.param(5.0, None, True, id="nothing is read of what is put"),
        pytest.param(None, 0.0, False, id="nothing is put, and it reads"),
        pytest.param(None, None, False, id="nothing is put, and nothing read"),
    ],
)
def test_an_hour_is_bad_in_which_a_reader_was_an_hour_behind_or_read_nothing_of_what_was_put(put, behind, rings):
    [found] = reading_alarms(Read("stream", ["follower", "new"]))
    told = {"m0": put, "m1": 0.0 if put else None, "m2": behind}
    series = {name: {} if value is None else {0: value} for name, value in told.items()}
    value = metric_math.parse(found.expression).evaluate(metric_math.Context(series, [0]))
    assert (value.get(0, 0.0) > found.threshold) is rings


def test_no_metric_of_another_stack_is_watched_but_that_of_the_whole_account(stack):
    for kind, inputs in alarms(stack).items():
        for namespace, name, dimensions in metrics_of(inputs):
            assert dimensions or (namespace, name) == ("AWS/Lambda", "Throttles"), kind
            if namespace == "RapidAnalytics":
                assert dimensions["Stack"] == "rapid-analytics/dev", kind


def test_no_alarm_watches_more_metrics_than_cloudwatch_takes(stack):
    for kind, inputs in alarms(stack).items():
        assert len(metrics_of(inputs)) <= alarm.MAX_METRICS, kind
        period = inputs.get("period") or inputs["metricQueries"][1]["metric"]["period"]
        most_seconds = 7 * 86400 if period >= 3600 else 86400
        assert period * inputs["evaluationPeriods"] <= most_seconds, kind


def test_an_alarm_of_many_metrics_is_several_with_one_section():
    many = Alarm("many", "m.", "f.", [Metric("n", str(number), {}) for number in range(21)], 0, "SUM(METRICS())")
    parts = split(many)

    assert [(part.kind, len(part.metrics)) for part in parts] == [("many", 10), ("many-2", 10), ("many-3", 1)]
    assert {part.description for part in parts} == {"m. First: f. docs/runbook.md#many"}


@pytest.mark.parametrize("minutes", [1, 60, MAX_CURATE_INTERVAL_MINUTES])
def test_late_curation_is_told_well_before_the_views_lose_an_event(minutes):
    """`<source>_now` looks back RECENT_HOURS; three hours are left to mend what keeps the job from running."""
    limit = (RECENT_HOURS - 3) * 3600
    assert job_alarms.lag_seconds(minutes) <= limit
    assert job_alarms.late_period_seconds(minutes) * job_alarms.PERIODS_LATE <= limit


def test_the_topic_is_told_by_alarms_and_budgets_of_this_account_alone(stack):
    statement, plain = stack.one("TopicPolicy").policy()
    assert (plain["Effect"], plain["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert statement["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", TOPIC)
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": engine.ACCOUNT}}


def test_the_topic_is_encrypted_by_a_key_that_alarms_may_use(stack):
    key = stack.one("Key", "operations-key")
    assert stack.one("Topic").inputs["kmsMasterKeyId"].endswith(":operations-key")
    account, publishers = key.policy()
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{engine.ACCOUNT}:root"}
    assert publishers["Principal"] == stack.one("TopicPolicy").policy()[0]["Principal"]
    assert publishers["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert publishers["Condition"] == {"StringEquals": {"aws:SourceAccount": engine.ACCOUNT}}
    assert key.inputs["enableKeyRotation"] is True


def test_mail_goes_to_the_address_of_the_configuration(stack):
    mail = stack.one("TopicSubscription").inputs
    assert (mail["topic"], mail["protocol"], mail["endpoint"]) == (TOPIC, "email", EMAIL)


def test_without_an_address_alarms_are_there_and_the_deployment_says_that_nobody_is_told(caplog):
    stack = engine.run(program())

    assert stack.of("MetricAlarm")
    assert not stack.of("TopicSubscription")
    assert "Nobody is told when an alarm rings" in caplog.text


def test_the_function_hears_of_the_ends_of_every_job_and_of_nothing_else(stack):
    pattern = json.loads(stack.one("EventRule", "operations-job-runs-rule").inputs["eventPattern"])
    assert (pattern["source"], pattern["detail-type"]) == (["aws.glue"], ["Glue Job State Change"])
    assert sorted(pattern["detail"]["jobName"]) == sorted(f"{job.name}-1a2b3c4" for job in stack.of("Job"))
    assert pattern["detail"]["state"] == ["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"]


@pytest.mark.parametrize("phase", ["none", *PHASES])
def test_the_dashboard_is_one_that_cloudwatch_takes(phase):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html."""
    body = body_of(moving(phase))
    taken = set()
    for widget in body["widgets"]:
        assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
        assert set(widget["properties"]) == WIDGETS[widget["type"]]
        assert widget["x"] + widget["width"] <= 24
        assert 1 <= widget["height"] <= 1000
        covered = {
            (widget["x"] + column, widget["y"] + row)
            for column in range(widget["width"])
            for row in range(widget["height"])
        }
        assert not covered & taken, "widgets overlap"
        taken |= covered
    assert len(body["widgets"]) <= 500


def test_the_metrics_of_the_dashboard_are_written_as_cloudwatch_reads_them(stack):
    body = json.loads(stack.one("Dashboard").inputs["dashboardBody"])
    for widget in body["widgets"]:
        for metric in widget["properties"].get("metrics", ()):
            *names, options = metric
            assert len(names) % 2 == 0, metric
            assert all(isinstance(name, str) and name for name in names), metric
            assert set(options) <= {"stat", "label"}, metric


@pytest.mark.parametrize("phase", ["none", *PHASES])
def test_the_dashboard_shows_every_metric_that_an_alarm_watches(phase):
    shown = {
        (namespace, name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True)))
        for metrics in charts(moving(phase)).values()
        for namespace, name, *dimensions in metrics
    }
    of_account = {("AWS/Lambda", "Throttles", frozenset())}
    for kind, inputs in alarms(moving(phase)).items():
        for namespace, name, dimensions in metrics_of(inputs):
            assert (namespace, name, frozenset(dimensions.items())) in shown | of_account, kind


def test_the_dashboard_of_a_stack_that_does_not_move_has_nothing_of_a_move():
    at_rest, beside, after = (charts(moving(phase)).keys() for phase in ("none", "cut_over", "decommissioned"))
    assert not [title for title in at_rest if re.search("data stream|Further", title)]
    assert at_rest < after <= beside


def test_while_a_stack_moves_the_dashboard_shows_the_second_lake_s_wait_for_commits_from_the_lines_of_its_job():
    [shown] = [it["properties"] for it in body_of(moving("side_by_side"))["widgets"] if it["type"] == "log"]
    job = moving("side_by_side").one("LogGroup", "streaming-curation-output-logs").inputs["name"]
    assert shown["query"] == f"SOURCE '{job}' | filter ispresent(Lag) | stats max(Lag) by bin(1h)"
    assert "Lag" in {name for name, _ in job_metrics.CURATED.values()}
    assert "log" not in {it["type"] for it in body_of(moving("decommissioned"))["widgets"]}


def lines_of_functions():
    """A line of metrics of each function that prints such lines."""
    line = runpy.run_path(str(ROOT / "functions" / "shared" / "metrics.py"))["line"]
    for file in sorted((ROOT / "functions").glob("*/handler.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "metrics.line":
                told, *dimensions = map(ast.literal_eval, node.args)
                yield line(told, *dimensions)(0, {**dict.fromkeys(told, 1), **dict.fromkeys(dimensions, "one")})


def lines_of_jobs():
    """The same of jobs."""
    moment = datetime.now(UTC)
    yield job_metrics.of_curation("stack", {"source": "orders", **dict.fromkeys(job_metrics.CURATED, 1)}, moment)
    yield job_metrics.of_files("stack", dict.fromkeys(job_metrics.TAKEN_IN, 1), moment)


def test_what_alarms_and_the_dashboard_read_is_what_functions_jobs_and_the_access_log_tell(stack, monkeypatch):
    monkeypatch.setenv("STACK", "stack")
    told = {
        (datum.namespace, datum.data["MetricName"], frozenset(each["Name"] for each in datum.data["Dimensions"]))
        for line in (*lines_of_functions(), *lines_of_jobs())
        for datum in embedded_metrics.read(line)
    }
    counted = stack.one("LogMetricFilter").inputs["metricTransformation"]
    told.add((counted["namespace"], counted["name"], frozenset(counted["dimensions"])))
    body = json.loads(stack.one("Dashboard").inputs["dashboardBody"])
    read = {
        (metric[0], metric[1], frozenset(metric[2:-1:2]))
        for widget in body["widgets"]
        for metric in widget["properties"].get("metrics", ())
    }
    read |= {
        (namespace, name, frozenset(dimensions))
        for inputs in alarms(stack).values()
        for namespace, name, dimensions in metrics_of(inputs)
    }
    assert {metric for metric in read if metric[0] == names.NAMESPACE} == told


def test_the_price_on_the_dashboard_is_that_of_the_price_file(stack):
    price = prices.price_list().prices["athena_scanned"]
    [(_, dollars)] = price.tiers
    assert f"Cost: Athena ({dollars:g} $ a {price.unit})" in stack.one("Dashboard").inputs["dashboardBody"]


def test_the_dashboard_shows_all_alarms_and_has_a_url(stack):
    body = json.loads(stack.one("Dashboard").inputs["dashboardBody"])
    (shown,) = [widget for widget in body["widgets"] if widget["type"] == "alarm"]
    assert len(shown["properties"]["alarms"]) == len(stack.of("MetricAlarm"))
    assert stack.outputs["operations_dashboard"] == "rapid-analytics-dev"
    assert stack.outputs["operations_dashboard_url"] == (
        f"https://{engine.REGION}.console.aws.amazon.com/cloudwatch/home?region={engine.REGION}"
        "#dashboards/dashboard/rapid-analytics-dev"
    )
