"""What an execution environment gives to a function, and what it keeps from it."""

import time
from pathlib import Path

import pytest

from rapid.local.lambda_runtime import environment

from .cloud_rig import WAIT_SECONDS, Rig

RUNTIME = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"
VARIABLES = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"
MEMORY = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
STORAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"
LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

LAMBDA_S_OWN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "PATH",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}
THE_LOCAL_CLOUD_S = {
    "AWS_CONFIG_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "TMPDIR",
}
# Runs `event["code"]`, which may set `answer`; an OSError is answered with its number, its text and its path.
RUNNER = """
import os, pathlib, shutil, tempfile
def handler(event, context):
    names = {"answer": None, "event": event}
    try:
        exec(event["code"], globals(), names)
    except OSError as error:
        return [error.errno, error.strerror, error.filename]
    return names["answer"]
"""


def run(rig: Rig, function: str, code: str) -> object:
    """What code answers that runs in a function."""
    return rig.invoke(function, {"code": code})[0]


@pytest.fixture(scope="module")
def runner(rig: Rig) -> str:
    """A function that runs what it is sent."""
    return rig.function(RUNNER)


@pytest.mark.aws("Lambda", "Execution environment", VARIABLES)
def test_a_function_finds_lambda_s_variables_the_configured_ones_and_no_others(rig: Rig) -> None:
    function = rig.function(RUNNER, Environment={"Variables": {"STREAM": "orders"}})
    # LC_CTYPE is Python's doing, on a machine that does not have the locale.
    found = set(run(rig, function, "answer = list(os.environ)")) - {"LC_CTYPE"}
    assert found == LAMBDA_S_OWN | THE_LOCAL_CLOUD_S | {"STREAM"}


