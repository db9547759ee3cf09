"""What EventBridge hears of Glue: how the runs of jobs ended."""

import json

import pytest

from .cloud_rig import Rig
from .events_rig import body
from .glue_rig import Jobs
from .test_events_bus import rule, told_by

PAGE = "https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html"


@pytest.mark.aws("Glue", "Jobs", PAGE)
def test_a_rule_hears_how_the_runs_of_a_job_end(rig: Rig) -> None:
    jobs = Jobs(rig)
    name = jobs.create("import sys\nsys.exit(3 if '--fail' in sys.argv else None)")
    wanted = {"jobName": [name], "state": ["SUCCEEDED", "FAILED"]}
    heard = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": wanted}
    queue = told_by(rig, rule(rig, json.dumps(heard)))
    good, bad = jobs.run(name), jobs.run(name, Arguments={"--fail": "true"})

    told = {event["detail"]["jobRunId"]: event["detail"] for event in (body(queue), body(queue))}
    assert {run: (detail["state"], detail["severity"], detail["jobName"]) for run, detail in told.items()} == {
        good["Id"]: ("SUCCEEDED", "INFO", name),
        bad["Id"]: ("FAILED", "ERROR", name),
    }
    assert told[bad["Id"]]["message"] == bad["ErrorMessage"]
