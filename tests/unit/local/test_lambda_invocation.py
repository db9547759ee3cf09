import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import WAIT_SECONDS, Rig, zipped

INVOKE = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"
HANDLER = "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"
PACKAGE = "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"
EXITS = "https://repost.aws/knowledge-center/lambda-runtime-error"
EXCEPTIONS = "https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html"
ENVIRONMENT = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"
ROLE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
CONTEXT = "https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"
CREATE = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"
CODE = "https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html"
VARIABLES = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"

ECHO = """
def handler(event, context):
    return event
"""


@pytest.mark.aws("Lambda", "Invocation", HANDLER)
def test_a_function_answers_what_its_handler_returns(rig: Rig) -> None:
    answer, response = rig.invoke(rig.function(ECHO), {"menuItem": "Crème Brûlée"})
    assert answer == {"menuItem": "Crème Brûlée"}
    assert response["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in response


@pytest.mark.aws("Lambda", "Execution environment", VARIABLES)
def test_a_function_finds_lambda_s_environment_and_its_own(rig: Rig) -> None:
    arn = rig.function(
        """
        import os
        def handler(event, context):
            return dict(os.environ)
        """,
        MemorySize=256,
        Environment={"Variables": {"STREAMS": "{}"}},
    )
    variables, _ = rig.invoke(arn)
    name = arn.rpartition(":")[2]
    assert variables["STREAMS"] == "{}"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert variables["_HANDLER"] == "handler.handler"
    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["AWS_ENDPOINT_URL"] == rig.url
    assert "HOME" not in variables


@pytest.mark.aws("Lambda", "Execution environment", ROLE)
def test_a_function_acts_with_its_role(rig: Rig) -> None:
    arn = rig.function(
        """
        import boto3
        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
        """
    )
    role = rig.aws("lambda").get_function_configuration(FunctionName=arn)["Role"].rpartition("/")[2]
    answer, _ = rig.invoke(arn)
    assert answer == f"arn:aws:sts::123456789012:assumed-role/{role}/{arn.rpartition(':')[2]}"


@pytest.mark.aws("Lambda", "Execution environment", PACKAGE)
@pytest.mark.parametrize("module", ["moto", "pulumi", "yaml", "werkzeug", "rapid"])
def test_a_function_does_not_see_what_is_installed_here(rig: Rig, module: str) -> None:
    answer, response = rig.invoke(rig.function(f"import {module}\n{ECHO}"))
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"] == f"Unable to import module 'handler': No module named '{module}'"


@pytest.mark.aws("Lambda", "Execution environment", PACKAGE)
def test_a_module_in_the_zip_goes_before_the_runtime_s_own(rig: Rig) -> None:
    arn = rig.function(
        files={"handler": "import six\ndef handler(event, context):\n    return six.WHOSE", "six": "WHOSE = 'mine'"}
    )
    assert rig.invoke(arn)[0] == "mine"


@pytest.mark.aws("Lambda", "Errors", EXCEPTIONS)
def test_an_exception_is_answered_with_its_message_type_and_stack(rig: Rig) -> None:
    arn = rig.function(
        """
        def price(event):
            return event["price"]
        def handler(event, context):
            return price(event)
        """
    )
    answer, response = rig.invoke(arn)
    assert response["FunctionError"] == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("KeyError", "'price'")
    assert answer["requestId"] == response["ResponseMetadata"]["RequestId"]
    assert len(answer["stackTrace"]) == 2
    assert 'in price\n    return event["price"]\n' in answer["stackTrace"][1]
    assert "in handler" in answer["stackTrace"][0]
    assert "in price" in answer["stackTrace"][1]


@pytest.mark.aws("Lambda", "Errors", EXCEPTIONS)
@pytest.mark.parametrize(
    ("source", "handler", "error"),
    [
        (ECHO, "handler.missing", ("Runtime.HandlerNotFound", "Handler 'missing' missing on module 'handler'")),
        (ECHO, "other.handler", ("Runtime.ImportModuleError", "Unable to import module 'other': No module named")),
        ("def handler(:", "handler.handler", ("Runtime.UserCodeSyntaxError", "Syntax error in module 'handler'")),
        ("x = {}['stream']", "handler.handler", ("KeyError", "'stream'")),
        ("def handler(e, c): return {1, 2}", "handler.handler", ("Runtime.MarshalError", "Unable to marshal response")),
    ],
)
def test_code_that_cannot_run_is_answered_as_lambda_words_it(
    rig: Rig, source: str, handler: str, error: tuple[str, str]
) -> None:
    answer, response = rig.invoke(rig.function(source, Handler=handler))
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorType"] == error[0]
    assert answer["errorMessage"].startswith(error[1])


@pytest.mark.aws("Lambda", "Limits", ENVIRONMENT)
def test_a_function_past_its_timeout_is_ended_and_the_next_invocation_starts_afresh(rig: Rig) -> None:
    arn = rig.function(
        """
        import os, time
        def handler(event, context):
            time.sleep(event.get("sleep", 0))
            return os.getpid()
        """,
        Timeout=1,
    )
    process, _ = rig.invoke(arn)
    answer, response = rig.invoke(arn, {"sleep": 60})
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert not _is_running(process)
    assert rig.invoke(arn)[0] != process


@pytest.mark.aws("Lambda", "Errors", EXITS)
@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("import os\ndef handler(e, c):\n    os._exit(3)", "Runtime exited with error: exit status 3"),
        ("import sys\ndef handler(e, c):\n    sys.exit(1)", "Runtime exited with error: exit status 1"),
        ("import sys\ndef handler(e, c):\n    sys.exit()", "Runtime exited without providing a reason"),
        ("import sys\nsys.exit(2)", "Runtime exited with error: exit status 2"),
    ],
)
def test_a_function_that_ends_its_process_is_answered_with_the_exit_status(rig: Rig, source: str, how: str) -> None:
    answer, response = rig.invoke(rig.function(source))
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f"Error: {how}")