@pytest.mark.aws("Lambda", "Execution environment", MEMORY)
@pytest.mark.parametrize(
    ("after", "look_seconds"),
    [("    time.sleep(60)", 0.05), ("    del taken", 60.0)],
    ids=["while it runs", "when it answers"],
)
def test_a_function_that_takes_more_than_its_memory_is_killed(
    rig: Rig, after: str, look_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_MEMORY_LOOK_SECONDS", look_seconds)
    source = f"import time\ndef handler(event, context):\n    taken = b'x' * (event['mb'] * 1024**2)\n{after}"
    function = rig.function(source, MemorySize=128)
    answer, response = rig.invoke(function, {"mb": 200})
    request_id = response["ResponseMetadata"]["RequestId"]
    assert response["FunctionError"] == "Unhandled"
    assert answer == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    lines = rig.log_lines(f"/aws/lambda/{function.rpartition(':')[2]}")
    assert f"RequestId: {request_id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError" in lines
    assert "\tMax Memory Used: 128 MB\t" in lines[-1]
    assert lines[-1].endswith("\tStatus: error\tError Type: Runtime.OutOfMemory")


@pytest.mark.aws("Lambda", "Execution environment", RUNTIME)
def test_the_environment_after_one_that_was_killed_is_a_new_one(rig: Rig) -> None:
    source = (
        "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    b'x' * event\n    return count"
    )
    function = rig.function(source, MemorySize=128)
    assert [rig.invoke(function, 1)[0] for _ in range(2)] == [1, 2]
    assert rig.invoke(function, 200 * 1024**2)[1]["FunctionError"] == "Unhandled"
    assert rig.invoke(function, 1)[0] == 1


@pytest.mark.aws("Lambda", "Execution environment", RUNTIME)
@pytest.mark.parametrize(
    "code",
    [
        "open('new.txt', 'w')",
        "open('handler.py', 'a')",
        "os.open('handler.py', os.O_RDWR)",
        "pathlib.Path('new').mkdir()",
        "os.remove('handler.py')",
        "os.rename('handler.py', os.path.join(tempfile.gettempdir(), 'handler.py'))",
        "os.symlink('handler.py', 'linked.py')",
        "os.truncate('handler.py', 0)",
        "os.chmod('handler.py', 0o777)",
        "open(os.path.expanduser('~/new.txt'), 'w')",
    ],
)
def test_a_function_cannot_change_files_outside_of_its_temporary_directory(rig: Rig, runner: str, code: str) -> None:
    error, reason, _ = run(rig, runner, code)
    assert (error, reason) == (30, "Read-only file system")
    assert run(rig, runner, "answer = sorted(os.listdir(os.environ['LAMBDA_TASK_ROOT']))") in (
        ["handler.py"],
        ["__pycache__", "handler.py"],
    )


def test_the_machine_s_own_tmp_is_refused_by_name(rig: Rig, runner: str) -> None:
    error, reason, path = run(rig, runner, "open('/tmp/new.txt', 'w')")
    assert (error, path) == (30, "/tmp/new.txt")
    assert "tempfile.gettempdir(), not /tmp" in reason


@pytest.mark.aws("Lambda", "Execution environment", RUNTIME)
def test_the_temporary_directory_lasts_as_long_as_its_environment_and_is_nobody_else_s(rig: Rig) -> None:
    functions = [rig.function(RUNNER) for _ in range(2)]
    write = "pathlib.Path(tempfile.gettempdir(), 'x').write_text('kept'); answer = tempfile.gettempdir()"
    directory = run(rig, functions[0], write)
    assert run(rig, functions[0], "answer = pathlib.Path(tempfile.gettempdir(), 'x').read_text()") == "kept"
    assert run(rig, functions[1], "answer = os.listdir(tempfile.gettempdir())") == []
    rig.aws("lambda").update_function_configuration(FunctionName=functions[0], Timeout=9)
    assert run(rig, functions[0], "answer = os.listdir(tempfile.gettempdir())") == []
    deadline = time.monotonic() + WAIT_SECONDS
    while Path(str(directory)).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(str(directory)).exists()


@pytest.mark.aws("Lambda", "Execution environment", RUNTIME)
def test_a_function_can_use_its_temporary_directory_as_any_other(rig: Rig, runner: str) -> None:
    code = """
root = tempfile.mkdtemp()
pathlib.Path(root, 'a').mkdir()
pathlib.Path(root, 'a', 'b').write_text('x')
os.rename(os.path.join(root, 'a', 'b'), os.path.join(root, 'c'))
shutil.rmtree(root)
open(os.devnull, 'w').write('x')
answer = os.listdir(tempfile.gettempdir())
"""
    assert run(rig, runner, code) == []


def test_a_file_that_one_thread_removes_is_no_hindrance_to_another_that_opens_one(rig: Rig) -> None:
    removed_after_listing = "os.walk = lambda directory: [(directory, [], ['removed'])]"
    write = "answer = pathlib.Path(tempfile.gettempdir(), 'x').write_text('kept')"
    assert run(rig, rig.function(RUNNER), f"{removed_after_listing}; {write}") == 4


@pytest.mark.aws("Lambda", "Limits", STORAGE)
def test_the_temporary_directory_takes_512_mb(rig: Rig) -> None:
    function = rig.function(RUNNER)
    fill = "f = tempfile.NamedTemporaryFile(delete=False); f.truncate(event['bytes'])"
    too_large, _ = rig.invoke(function, {"code": fill, "bytes": 512 * 1024**2 + 1})
    assert too_large[0] == 27
    rig.invoke(function, {"code": fill, "bytes": 512 * 1024**2})
    assert rig.invoke(function, {"code": fill, "bytes": 0})[0][:2] == [28, "No space left on device"]


@pytest.mark.aws("Lambda", "Limits", LIMITS)
def test_a_function_has_1024_file_descriptors(rig: Rig, runner: str) -> None:
    assert run(rig, runner, "import resource; answer = resource.getrlimit(resource.RLIMIT_NOFILE)") == [1024, 1024]
    code = "answer = []\nwhile True:\n    answer.append(os.open(os.devnull, os.O_RDONLY))"
    error, _, _ = run(rig, rig.function(RUNNER), code)
    assert error == 24
