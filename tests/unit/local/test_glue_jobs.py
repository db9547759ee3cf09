"""Jobs and their runs as the API shows them: what is refused, what is listed."""

import pytest
from botocore.exceptions import ClientError

from .glue_rig import LEAVE_CHILD, Jobs, wait_until_free

DG = "https://docs.aws.amazon.com/glue/latest/dg/"
pytestmark = pytest.mark.aws("Glue", "Jobs", f"{DG}aws-glue-api-jobs-runs.html")


@pytest.fixture(scope="module")
def jobs(rig):
    return Jobs(rig)


WAIT = """
import boto3, sys, time

key = sys.argv[sys.argv.index("--go") + 1]
while not boto3.client("s3").list_objects_v2(Bucket="scripts", Prefix=key)["KeyCount"]:
    time.sleep(0.1)
"""


def waiting(jobs, go, **changes):
    """A job whose runs last until an object of this key is there."""
    return jobs.create(WAIT, DefaultArguments={"--go": go}, **changes)


def refusal(call, **request):
    """The code and the message of an error."""
    with pytest.raises(ClientError) as error:
        call(**request)
    detail = error.value.response["Error"]
    return detail["Code"], detail["Message"]


def test_a_job_that_is_not_there_cannot_be_started(jobs):
    assert refusal(jobs.glue.start_job_run, JobName="nobody") == (
        "EntityNotFoundException",
        "Failed to start job run due to missing metadata.",
    )


def test_runs_of_a_job_that_is_not_there_are_not_found(jobs):
    assert refusal(jobs.glue.get_job_runs, JobName="nobody")[0] == "EntityNotFoundException"


def test_a_run_that_is_not_there_is_not_found(jobs):
    job = jobs.create()
    code, message = refusal(jobs.glue.get_job_run, JobName=job, RunId="jr_0")
    assert (code, "jr_0" in message) == ("EntityNotFoundException", True)


def test_a_job_that_has_not_run_has_no_runs(jobs):
    assert jobs.glue.get_job_runs(JobName=jobs.create())["JobRuns"] == []


@pytest.mark.aws("Glue", "Limits", f"{DG}add-job.html")
def test_no_more_runs_at_once_than_the_job_allows(jobs):
    job = waiting(jobs, "two-at-once", ExecutionProperty={"MaxConcurrentRuns": 2})
    under_way = jobs.start(job), jobs.start(job)
    expected = ("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job}")
    assert refusal(jobs.glue.start_job_run, JobName=job) == expected
    jobs.upload("two-at-once", b"go")
    assert [jobs.wait(job, run)["JobRunState"] for run in under_way] == ["SUCCEEDED"] * 2
    assert jobs.run(job)["JobRunState"] == "SUCCEEDED"


@pytest.mark.aws("Glue", "Limits", f"{DG}add-job.html")
def test_a_job_runs_one_at_a_time_unless_it_says_otherwise(jobs):
    job = waiting(jobs, "one-at-a-time")
    run = jobs.start(job)
    assert refusal(jobs.glue.start_job_run, JobName=job)[0] == "ConcurrentRunsExceededException"
    jobs.upload("one-at-a-time", b"go")
    jobs.wait(job, run)


@pytest.mark.aws("Glue", "Jobs", f"{DG}job-run-statuses.html")
def test_a_run_passes_through_its_states(jobs):
    job = waiting(jobs, "passes")
    run = jobs.start(job)
    running = jobs.wait(job, run, ("RUNNING",))
    assert "CompletedOn" not in running
    jobs.upload("passes", b"go")
    assert jobs.wait(job, run)["JobRunState"] == "SUCCEEDED"


def test_what_a_script_leaves_running_ends_with_it(jobs, tmp_path):
    run = jobs.run(jobs.create(LEAVE_CHILD), Arguments={"--lock": str(tmp_path / "lock")})
    assert run["JobRunState"] == "SUCCEEDED"
    wait_until_free(tmp_path / "lock")


def test_runs_are_listed_newest_first_a_page_at_a_time(jobs):
    job = jobs.create()
    ids = [jobs.run(job)["Id"] for _ in range(3)]
    first = jobs.glue.get_job_runs(JobName=job, MaxResults=2)
    second = jobs.glue.get_job_runs(JobName=job, MaxResults=2, NextToken=first["NextToken"])
    assert [run["Id"] for run in first["JobRuns"] + second["JobRuns"]] == ids[::-1]
    assert "NextToken" not in second


@pytest.mark.aws("Glue", "Roles", f"{DG}create-an-iam-role.html")
def test_a_run_is_refused_if_glue_may_not_assume_its_role(jobs):
    role = jobs.role("lambda")
    message = f"Role {role} should be given assume role permissions for Glue Service."
    assert refusal(jobs.glue.start_job_run, JobName=jobs.create(Role=role)) == ("InvalidInputException", message)


@pytest.mark.aws("Glue", "Roles", f"{DG}create-an-iam-role.html")
def test_a_run_is_refused_if_its_role_is_not_there(jobs):
    job = jobs.create(Role="arn:aws:iam::123456789012:role/nobody")
    assert refusal(jobs.glue.start_job_run, JobName=job)[0] == "InvalidInputException"


