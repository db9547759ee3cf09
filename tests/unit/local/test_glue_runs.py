"""What a script finds when a job runs, and how its run ends."""

import json
import sys

import pytest

from rapid.local.glue import runner, runs

from .glue_rig import BUCKET, Jobs

DG = "https://docs.aws.amazon.com/glue/latest/dg/"


@pytest.fixture(scope="module")
def jobs(rig):
    return Jobs(rig)


SHOW_ARGV = "import json, sys; print(json.dumps(sys.argv))"
SHOW_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


def argv(jobs, run):
    """The script's file name, and its arguments as pairs."""
    script, *words = json.loads(jobs.output(run))
    return script.rpartition("/")[2], dict(zip(words[::2], words[1::2], strict=True))


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-programming-etl-glue-arguments.html")
def test_a_script_gets_the_name_and_the_run_of_its_job_and_all_arguments_as_name_and_value(jobs):
    job = jobs.create(SHOW_ARGV, DefaultArguments={"--task": "curate", "--TempDir": "s3://scripts/tmp/"})
    run = jobs.run(job, Arguments={"--source": "orders"})
    script, passed = argv(jobs, run)
    assert script.endswith(".py")
    assert passed.pop("--JOB_ID").startswith("j_")
    assert passed == {
        "--JOB_NAME": job,
        "--JOB_RUN_ID": run["Id"],
        "--task": "curate",
        "--TempDir": "s3://scripts/tmp/",
        "--source": "orders",
    }
    assert run["Id"].startswith("jr_")


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-api-jobs-job.html")
def test_arguments_of_a_run_win_over_those_of_the_job(jobs):
    run = jobs.run_script(SHOW_ARGV, DefaultArguments={"--a": "job", "--b": "job"}, arguments={"--b": "run"})
    passed = argv(jobs, run)[1]
    assert (passed["--a"], passed["--b"]) == ("job", "run")


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-programming-etl-glue-arguments.html")
def test_what_glue_keeps_to_itself_does_not_reach_the_script(jobs):
    run = jobs.run_script(
        SHOW_ARGV,
        arguments={
            "--additional-python-modules": "pyiceberg==0.12.0,pyarrow==26.0.1",
            "--enable-metrics": "true",
            "--enable-continuous-cloudwatch-log": "true",
            "--enable-job-insights": "false",
            "--job-language": "python",
            "--extra-py-files": jobs.packages(empty=""),
            "--mine": "yes",
        },
    )
    assert set(argv(jobs, run)[1]) == {"--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--mine"}


@pytest.mark.aws("Glue", "Roles", f"{DG}create-an-iam-role.html")
def test_a_script_acts_as_the_role_of_its_job(jobs):
    role = jobs.role()
    source = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    run = jobs.run_script(source, Role=role)
    name = role.rpartition("/")[2]
    assert jobs.output(run) == f"arn:aws:sts::123456789012:assumed-role/{name}/GlueJobRunnerSession"


@pytest.mark.aws("Glue", "Roles", f"{DG}aws-glue-api-jobs-job.html")
def test_a_role_may_be_given_by_its_name(jobs):
    assert jobs.run_script("", Role=jobs.role().rpartition("/")[2])["JobRunState"] == "SUCCEEDED"


def test_a_script_sees_nothing_of_the_users_own_environment(jobs, monkeypatch, rig):
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    monkeypatch.setenv("MY_SECRET", "hidden")
    environment = json.loads(jobs.output(jobs.run_script(SHOW_ENVIRONMENT)))
    assert not {"AWS_PROFILE", "MY_SECRET"} & set(environment)
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert environment["AWS_ENDPOINT_URL"] == rig.url
    assert (environment["AWS_REGION"], environment["TZ"]) == ("us-east-1", "UTC")


def test_a_script_runs_with_the_interpreter_and_the_packages_of_the_local_cloud(jobs):
    run = jobs.run_script("import sys, pyarrow; print(sys.executable)")
    assert jobs.output(run) == sys.executable


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-programming-etl-glue-arguments.html")
def test_modules_of_the_zips_are_importable_and_the_first_zip_wins(jobs):
    zips = [jobs.packages(shared="NAME = 'first'", one=""), jobs.packages(shared="NAME = 'second'", two="")]
    run = jobs.run_script(
        "import shared, one, two; print(shared.NAME)", DefaultArguments={"--extra-py-files": ", ".join(zips)}
    )
    assert jobs.output(run) == "first"


def test_modules_of_the_local_cloud_do_not_stand_in_a_scripts_way(jobs):
    run = jobs.run_script("import importlib.util as u; print([u.find_spec(n) for n in ('plane', 'runs', 'launcher')])")
    assert jobs.output(run) == "[None, None, None]"


@pytest.mark.aws("Glue", "Logs", f"{DG}monitor-continuous-logging.html")
def test_standard_output_and_error_are_logged_each_in_its_group_under_the_run_s_id(jobs):
    run = jobs.run_script("import sys; print('one'); print('two'); print('oh', file=sys.stderr)")
    assert (jobs.output(run), jobs.errors(run)) == ("one\ntwo", "oh")


