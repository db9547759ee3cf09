"""API Gateway in front of Firehose and Kinesis: the contract's own API document, with a real stream behind it."""

import gzip
import json
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from contracts import load, openapi
from contracts.direct_path import StreamService
from rapid.local.quotas import Tank

from .cloud_rig import REGION, Rig

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
INTEGRATION = f"{_GUIDE}/getting-started-aws-proxy.html"
VALIDATION = f"{_GUIDE}/api-gateway-method-request-validation.html"
PASSTHROUGH = f"{_GUIDE}/integration-passthrough-behaviors.html"
RESPONSES = f"{_GUIDE}/api-gateway-integration-settings-integration-response.html"
KNOWN_ISSUES = f"{_GUIDE}/api-gateway-known-issues.html"
KINESIS_LIMITS = "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"
FIREHOSE_QUOTAS = "https://docs.aws.amazon.com/firehose/latest/dev/limits.html"

pytestmark = pytest.mark.aws("API Gateway", "AWS service integration", INTEGRATION)

CLICK = {
    "element_clicked": "entree_1",
    "time_spent": 67,
    "source_menu": "restaurant_name",
    "created_at": "2022\u201309\u201311 23:00:00",
}
CONTRACT = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "clicks",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "clicks",
            "properties": [
                {"name": "event_id", "logicalType": "string", "primaryKey": True},
                {"name": "element_clicked", "logicalType": "string", "required": True},
                {"name": "time_spent", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}},
                {"name": "source_menu", "logicalType": "string", "logicalTypeOptions": {"maxLength": 20}},
                {
                    "name": "created_at",
                    "logicalType": "timestamp",
                    "required": True,
                    "customProperties": [{"property": "aliases", "value": ["createdAt"]}],
                },
            ],
        }
    ],
    "slaProperties": [{"property": "retention", "value": 30, "unit": "d"}],
    "customProperties": [
        {"property": "path", "value": "/poc"},
        {"property": "delivery", "value": "direct"},
        {"property": "authentication", "value": "none"},
        {"property": "eventTime", "value": "created_at"},
        {"property": "throttle", "value": {"ratePerSecond": 1000, "burst": 1000}},
    ],
}


@pytest.fixture(params=["firehose", "kinesis"])
def clicks(rig: Rig, tmp_path: Any, request: pytest.FixtureRequest) -> Any:
    """The API of one direct source; `.stored()` gives the envelopes that reached the stream."""
    (tmp_path / "clicks.yaml").write_text(yaml.safe_dump(CONTRACT))
    contract, service = load(tmp_path / "clicks.yaml"), StreamService(request.param)
    bucket, stream, role = rig.name("bucket"), rig.name("stream"), rig.role()
    if service is StreamService.KINESIS:
        rig.aws("kinesis").create_stream(StreamName=stream, ShardCount=1)
    else:
        rig.aws("s3").create_bucket(Bucket=bucket)
        destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}", "CompressionFormat": "GZIP"}
        rig.aws("firehose").create_delivery_stream(
            DeliveryStreamName=stream, ExtendedS3DestinationConfiguration=destination
        )
    uri = f"arn:aws:apigateway:{REGION}:{service}:action/PutRecord"
    integrations = openapi.Integrations(None, uri, role, {"clicks": stream}, stream_service=service)
    api = rig.api(openapi.document("clicks", [contract], integrations))

    def post(body: Any, content_type: str | None = "application/json", **more: str) -> Any:
        headers = {"content-type": content_type, **more} if content_type else more
        sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return api.request("POST", "/poc", body=sent, headers=headers)

    def records() -> list[dict[str, Any]]:
        kinesis = rig.aws("kinesis")
        [shard] = kinesis.list_shards(StreamName=stream)["Shards"]
        place = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        found: list[dict[str, Any]] = kinesis.get_records(
            ShardIterator=kinesis.get_shard_iterator(**place)["ShardIterator"]
        )["Records"]
        return found

    def delete() -> None:
        if service is StreamService.KINESIS:
            rig.aws("kinesis").delete_stream(StreamName=stream)
        else:
            rig.aws("firehose").delete_delivery_stream(DeliveryStreamName=stream)

    def stored() -> list[Any]:
        if service is StreamService.KINESIS:
            return [json.loads(line) for record in records() for line in record["Data"].splitlines()]
        rig.http.request("POST", f"{rig.url}/_rapid/flush")
        s3 = rig.aws("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        content = b"".join(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys)
        return [json.loads(line) for line in content.splitlines()]

    return SimpleNamespace(post=post, stored=stored, records=records, delete=delete)


def test_an_event_is_answered_200_and_lies_unchanged_in_an_envelope_on_the_stream(clicks: Any) -> None:
    answer = clicks.post(CLICK)

    assert answer.status == 200
    assert answer.json() == {"accepted": 1, "errors": [], "requestId": answer.headers["x-amz-apigw-id"]}
    [envelope] = clicks.stored()
    assert envelope["body"] == CLICK
    assert envelope["id"] == answer.headers["x-amz-apigw-id"] + "-0"
    assert type(envelope["receivedAt"]) is int


def test_each_event_is_a_line_of_its_own_with_an_id_of_its_own(clicks: Any) -> None:
    for _ in range(5):
        assert clicks.post(CLICK).status == 200

    assert len({envelope["id"] for envelope in clicks.stored()}) == 5


@pytest.mark.aws("API Gateway", "Request validation", VALIDATION)
def test_an_alias_of_a_required_field_satisfies_the_model(clicks: Any) -> None:
    named = {("createdAt" if name == "created_at" else name): value for name, value in CLICK.items()}

    assert clicks.post(named).status == 200
    assert clicks.post({**CLICK, "created_at": None, "notes": 'a "quoted" $word #if \\ line\nbreak'}).status == 400


def test_an_array_is_one_record_with_a_line_for_each_event(clicks: Any) -> None:
    events = [{**CLICK, "time_spent": number, "notes": '$x "q" #end'} for number in range(500)]
    answer = clicks.post(events)

    request = answer.headers["x-amz-apigw-id"]
    assert (answer.status, answer.json()) == (200, {"accepted": 500, "errors": [], "requestId": request})
    envelopes = clicks.stored()
    assert [envelope["body"] for envelope in envelopes] == events
    assert [envelope["id"] for envelope in envelopes] == [f"{request}-{index}" for index in range(500)]


def test_each_event_of_an_array_has_the_idempotency_key_and_its_index(clicks: Any) -> None:
    assert clicks.post([CLICK, CLICK], **{"Idempotency-Key": "visit-1"}).status == 200

    assert [envelope["key"] for envelope in clicks.stored()] == ["visit-1-0", "visit-1-1"]


@pytest.mark.aws("API Gateway", "Request validation", KNOWN_ISSUES)
@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (0, "holds no event"),
        (501, "holds 501 events; send at most 500 in one request"),
        # Past where #foreach ends.
        (1001, "holds 1001 events; send at most 500 in one request"),
    ],
)
def test_an_array_that_no_model_can_limit_is_refused_by_the_template(clicks: Any, count: int, reason: str) -> None:
    answer = clicks.post([CLICK] * count)

    assert answer.status == 400
    assert answer.json()["message"] == f"Nothing was accepted: the body {reason}"
    assert answer.json()["errors"] == [{"index": 0, "field": "body", "reason": reason}]
    assert clicks.stored() == []


