"""The event bus: events, patterns, targets, scheduled rules."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.events import patterns, target_input

from . import lambda_rig
from .cloud_rig import Rig
from .events_rig import admit, attribute, body, open_queue, permit, recording_function, rule_arn, tick
from .lambda_rig import Queue

SERVICE = "events.amazonaws.com"
OPERATORS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"
PATTERNS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html"
DISABLE_RULE = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"
TEST_PATTERN = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"
PUT_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"
SIZE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"
TARGETS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"
TRANSFORM = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html"
POLICIES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"
DEAD_LETTERS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"
SCHEDULES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html"
RATES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"


def rule(rig: Rig, **definition: Any) -> str:
    """A rule; its name."""
    name = rig.name("rule")
    rig.aws("events").put_rule(Name=name, **(definition or {"EventPattern": json.dumps({"source": [name]})}))
    return name


def queue_behind(rig: Rig, name: str, **target: Any) -> Queue:
    """A queue that is the target of a rule."""
    queue = open_queue(rig, SERVICE, rule_arn(name))
    answer = rig.aws("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn, **target}])
    assert answer["FailedEntryCount"] == 0
    return queue


def put(rig: Rig, source: str, detail: Any = None, **more: Any) -> dict[str, Any]:
    """Put one event; the answer's entry."""
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail or {}), **more}
    found: dict[str, Any] = rig.aws("events").put_events(Entries=[entry])["Entries"][0]
    return found


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as found:
        call(**parameters)
    error: dict[str, Any] = found.value.response["Error"]
    return error


@pytest.mark.aws("EventBridge", "Events", PUT_EVENTS)
def test_an_event_comes_to_the_target_of_the_rule_that_it_matches_with_what_the_bus_adds(rig: Rig) -> None:
    name = rule(rig)
    queue = queue_behind(rig, name)
    entry = put(rig, name, {"n": 1}, Resources=["arn:a"], Time="2030-01-02T03:04:05Z")
    put(rig, "another-source")
    assert body(queue) == {
        "version": "0",
        "id": entry["EventId"],
        "detail-type": "test",
        "source": name,
        "account": "123456789012",
        "time": "2030-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:a"],
        "detail": {"n": 1},
    }
    assert queue.size() == 0


@pytest.mark.aws("EventBridge", "Events", PUT_EVENTS)
def test_events_that_are_not_valid_fail_by_themselves(rig: Rig) -> None:
    good = {"Source": "mine", "DetailType": "test", "Detail": "{}"}
    entries = [good, {**good, "Detail": "[1]"}, {**good, "Source": "aws.s3"}, {"Source": "mine", "Detail": "{}"}]
    answer = rig.aws("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None,
        "MalformedDetail",
        "NotAuthorizedForSourceException",
        "InvalidArgument",
    ]


@pytest.mark.aws("EventBridge", "Limits", PUT_EVENTS)
def test_a_request_holds_ten_events_at_most(rig: Rig) -> None:
    entries = [{"Source": "mine", "DetailType": "test", "Detail": "{}"}] * 11
    error = refused(rig.aws("events").put_events, Entries=entries)
    assert error["Code"] == "ValidationException"
    assert "Member must have length less than or equal to 10" in error["Message"]


@pytest.mark.aws("EventBridge", "Limits", SIZE)
def test_the_events_of_a_request_are_smaller_than_1_mib_together(rig: Rig) -> None:
    def entry(size: int) -> dict[str, str]:
        frame = {"Source": "mine", "DetailType": "test", "Detail": '{"x": ""}'}
        padding = "x" * (size - sum(map(len, frame.values())))
        return {**frame, "Detail": f'{{"x": "{padding}"}}'}

    put_events, half = rig.aws("events").put_events, 512 * 1024
    assert put_events(Entries=[entry(half), entry(half - 1)])["FailedEntryCount"] == 0
    error = refused(put_events, Entries=[entry(half), entry(half)])
    assert error["Message"] == "Total size of the entries in the request is over the limit."