@pytest.mark.aws("Glue", "Logs", f"{DG}monitor-continuous-logging.html")
def test_a_script_that_says_nothing_has_empty_logs(jobs):
    run = jobs.run_script("")
    assert (jobs.output(run), jobs.errors(run)) == ("", "")


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-api-jobs-runs.html")
def test_a_run_that_succeeds_says_when_and_with_what(jobs):
    run = jobs.run_script("", Timeout=7)
    assert run["StartedOn"] <= run["CompletedOn"]
    shown = {name: run[name] for name in ("JobRunState", "Attempt", "Timeout", "WorkerType", "NumberOfWorkers")}
    assert shown == {
        "JobRunState": "SUCCEEDED",
        "Attempt": 0,
        "Timeout": 7,
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
    }
    assert (run["GlueVersion"], run["MaxCapacity"], run["ExecutionTime"] >= 0) == ("5.1", 2.0, True)
    assert "ErrorMessage" not in run


@pytest.mark.aws("Glue", "Limits", f"{DG}aws-glue-api-jobs-job.html")
def test_a_job_without_a_timeout_has_that_of_glue_5(jobs):
    assert jobs.run_script("")["Timeout"] == 480


@pytest.mark.aws("Glue", "Job runs", f"{DG}job-run-statuses.html")
def test_an_exception_fails_the_run_with_its_type_and_message_and_the_traceback_of_the_script_alone(jobs):
    run = jobs.run_script("def f():\n    raise ValueError('no orders')\nf()")
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: no orders")
    lines = jobs.errors(run).splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: no orders"
    assert "launcher.py" not in jobs.errors(run)


@pytest.mark.aws("Glue", "Job runs", f"{DG}job-run-statuses.html")
def test_a_script_that_is_not_python_fails(jobs):
    run = jobs.run_script("this is no Python")
    assert (run["JobRunState"], run["ErrorMessage"][:12]) == ("FAILED", "SyntaxError:")


@pytest.mark.aws("Glue", "Job runs", f"{DG}job-run-statuses.html")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("import sys; sys.exit('no such source')", "SystemExit: no such source"),
        ("import sys; sys.exit(256)", "SystemExit: 256"),
        ("import os; os._exit(3)", "Command failed with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Command failed with exit code 137"),
    ],
)
def test_any_other_exit_than_zero_fails_the_run(jobs, source, message):
    run = jobs.run_script(source)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", message)


@pytest.mark.aws("Glue", "Job runs", f"{DG}job-run-statuses.html")
@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "import sys; sys.exit()", "import os; os._exit(0)"])
def test_an_exit_with_zero_succeeds(jobs, source):
    assert jobs.run_script(source)["JobRunState"] == "SUCCEEDED"


@pytest.mark.aws("Glue", "Job runs", f"{DG}glue-troubleshooting-errors.html")
def test_a_run_whose_script_is_missing_fails_in_glues_words(jobs):
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/gone/job.py"}
    run = jobs.run_script("", Command=command)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == (
        f"LAUNCH ERROR | Error downloading from S3 for bucket: {BUCKET}, key: gone/job.py."
        "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Please refer logs for details."
    )
    assert run["ExecutionTime"] == 0


@pytest.mark.aws("Glue", "Job runs", f"{DG}aws-glue-programming-etl-glue-arguments.html")
def test_a_run_whose_zip_is_missing_fails_naming_it(jobs):
    run = jobs.run_script("", DefaultArguments={"--extra-py-files": f"s3://{BUCKET}/gone.zip"})
    assert (run["JobRunState"], "key: gone.zip." in run["ErrorMessage"]) == ("FAILED", True)


def test_arguments_that_no_process_can_take_fail_the_run(jobs):
    run = jobs.run_script("", arguments={"--text": "a\0b"})
    assert (run["JobRunState"], run["ErrorMessage"][:14]) == ("FAILED", "LAUNCH ERROR |")


@pytest.mark.aws("Glue", "Limits", f"{DG}add-job.html")
def test_a_run_that_takes_longer_than_its_timeout_is_ended(jobs, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS_PER_MINUTE", 1.0)
    job = jobs.create("import time; print('begun'); time.sleep(600)", Timeout=2)
    run = jobs.run(job)
    assert (run["JobRunState"], jobs.output(run)) == ("TIMEOUT", "begun")


def test_the_oldest_runs_are_forgotten_with_their_logs(jobs, monkeypatch):
    monkeypatch.setattr(runs, "HISTORY_RUNS", 3)
    job = jobs.create("print('hello')")
    ids = [jobs.run(job)["Id"] for _ in range(5)]
    # A run is trimmed away just after it is seen to have ended; the next request of the same kind comes later.
    kept = [run["Id"] for run in jobs.glue.get_job_runs(JobName=job)["JobRuns"]]
    assert kept[:3] == ids[:1:-1]
    jobs.run(job)
    with pytest.raises(jobs.glue.exceptions.EntityNotFoundException, match=ids[0]):
        jobs.get(job, ids[0])
    with pytest.raises(jobs.logs.exceptions.ResourceNotFoundException):
        jobs.output({"Id": ids[0]})


@pytest.mark.aws("Glue", "Logs", f"{DG}monitor-continuous-logging.html")
def test_a_job_that_names_its_log_groups_writes_to_those(jobs):
    run = jobs.run_script("print('here')", DefaultArguments={"--custom-logGroup-prefix": "/aws-glue/mine"})

    assert jobs.output(run, "/aws-glue/mine/output") == "here"
    assert run["LogGroupName"] == "/aws-glue/mine"
