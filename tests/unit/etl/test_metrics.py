"""The line by which CloudWatch counts what a run did; the local cloud reads it as CloudWatch does."""

import datetime
import json

from contracts import curation, load
from etl.jobs import curate_job as job
from etl.jobs import metrics
from rapid.local.cloudwatch import embedded_metrics
from tests.unit.etl.lake import SOURCES

MOMENT = datetime.datetime(2026, 3, 14, 18, 30, tzinfo=datetime.UTC)
STACK = "rapid-analytics/test"
REPORT = {"source": "orders", "inputs": 2, "rows_added": 9, "repeats": 1, "lag_seconds": 61.5, "seconds": 1.25}


def test_a_report_becomes_metrics_by_stack():
    found = embedded_metrics.read(metrics.of_curation(STACK, REPORT, MOMENT))

    assert {datum.namespace for datum in found} == {"RapidAnalytics"}
    assert {datum.data["MetricName"]: (datum.data["Value"], datum.data["Unit"]) for datum in found} == {
        "Inputs": (2, "Count"),
        "RowsAdded": (9, "Count"),
        "Repeats": (1, "Count"),
        "Lag": (61.5, "Seconds"),
        "Duration": (1.25, "Seconds"),
    }
    assert [datum.data["Dimensions"] for datum in found] == [[{"Name": "Stack", "Value": STACK}]] * 5


def test_a_line_names_its_source_without_a_dimension_that_would_be_billed():
    assert json.loads(metrics.of_curation(STACK, REPORT, MOMENT))["source"] == "orders"


def test_files_are_counted_as_the_transform_counts_what_comes_by_streams():
    found = embedded_metrics.read(metrics.of_files(STACK, {"processed": 7, "quarantined": 2, "filtered": 0}, MOMENT))

    told = {datum.data["MetricName"]: datum.data["Value"] for datum in found}
    assert told == {"Rows": 7, "Quarantined": 2, "Filtered": 0}
    assert metrics.of_files(STACK, {"processed": 0}, MOMENT) is None


def test_a_run_that_nobody_told_its_stack_tells_no_metrics():
    assert metrics.of_curation("", REPORT, MOMENT) is None


def test_a_run_that_took_nothing_in_costs_no_metric():
    assert metrics.of_curation(STACK, REPORT | {"inputs": 0}, MOMENT) is None
    assert metrics.of_curation(STACK, {"source": "orders", "deleted_objects": 3, "seconds": 1}, MOMENT) is None


def test_the_job_tells_its_metrics_before_its_report(orders, capfd):
    document = curation.document(load(SOURCES / "orders.yaml"))
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([document]))
    places = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    orders.deliver([orders.order("a"), orders.order("a")], hour=f"{datetime.datetime.now():%Y/%m/%d/%H}")
    assert job.main([*places, "--contracts_uri", "s3://curated/contracts.json", "--stack", STACK]) == 0

    told, report = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert (told["Stack"], told["Inputs"], told["RowsAdded"], told["Repeats"]) == (STACK, 1, 1, 1)
    assert 0 <= report["lag_seconds"] < 60