@pytest.mark.aws("EventBridge", "Event patterns", OPERATORS)
@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ({"a": ["x", 1]}, {"a": 1}, {"a": "1"}),
        ({"a": [None]}, {"a": None}, {"a": 0}),
        ({"a": ["x"]}, {"a": ["y", "x"]}, {"a": ["y"]}),
        ({"a": ["x"], "b": {"c": ["y"]}}, {"a": "x", "b": {"c": "y"}}, {"a": "x", "b": {"c": "z"}}),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, {"a": "cab"}),
        ({"a": [{"prefix": {"equals-ignore-case": "AB"}}]}, {"a": "abc"}, {"a": "cab"}),
        ({"a": [{"suffix": ".gz"}]}, {"a": "x.gz"}, {"a": "x.gz.txt"}),
        ({"a": [{"equals-ignore-case": "AbC"}]}, {"a": "aBc"}, {"a": "ab"}),
        ({"a": [{"wildcard": "raw/*/x\\*.gz"}]}, {"a": "raw/2026/01/x*.gz"}, {"a": "raw/2026/xy.gz"}),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, {"a": "x"}),
        ({"a": [{"anything-but": 5}]}, {"a": 6}, {}),
        ({"a": [{"anything-but": {"prefix": "tmp"}}]}, {"a": "x"}, {"a": "tmp/x"}),
        ({"a": [{"anything-but": {"suffix": [".tmp", ".crc"]}}]}, {"a": "x"}, {"a": "x.crc"}),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}, {"a": 0}),
        ({"a": [{"numeric": ["=", 3]}]}, {"a": 3.0}, {"a": "3"}),
        ({"a": [{"exists": True}]}, {"a": 1}, {"b": 1}),
        ({"a": {"b": [{"exists": False}]}}, {"c": 1}, {"a": {"b": 1}}),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.7"}, {"a": "10.0.1.7"}),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, {"a": "y", "b": "x"}),
        ({"a": [{"exists": False}, "x"]}, {}, {"a": "y"}),
    ],
)
def test_a_pattern_matches_as_its_operators_say(pattern: Any, matching: Any, other: Any) -> None:
    test = patterns.parse(json.dumps(pattern))
    assert (test(matching), test(other)) == (True, False)


@pytest.mark.aws("EventBridge", "Event patterns", PATTERNS)
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({"source": "mine"}, '"source" must be an object or an array'),
        ({"source": []}, "Empty arrays are not allowed"),
        ({"source": [{"regex": "x"}]}, "Unrecognized match type regex"),
        ({"source": [{"numeric": ["~", 1]}]}, "numeric takes one comparison"),
        ({"source": [{"exists": "yes"}]}, "exists match pattern must be either true or false"),
        ({}, "Empty patterns are not allowed"),
    ],
)
def test_a_pattern_that_says_what_there_is_not_is_refused_by_name(rig: Rig, pattern: Any, reason: str) -> None:
    error = refused(rig.aws("events").put_rule, Name="never", EventPattern=json.dumps(pattern))
    assert error["Code"] == "InvalidEventPatternException"
    assert reason in error["Message"]


@pytest.mark.aws("EventBridge", "Event patterns", TEST_PATTERN)
def test_a_pattern_can_be_tried_on_an_event(rig: Rig) -> None:
    event, test = json.dumps({"source": "mine"}), rig.aws("events").test_event_pattern
    assert test(EventPattern='{"source": ["mine"]}', Event=event)["Result"] is True
    assert test(EventPattern='{"source": ["other"]}', Event=event)["Result"] is False