SCRIPT = "s3://scripts/any.py"


@pytest.mark.aws("Glue", "Jobs", f"{DG}aws-glue-api-jobs-job.html")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Command": {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": SCRIPT}}, "pythonshell"),
        ({"Command": {"Name": "glueray", "Runtime": "Ray2.4", "ScriptLocation": SCRIPT}}, "glueray"),
        ({"Command": {"Name": "gluestreaming", "ScriptLocation": SCRIPT}}, "gluestreaming"),
        ({"Command": {"Name": "glueetl", "PythonVersion": "2", "ScriptLocation": SCRIPT}}, "PythonVersion"),
        ({"Command": {"Name": "glueetl"}}, "ScriptLocation"),
        ({"Command": {"Name": "glueetl", "ScriptLocation": "/home/me/job.py"}}, "/home/me/job.py"),
        ({"GlueVersion": "4.0"}, "4.0"),
        ({"GlueVersion": None}, "GlueVersion"),
        ({"SecurityConfiguration": "keys"}, "SecurityConfiguration"),
        ({"NotificationProperty": {"NotifyDelayAfter": 5}}, "NotificationProperty"),
        ({"JobMode": "NOTEBOOK"}, "NOTEBOOK"),
        ({"MaxCapacity": 2.0}, "MaxCapacity"),
        ({"JobRunQueuingEnabled": True}, "JobRunQueuingEnabled"),
        ({"WorkerType": "Z.2X"}, "Z.2X"),
        ({"Timeout": 20_000}, "Timeout"),
        ({"MaxRetries": 1}, "MaxRetries"),
        ({"NonOverridableArguments": {"--a": "1"}}, "NonOverridableArguments"),
        ({"ExecutionClass": "FLEX"}, "FLEX"),
        ({"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "--job-bookmark-option"),
        ({"DefaultArguments": {"--job-language": "scala"}}, "--job-language"),
        ({"DefaultArguments": {"--executor-cores": "2"}}, "--executor-cores"),
        ({"DefaultArguments": {"--extra-jars": "s3://scripts/a.jar"}}, "--extra-jars"),
        ({"DefaultArguments": {"--extra-py-files": "s3://scripts/a.whl"}}, "s3://scripts/a.whl"),
        ({"DefaultArguments": {"--JOB_NAME": "mine"}}, "--JOB_NAME"),
        ({"DefaultArguments": {"--text": "x" * 270_000}}, "260KB"),
    ],
)
def test_a_job_that_cannot_run_here_is_refused_naming_why(jobs, change, named):
    code, message = refusal(jobs.glue.create_job, **jobs.definition(**change))
    assert (code, named in message) == ("InvalidInputException", True), message


@pytest.mark.parametrize(
    ("request_members", "named"),
    [
        ({"Arguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "--job-bookmark-option"),
        ({"JobRunId": "jr_0"}, "JobRunId"),
        ({"SecurityConfiguration": "keys"}, "SecurityConfiguration"),
        ({"WorkerType": "G.2X"}, "WorkerType"),
        ({"Timeout": 5}, "Timeout"),
    ],
)
def test_a_run_that_cannot_be_had_here_is_refused_naming_why(jobs, request_members, named):
    job = jobs.create()
    code, message = refusal(jobs.glue.start_job_run, JobName=job, **request_members)
    assert (code, named in message) == ("InvalidInputException", True), message
    assert jobs.glue.get_job_runs(JobName=job)["JobRuns"] == []


@pytest.mark.aws("Glue", "Jobs", f"{DG}aws-glue-programming-etl-glue-arguments.html")
def test_a_job_without_bookmarks_may_say_so(jobs):
    jobs.create(DefaultArguments={"--job-bookmark-option": "job-bookmark-disable"})


@pytest.mark.aws("Glue", "Jobs", f"{DG}aws-glue-api-jobs-trigger.html")
def test_triggers_bookmarks_and_stops_are_refused_rather_than_never_happen(jobs):
    trigger = {"Name": "nightly", "Type": "SCHEDULED", "Schedule": "cron(0 2 * * ? *)", "Actions": [{"JobName": "j"}]}
    stop = {"JobName": "j", "JobRunIds": ["jr_0"]}
    for call, request in (
        (jobs.glue.create_trigger, trigger),
        (jobs.glue.get_job_bookmark, {"JobName": "j"}),
        (jobs.glue.batch_stop_job_run, stop),
    ):
        code, message = refusal(call, **request)
        assert (code, "does not support" in message) == ("InvalidInputException", True)


@pytest.mark.aws("Glue", "Jobs", f"{DG}aws-glue-api-jobs-job.html")
def test_a_job_s_name_is_taken_for_another_definition_but_not_for_the_same(jobs):
    definition = jobs.definition()
    jobs.glue.create_job(**definition)
    jobs.glue.create_job(**definition)
    code, _ = refusal(jobs.glue.create_job, **{**definition, "Timeout": 5})
    assert code == "IdempotentParameterMismatchException"