@pytest.mark.aws("Lambda", "Execution environment", ENVIRONMENT)
def test_a_warm_function_keeps_its_state(rig: Rig) -> None:
    arn = rig.function("count = 0\ndef handler(e, c):\n    global count\n    count += 1\n    return count")
    assert [rig.invoke(arn)[0] for _ in range(3)] == [1, 2, 3]


@pytest.mark.aws("Lambda", "Execution environment", CONCURRENCY)
def test_concurrent_invocations_run_in_processes_of_their_own(rig: Rig) -> None:
    arn = rig.function(
        """
        import os, socket
        def handler(port, context):
            with socket.create_connection(("127.0.0.1", port)) as door:
                door.recv(1)
            return os.getpid()
        """
    )
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(3) as threads:
        door.settimeout(WAIT_SECONDS)
        answers = [threads.submit(rig.invoke, arn, door.getsockname()[1]) for _ in range(3)]
        for running in [door.accept()[0] for _ in range(3)]:
            running.close()
        assert len({answer.result()[0] for answer in answers}) == 3


@pytest.mark.aws("Lambda", "Deployment", CODE)
def test_new_code_and_new_configuration_take_effect_at_once(rig: Rig) -> None:
    arn = rig.function("import os\ndef handler(e, c):\n    return ['old', os.environ.get('XY')]")
    assert rig.invoke(arn)[0] == ["old", None]
    client = rig.aws("lambda")
    code = zipped(handler="import os\ndef handler(e, c):\n    return ['new', os.environ.get('XY')]")
    client.update_function_code(FunctionName=arn, ZipFile=code)
    client.update_function_configuration(FunctionName=arn, Environment={"Variables": {"XY": "1"}})
    assert rig.invoke(arn)[0] == ["new", "1"]


def test_code_that_does_not_come_as_a_zip_is_refused_by_name(rig: Rig) -> None:
    with pytest.raises(ClientError, match="takes code as ZipFile alone, not as S3Bucket, S3Key"):
        rig.aws("lambda").create_function(
            FunctionName=rig.name("function"),
            Role=rig.role(),
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"S3Bucket": "code", "S3Key": "function.zip"},
        )


@pytest.mark.aws("Lambda", "Invocation", CONTEXT)
def test_the_context_tells_about_function_and_invocation(rig: Rig) -> None:
    arn = rig.function(
        """
        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            return [context.function_name, context.function_version, context.invoked_function_arn,
                    context.memory_limit_in_mb, context.aws_request_id, 0 < left <= 10_000]
        """,
        Timeout=10,
        MemorySize=512,
    )
    answer, response = rig.invoke(arn)
    request_id = response["ResponseMetadata"]["RequestId"]
    assert answer == [arn.rpartition(":")[2], "$LATEST", arn, "512", request_id, True]