@pytest.mark.aws("EventBridge", "Target input", TRANSFORM)
def test_a_target_gets_fixed_text_or_a_part_of_the_event_or_a_filled_template() -> None:
    event = {"source": "mine", "detail-type": "t", "detail": {"n": 1, "text": 'a "b"', "list": [{"x": 2}]}}
    paths = {
        "n": "$.detail.n",
        "text": "$.detail.text",
        "x": "$.detail.list[0].x",
        "kind": "$.detail-type",
        "no": "$.a",
    }
    template = '{"n": <n>, "t": <text>, "s": "<kind>: <text> <x>", "no": <no>, "rule": "<aws.events.rule-name>"}'
    transformer = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    assert target_input.of({"Input": '{"fixed": 1}'}, event, {}) == '{"fixed": 1}'
    assert json.loads(target_input.of({"InputPath": "$.detail.list"}, event, {})) == [{"x": 2}]
    assert json.loads(target_input.of(transformer, event, {"aws.events.rule-name": "r"})) == {
        "n": 1,
        "t": 'a "b"',
        "s": 't: a "b" 2',
        "no": None,
        "rule": "r",
    }


@pytest.mark.aws("EventBridge", "Permissions", POLICIES)
def test_a_function_is_invoked_that_lets_the_rule_in(rig: Rig) -> None:
    name, results = rule(rig), lambda_rig.queue(rig)
    function = recording_function(rig, results)
    permit(rig, function, SERVICE, rule_arn(name))
    rig.aws("events").put_targets(Rule=name, Targets=[{"Id": "f", "Arn": function, "InputPath": "$.detail"}])
    put(rig, name, {"n": 1})
    assert body(results) == {"n": 1}


@pytest.mark.aws("EventBridge", "Permissions", DEAD_LETTERS)
def test_a_target_that_does_not_let_the_rule_in_is_not_tried_again_and_the_event_goes_to_the_dead_letter_queue(
    rig: Rig,
) -> None:
    name = rule(rig)
    dead = open_queue(rig, SERVICE, rule_arn(name))
    queue = queue_behind(rig, name, DeadLetterConfig={"Arn": dead.arn})
    admit(rig, queue, SERVICE, rule_arn("another"))
    put(rig, name, {"n": 1})
    message = dead.message()
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert attribute(message, "ERROR_CODE") == "NO_PERMISSIONS"
    assert attribute(message, "RULE_ARN") == rule_arn(name)
    assert attribute(message, "TARGET_ARN") == queue.arn
    assert attribute(message, "RETRY_ATTEMPTS") == "0"
    assert attribute(message, "EXHAUSTED_RETRY_CONDITION") is None
    assert queue.size() == 0


@pytest.mark.aws("EventBridge", "Targets", TARGETS)
def test_a_glue_job_is_no_target_and_targets_that_the_local_cloud_lacks_are_refused_by_name(rig: Rig) -> None:
    name, targets = rule(rig), rig.aws("events").put_targets
    job = "arn:aws:glue:us-east-1:123456789012:job/curate"
    error = refused(targets, Rule=name, Targets=[{"Id": "job", "Arn": job}])
    assert error["Code"] == "ValidationException"
    assert "Provided Arn is not in correct format" in error["Message"]
    workflow = "arn:aws:glue:us-east-1:123456789012:workflow/w"
    assert workflow in refused(targets, Rule=name, Targets=[{"Id": "w", "Arn": workflow}])["Message"]
    queue = lambda_rig.queue(rig)
    both = {"Id": "q", "Arn": queue.arn, "Input": "{}", "InputPath": "$.detail"}
    assert "Only one of" in refused(targets, Rule=name, Targets=[both])["Message"]
    assert rig.aws("events").list_targets_by_rule(Rule=name)["Targets"] == []