def test_an_event_of_an_array_that_breaks_the_contract_is_left_to_the_transform(clicks: Any) -> None:
    assert clicks.post([CLICK, {"time_spent": "long"}]).json()["accepted"] == 2


@pytest.mark.aws("API Gateway", "Limits", FIREHOSE_QUOTAS)
def test_an_array_longer_than_a_record_of_firehose_is_refused_whole(clicks: Any) -> None:
    answer = clicks.post([{**CLICK, "notes": "x" * 11_000}] * 100)

    assert (answer.status, answer.json()["errors"]) == (413, [])
    assert clicks.stored() == []


def test_what_looks_like_a_template_in_an_event_is_stored_as_it_is(clicks: Any) -> None:
    event = {**CLICK, "notes": '$context.stage #set($x = 1) "quoted" \\ back\nline \u2028'}
    assert clicks.post(event).status == 200

    assert clicks.stored()[0]["body"] == event


@pytest.mark.aws("API Gateway", "Request validation", VALIDATION)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, 'object has missing required properties (["element_clicked"])'),
        ({**CLICK, "time_spent": "long"}, "instance type (string) does not match any allowed primitive type"),
        ({**CLICK, "time_spent": -1}, "numeric instance is lower than the required minimum (minimum: 0, found: -1)"),
        ({**CLICK, "source_menu": "x" * 21}, "is too long (length: 21, maximum allowed: 20)"),
        ({**CLICK, "source_menu": "\u2028" * 21}, f'string "{"?" * 21}" is too long'),
        (["a", CLICK], "instance failed to match at least one required schema among 2"),
        (7, "instance failed to match at least one required schema among 2"),
        (b"{", "Could not parse request body into json"),
    ],
)
def test_a_body_that_breaks_the_model_is_refused_with_the_reason_in_a_header(
    clicks: Any, body: Any, reason: str
) -> None:
    answer = clicks.post(body)

    assert answer.status == 400
    assert answer.json()["message"] == "Nothing was accepted; the header X-Validation-Error says why"
    assert reason in answer.headers["X-Validation-Error"]
    assert clicks.stored() == []


@pytest.mark.aws("API Gateway", "Limits", PASSTHROUGH)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_media_type_neither_skips_validation_nor_passes(clicks: Any, content_type: str) -> None:
    assert clicks.post({}, content_type).status == 400
    assert clicks.post(CLICK, content_type).status == 415
    assert clicks.stored() == []


@pytest.mark.aws("API Gateway", "AWS service integration", PASSTHROUGH)
def test_a_missing_content_type_is_taken_for_json(clicks: Any) -> None:
    assert clicks.post(CLICK, content_type=None).status == 200


@pytest.mark.aws("API Gateway", "AWS service integration", RESPONSES)
def test_an_event_that_the_stream_does_not_take_is_answered_503_to_be_sent_again(clicks: Any) -> None:
    clicks.delete()
    answer = clicks.post(CLICK)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "send it again later" in answer.json()["message"]


@pytest.mark.aws("API Gateway", "Limits", FIREHOSE_QUOTAS)
def test_an_event_longer_than_a_record_of_firehose_is_refused(clicks: Any) -> None:
    answer = clicks.post({**CLICK, "notes": "x" * 1_100_000})

    assert answer.status == 413
    assert "1000 KiB" in answer.json()["message"]


@pytest.mark.aws("API Gateway", "AWS service integration", KINESIS_LIMITS)
@pytest.mark.parametrize("clicks", ["kinesis"], indirect=True)
def test_a_shard_without_room_this_second_is_answered_503_to_be_sent_again(
    clicks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tank, "level", property(lambda tank: tank._level))  # the second goes on
    events = [{**CLICK, "notes": "x" * 9_000}] * 100
    answers = [clicks.post(events) for _ in range(3)]

    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers["Retry-After"] == "5" for answer in answers if answer.status == 503)
    assert len(clicks.stored()) == 100 * sum(answer.status == 200 for answer in answers)
    assert len({record["PartitionKey"] for record in clicks.records()}) == len(clicks.records())