@pytest.mark.aws("Lambda", "Limits", QUOTAS)
def test_an_answer_past_six_megabytes_is_an_error_of_the_function(rig: Rig) -> None:
    arn = rig.function("def handler(e, c):\n    return 'x' * e['bytes']")
    assert len(rig.invoke(arn, {"bytes": 6_000_000})[0]) == 6_000_000
    answer, response = rig.invoke(arn, {"bytes": 6_300_000})
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    assert "exceeded maximum allowed payload size (6291556 bytes)" in answer["errorMessage"]


@pytest.mark.aws("Lambda", "Limits", QUOTAS)
def test_an_event_past_six_megabytes_is_refused(rig: Rig) -> None:
    arn = rig.function(ECHO)
    with pytest.raises(ClientError) as refused:
        rig.invoke(arn, "x" * 6_291_456)
    assert refused.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.aws("Lambda", "Invocation", INVOKE)
def test_an_unknown_function_is_not_found(rig: Rig) -> None:
    with pytest.raises(ClientError) as refused:
        rig.invoke("no-such-function")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "function:no-such-function" in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({"Runtime": "nodejs22.x"}, "Runtime 'nodejs22.x'"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]}, "Layers"),
        ({"TracingConfig": {"Mode": "Active"}}, "TracingConfig"),
        ({"PackageType": "Image"}, "PackageType"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:letters"}}, "DeadLetterConfig"),
        ({"EphemeralStorage": {"Size": 1024}}, "EphemeralStorage"),
        ({"Publish": True}, "Publish"),
    ],
)
def test_a_function_that_cannot_be_run_here_is_refused_by_name(
    rig: Rig, configuration: dict[str, object], named: str
) -> None:
    with pytest.raises(ClientError, match=named):
        rig.function(ECHO, **configuration)


@pytest.mark.parametrize(
    ("operation", "parameters", "named"),
    [
        ("create_function_url_config", {"AuthType": "NONE"}, r"POST /2021-10-31/functions/.*/url"),
        (
            "create_event_source_mapping",
            {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:queue"},
            "POST /2015-03-31/event-source-mappings",
        ),
        (
            "put_function_event_invoke_config",
            {"MaximumRetryAttempts": 1},
            r"PUT /2019-09-25/functions/.*/event-invoke-config",
        ),
        (
            "put_function_concurrency",
            {"ReservedConcurrentExecutions": 1},
            r"PUT /2017-10-31/functions/.*/concurrency",
        ),
        ("publish_version", {}, r"POST /2015-03-31/functions/.*/versions"),
        ("create_alias", {"Name": "live", "FunctionVersion": "1"}, r"POST /2015-03-31/functions/.*/aliases"),
        ("invoke", {"Qualifier": "live"}, "versions and aliases, such as 'live'"),
        (
            "add_permission",
            {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "Qualifier": "1"},
            "versions and aliases, such as '1'",
        ),
    ],
)
def test_an_operation_that_nothing_acts_on_is_refused_by_name(
    rig: Rig, operation: str, parameters: dict[str, object], named: str
) -> None:
    with pytest.raises(ClientError, match=f"The local cloud's Lambda does not support {named}"):
        getattr(rig.aws("lambda"), operation)(FunctionName=rig.function(ECHO), **parameters)


@pytest.mark.aws("Lambda", "Deployment", CREATE)
def test_a_zip_that_is_none_is_refused(rig: Rig) -> None:
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        rig.aws("lambda").create_function(
            FunctionName="broken", Role=rig.role(), Runtime="python3.13", Handler="a.b", Code={"ZipFile": b"no zip"}
        )


@pytest.mark.aws("Lambda", "Invocation", INVOKE)
def test_an_event_that_is_not_json_is_refused(rig: Rig) -> None:
    arn = rig.function(ECHO)
    with pytest.raises(ClientError) as refused:
        rig.aws("lambda").invoke(FunctionName=arn, Payload=b"{")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_functions_end_when_the_local_cloud_is_killed() -> None:
    program = """
import sys, time
from rapid.local.cloud import LocalCloud
from tests.unit.local.cloud_rig import Rig
rig = Rig(LocalCloud(0))
rig.cloud.start()
arn = rig.function("import os\\ndef handler(e, c):\\n    return os.getpid()")
print(rig.invoke(arn)[0], flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        function = int(cloud.stdout.readline())
        assert _is_running(function)
        cloud.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + WAIT_SECONDS
    while _is_running(function) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(function)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has waited for yet is no more running than one that is gone.
    return subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True).stdout.strip()[:1] != b"Z"
