"""The function that hears how runs of Glue jobs ended; the local cloud reads its line as CloudWatch does."""

import pytest

from rapid.local.cloudwatch import embedded_metrics


@pytest.mark.parametrize(("state", "failed"), [("SUCCEEDED", 0), ("FAILED", 1), ("TIMEOUT", 1), ("STOPPED", 1)])
def test_a_run_is_counted_by_stack_and_job(package, capsys, state, failed):
    handler = package("job_runs").handler.handler
    run = {"jobName": "curation-job", "jobRunId": "jr_1", "state": state, "message": "customer cust123 is bad"}
    handler({"detail": run}, None)

    (line,) = capsys.readouterr().out.splitlines()
    (datum,) = embedded_metrics.read(line)
    assert (datum.namespace, datum.data["MetricName"], datum.data["Value"]) == ("RapidAnalytics", "JobFailed", failed)
    assert datum.data["Dimensions"] == [
        {"Name": "Stack", "Value": "rapid-analytics/test"},
        {"Name": "JobName", "Value": "curation-job"},
    ]
    assert "jr_1" in line
    assert "cust123" not in line