@pytest.mark.aws("EventBridge", "Limits", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html")
def test_a_rule_has_five_targets_at_most(rig: Rig) -> None:
    name, put_targets, arn = rule(rig), rig.aws("events").put_targets, lambda_rig.queue(rig).arn
    put_targets(Rule=name, Targets=[{"Id": str(number), "Arn": arn} for number in range(5)])
    put_targets(Rule=name, Targets=[{"Id": "0", "Arn": arn}])
    assert refused(put_targets, Rule=name, Targets=[{"Id": "5", "Arn": arn}])["Code"] == "LimitExceededException"


@pytest.mark.aws(
    "EventBridge", "Rules", "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html"
)
def test_a_rule_that_has_targets_cannot_be_deleted(rig: Rig) -> None:
    name, client = rule(rig), rig.aws("events")
    client.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": lambda_rig.queue(rig).arn}])
    assert refused(client.delete_rule, Name=name)["Code"] == "ValidationException"
    client.remove_targets(Rule=name, Ids=["queue"])
    client.delete_rule(Name=name)
    assert refused(client.describe_rule, Name=name)["Code"] == "ResourceNotFoundException"


@pytest.mark.aws(
    "EventBridge", "Permissions", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html"
)
def test_a_function_puts_events_if_its_role_may(rig: Rig) -> None:
    name, role = rule(rig), lambda_rig.role(rig, "logs:PutLogEvents")
    queue = queue_behind(rig, name)
    source = """
    import boto3
    def handler(event, context):
        return boto3.client("events").put_events(Entries=[event])["FailedEntryCount"]
    """
    function = lambda_rig.function(rig, source, role)
    entry = {"Source": name, "DetailType": "test", "Detail": "{}"}
    answer, _ = rig.invoke(function, entry)
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    assert f"not authorized to perform: events:PutEvents on resource: {bus}" in answer["errorMessage"]
    lambda_rig.permit(rig, role, "events:PutEvents")
    assert rig.invoke(function, entry)[0] == 0
    assert body(queue)["source"] == name


def test_what_the_local_cloud_lacks_of_event_bridge_is_refused_by_name(rig: Rig) -> None:
    client = rig.aws("events")
    assert "ListArchives" in refused(client.list_archives)["Message"]
    error = refused(client.put_rule, Name="r", EventBusName="mine", EventPattern='{"source": ["a"]}')
    assert "the event bus mine" in error["Message"]


@pytest.mark.aws("EventBridge", "Rules", DISABLE_RULE)
def test_a_rule_that_is_disabled_delivers_nothing(rig: Rig) -> None:
    name, other = rule(rig), rule(rig)
    queue = queue_behind(rig, name)
    rig.aws("events").disable_rule(Name=name)
    put(rig, name, {"n": 1})
    rig.aws("events").enable_rule(Name=name)
    put(rig, name, {"n": 2})
    assert other != name
    assert body(queue)["detail"] == {"n": 2}
    assert queue.size() == 0


@pytest.mark.aws("EventBridge", "Scheduled rules", SCHEDULES)
def test_a_scheduled_rule_sends_a_scheduled_event_at_each_interval_while_it_is_enabled(rig: Rig) -> None:
    name = rule(rig, ScheduleExpression="rate(5 minutes)")
    queue = queue_behind(rig, name)
    runs = [run for run in tick(rig, "+11m") if run["name"] == rule_arn(name)]
    assert [run["outcome"] for run in runs] == [f"{queue.arn} delivered"] * 2
    event = body(queue)
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [rule_arn(name)]
    assert event["time"] in [run["time"] for run in runs]
    rig.aws("events").disable_rule(Name=name)
    assert [run for run in tick(rig, "+1h") if run["name"] == rule_arn(name)] == []


@pytest.mark.aws("EventBridge", "Scheduled rules", RATES)
@pytest.mark.parametrize("text", ["rate(5 minute)", "rate(0 minutes)", "cron(0 * * * * *)", "at(2030-01-01T00:00:00)"])
def test_a_schedule_that_is_not_well_formed_is_refused(rig: Rig, text: str) -> None:
    error = refused(rig.aws("events").put_rule, Name="never", ScheduleExpression=text)
    assert (error["Code"], error["Message"]) == ("ValidationException", "Parameter ScheduleExpression is not valid.")
