"""The check of answers against botocore's models, which watches all tests, sees what is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from rapid.local.quicksight.service import QuickSightService
from tests import conftest, response_checks

from .cloud_rig import ACCOUNT_ID, Rig

HEADERS = {"x-amzn-RequestId": "5f0c"}
CLOUDFORMATION = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    response_checks.take_problems()


def target(operation: str) -> Request:
    return Request(EnvironBuilder(method="POST", headers={"X-Amz-Target": f"Any.{operation}"}).get_environ())


def request(method: str, path: str, query: str = "") -> Request:
    return Request(EnvironBuilder(method=method, path=path, query_string=query).get_environ())


def answer(body: Any, status: int = 200, version: str = "1.1", **headers: str) -> Response:
    kind = f"application/x-amz-json-{version}"
    return Response(json.dumps(body), status, {**HEADERS, **headers}, content_type=kind)


def found(service: str, asked: Request, given: Response) -> list[str]:
    response_checks.check(service, asked, given)
    return response_checks.take_problems()


def test_an_answer_as_the_model_has_it_passes() -> None:
    run = {"Id": "jr_0", "JobRunState": "RUNNING", "StartedOn": 1_795_000_000.5, "MaxCapacity": 2.0}
    assert found("glue", target("GetJobRun"), answer({"JobRun": run})) == []


WRONG = {
    "Speed": (3, "GetJobRun.JobRun.Speed is not a member of JobRun"),
    "Attempt": ("two", 'GetJobRun.JobRun.Attempt is "two", and not a integer'),
    "Timeout": (0, "0 is not within 1 to inf, the bounds of Timeout"),
    "JobRunState": ("HAPPY", "'HAPPY', and not one of STARTING, RUNNING"),
    "JobName": ("", "0 characters is not within 1 to 255"),
    "StartedOn": ("yesterday", "'yesterday', and not a timestamp as unixTimestamp"),
    "ErrorMessage": (None, "is null, and not a string"),
    "Arguments": (["a"], 'GetJobRun.JobRun.Arguments is ["a"], and not a map'),
    "ExecutionTime": (True, "is true, and not a integer"),
}


@pytest.mark.parametrize("member", WRONG)
def test_an_unknown_member_or_a_wrong_value_is_named(member: str) -> None:
    value, told = WRONG[member]
    [problem] = found("glue", target("GetJobRun"), answer({"JobRun": {member: value}}))
    assert problem.startswith("glue GetJobRun: ")
    assert told in problem


def test_a_missing_member_that_is_required_is_named() -> None:
    [problem] = found("firehose", target("PutRecord"), answer({"Encrypted": True}))
    assert problem == "firehose PutRecord: PutRecord.RecordId is missing, and required in PutRecordOutput"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (answer({"__type": "SomethingException", "Message": "no"}, 400), "the error 'SomethingException' is not one"),
        (answer({"__type": "EntityNotFoundException", "message": "no"}, 400), ".message is not a member"),
        (answer({"__type": "EntityNotFoundException", "Message": "no"}, 404), "has the status 404, and not 400"),
        (answer({"__type": "AccessDeniedException"}, 400), "has nothing, and not a message"),
        (answer({"__type": "NotImplemented", "message": "no"}, 501), "is not said by the local cloud"),
        (Response("{}", 200, content_type="application/x-amz-json-1.1"), "the header x-amzn-requestid is missing"),
        (answer({}, version="1.0"), "the content type is application/x-amz-json-1.0"),
        (answer({}, 201), "the status is 201, and not 200"),
        (answer({}, **{"x-amz-mood": "fine"}), "the header x-amz-mood is not in the model"),
        (Response("{", 200, HEADERS, content_type="application/x-amz-json-1.1"), "the body is no JSON"),
    ],
)
def test_an_answer_of_another_form_or_an_error_that_the_operation_does_not_have_is_named(
    given: Response, problem: str
) -> None:
    [told] = found("glue", target("GetJobRun"), given)
    assert problem in told


def test_an_operation_that_the_model_does_not_have_cannot_be_answered() -> None:
    told = "glue Dance: the model has no such operation, and it was answered"
    assert found("glue", target("Dance"), answer({})) == [told]


def test_headers_are_held_against_the_model() -> None:
    asked = request("POST", "/2015-03-31/functions/f/invocations")
    right = {"X-Amz-Executed-Version": "$LATEST", "X-Amz-Function-Error": "Unhandled"}
    assert found("lambda", asked, Response("anything", 200, {**HEADERS, **right})) == []
    [problem] = found("lambda", asked, Response("", 200, {**HEADERS, "X-Amz-Executed-Version": "newest!"}))
    assert "the header X-Amz-Executed-Version is 'newest!', and not like" in problem


def test_xml_is_held_against_the_model() -> None:
    def stacks(member: str) -> Response:
        result = f"<DescribeStacksResult><Stacks><member>{member}</member></Stacks></DescribeStacksResult>"
        metadata = "<ResponseMetadata><RequestId>5f0c</RequestId></ResponseMetadata>"
        text = f'<DescribeStacksResponse xmlns="{CLOUDFORMATION}">{result}{metadata}</DescribeStacksResponse>'
        return Response(text, 200, HEADERS, content_type="text/xml")

    asked = request("GET", "/", "Action=DescribeStacks")
    needed = "<StackName>s</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
    assert found("cloudformation", asked, stacks(f"{needed}<CreationTime>2026-11-22T10:00:00Z</CreationTime>")) == []
    [problem] = found("cloudformation", asked, stacks(f"{needed}<CreationTime>Sunday</CreationTime>"))
    assert "Stacks[0].CreationTime is 'Sunday', and not a timestamp as iso8601" in problem
    [problem] = found("cloudformation", asked, stacks(needed))
    assert "Stacks[0].CreationTime is missing" in problem


def test_a_wrong_answer_of_a_plane_fails_the_test_that_caused_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer_wrongly(*_request: Any) -> Response:
        return Response('{"Mood": "fine"}', content_type="application/json")

    monkeypatch.setattr(QuickSightService, "handle", answer_wrongly)
    running_test = conftest.pytest_runtest_call()
    next(running_test)
    rig.aws("quicksight").list_data_sets(AwsAccountId=ACCOUNT_ID)
    with pytest.raises(pytest.fail.Exception, match=r"ListDataSets\.Mood is not a member"):
        running_test.send(None)
