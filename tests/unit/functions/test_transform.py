"""The transform: packed envelopes in, rows out, bad events into quarantine."""

import base64
import hashlib
import hmac
import json
import os

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import folders

ORDER = {
    "timestamp": "2026-03-14T13:30:00-05:00",
    "menuItem": "Crème brûlée",
    "quantity": 2,
    "price": 15.99,
    "customerId": "cust123",
    "restaurantId": "rest456",
}
RECEIVED = "2026-03-14T18:31:00.123Z"
ARRIVED = 1773513060123


def envelope(identifier="x1-0", body=None, received_at=RECEIVED):
    return json.dumps({"id": identifier, "receivedAt": received_at, "body": ORDER if body is None else body}).encode()


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="quarantine")
    return client


@pytest.fixture
def transform(package, s3):
    modules = package("transform", SOURCE="orders", QUARANTINE_BUCKET="quarantine")

    def run(*records: bytes):
        event = {
            "records": [
                {
                    "recordId": f"record-{number}",
                    "approximateArrivalTimestamp": ARRIVED,
                    "data": base64.b64encode(record).decode(),
                }
                for number, record in enumerate(records)
            ]
        }
        return modules.handler.handler(event, None)["records"]

    run.modules = modules
    return run


def rows(answer):
    return [json.loads(line) for line in base64.b64decode(answer["data"]).splitlines()]


def quarantined(s3):
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="quarantine").get("Contents", [])]
    return {key: json.load(s3.get_object(Bucket="quarantine", Key=key)["Body"]) for key in keys}


def test_a_packed_record_becomes_one_row_a_line_ending_in_a_newline(transform):
    [answer] = transform(envelope("x1-0") + b"\n" + envelope("x1-1", {**ORDER, "event_id": "mine"}) + b"\n")

    assert (answer["recordId"], answer["result"]) == ("record-0", "Ok")
    assert base64.b64decode(answer["data"]).endswith(b"}\n")
    first, second = rows(answer)
    assert first == {
        "event_id": "x1-0",
        "timestamp": "2026-03-14 18:30:00.000",
        "menuitem": "Crème brûlée",
        "quantity": 2,
        "price": 15.99,
        "customerid": "cust123",
        "restaurantid": "rest456",
        "received_at": "2026-03-14 18:31:00.123",
        "ingest_id": "x1-0",
    }
    assert (second["event_id"], second["ingest_id"]) == ("mine", "x1-1")


def test_every_record_is_answered_once_and_in_order(transform):
    answers = transform(envelope("a"), b"", envelope("b", {}), envelope("c"))

    assert [(answer["recordId"], answer["result"]) for answer in answers] == [
        ("record-0", "Ok"),
        ("record-1", "Dropped"),
        ("record-2", "Dropped"),
        ("record-3", "Ok"),
    ]


def test_a_bad_event_is_quarantined_with_its_reasons_and_its_neighbours_pass(transform, s3):
    [answer] = transform(envelope("a") + b"\n" + envelope("b", {**ORDER, "price": "free"}) + b"\n" + envelope("c"))

    assert [row["ingest_id"] for row in rows(answer)] == ["a", "c"]
    [(key, kept)] = quarantined(s3).items()
    assert key.startswith("orders/2026/03/14/")
    assert kept["id"] == "b"
    assert kept["errors"] == [{"field": "price", "reason": "must be a number, not string"}]
    assert kept["event"]["price"] == "free"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"menuItem=Pasta", "is not JSON"),
        (b"[1, 2]", "must be a JSON object with id, receivedAt and body"),
        (json.dumps(ORDER).encode(), "must hold id as a string"),
        (b'{"id": "a", "receivedAt": "2026-03-14T18:31:00Z", "body": [1]}', "must hold body as an object"),
        (b'{"id": "\\ud800", "receivedAt": "2026-03-14T18:31:00Z", "body": {}}', "id of Unicode text"),
        (b'{"id": "a", "receivedAt": "now", "body": {}}', "must be an ISO 8601 date and time"),
        (b"\xff\xfe", "is not JSON"),
    ],
)
def test_what_did_not_come_through_the_api_is_quarantined_by_its_place(transform, s3, line, reason):
    [answer] = transform(line + b"\n" + envelope("good"))

    assert [row["ingest_id"] for row in rows(answer)] == ["good"]
    [(key, kept)] = quarantined(s3).items()
    assert key.startswith("orders/2026/03/14/")
    assert reason in kept["errors"][0]["reason"]
    assert kept["event"]


def test_a_repeated_invocation_writes_the_same_objects_again(transform, s3):
    records = [envelope("bad", {}), b"noise", b"noise"]
    transform(*records)
    before = set(quarantined(s3))
    transform(*records)

    assert len(before) == 3
    assert set(quarantined(s3)) == before


def test_a_quarantine_that_cannot_be_written_fails_the_invocation_so_that_firehose_repeats_it(transform, s3):
    s3.delete_bucket(Bucket="quarantine")

    with pytest.raises(ClientError, match="NoSuchBucket"):
        transform(envelope("bad", {}))


def test_an_event_without_a_time_of_its_own_happened_when_it_was_received(package, s3):
    handler = package("transform", SOURCE="events", QUARANTINE_BUCKET="quarantine").handler
    lines = b"\n".join(
        envelope(name, {"event_type": "login", **time})
        for name, time in (("a", {}), ("b", {"timestamp": None}), ("c", {"timestamp": "2026-03-01T00:00:00Z"}))
    )
    event = {"recordId": "r", "approximateArrivalTimestamp": ARRIVED, "data": base64.b64encode(lines).decode()}

    [answer] = handler.handler({"records": [event]}, None)["records"]

    assert [row["timestamp"] for row in rows(answer)] == [
        "2026-03-14 18:31:00.123",
        "2026-03-14 18:31:00.123",
        "2026-03-01 00:00:00.000",
    ]


def test_no_state_is_kept_between_invocations(transform):
    transform(envelope("a"))

    assert len(transform(envelope("b"))) == 1


def test_an_answer_too_large_for_lambda_leaves_records_to_the_error_prefix(transform):
    notes = {**ORDER, "notes": "x" * 250_000}
    answers = transform(*[envelope(str(number), notes) for number in range(20)])

    assert sum(len(answer.get("data", "")) for answer in answers) < 6_000_000
    assert {answer["result"] for answer in answers} == {"Ok", "ProcessingFailed"}
    assert len(answers) == 20


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200), max_size=3))
def test_whatever_lies_on_the_stream_every_line_becomes_a_row_or_a_quarantined_event(transform, s3, records):
    for key in quarantined(s3):
        s3.delete_object(Bucket="quarantine", Key=key)

    answers = transform(*records)

    sent = sum(bool(line.strip()) for record in records for line in record.split(b"\n"))
    made = sum(len(rows(answer)) for answer in answers)
    assert made + len(quarantined(s3)) == sent


USER = {"name": "Ada Example", "address": "1 Example Street"}


@pytest.fixture
def kms(aws, monkeypatch):
    """KMS with a key for pseudonyms."""
    client = aws.client("kms")
    key = client.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")["KeyMetadata"]["Arn"]
    monkeypatch.setenv("PSEUDONYM_KEY_ARN", key)
    return client


@pytest.fixture
def users(package, s3, kms):
    handler = package("transform", SOURCE="users", QUARANTINE_BUCKET="quarantine").handler

    def run(*records):
        answers = [
            {"recordId": str(number), "approximateArrivalTimestamp": ARRIVED, "data": base64.b64encode(record).decode()}
            for number, record in enumerate(records)
        ]
        return handler.handler({"records": answers}, None)["records"]

    return run


def test_an_event_of_no_interest_reaches_no_row_and_its_id_is_kept(users, s3):
    lines = [envelope("a", USER), envelope("b", {**USER, "contact": "ada@example.com"}), envelope("c", USER)]

    answers = users(b"\n".join(lines), envelope("d", USER))

    assert [answer["result"] for answer in answers] == ["Ok", "Dropped"]
    assert [row["ingest_id"] for row in rows(answers[0])] == ["b"]
    [(key, kept)] = quarantined(s3).items()
    assert key.startswith(f"{folders.FILTERED}/users/2026/03/14/")
    assert kept == {"source": "users", "ids": ["a", "c", "d"]}


def test_a_repeated_invocation_writes_the_ids_of_no_interest_once(users, s3):
    for _attempt in range(2):
        users(envelope("a", USER))
    assert len(quarantined(s3)) == 1


def test_ids_that_cannot_be_kept_fail_the_invocation_so_that_none_is_lost(users, s3):
    s3.delete_bucket(Bucket="quarantine")

    with pytest.raises(ClientError, match="NoSuchBucket"):
        users(envelope("a", USER))


def test_a_bad_event_is_quarantined_before_anybody_asks_whether_it_is_of_interest(users, s3):
    users(envelope("a", {"name": "Ada Example"}))

    [(key, kept)] = quarantined(s3).items()
    assert (key.startswith("users/"), kept["id"]) == (True, "a")


def test_a_hashed_value_is_replaced_by_its_keyed_hash_the_same_for_the_same_value(users, kms):
    contacts = ["ada@example.com", "bo@example.com", "ada@example.com"]
    lines = [envelope(str(number), {**USER, "contact": contact}) for number, contact in enumerate(contacts)]

    [answer] = users(b"\n".join(lines))

    message = b"rapid-analytics pseudonyms"
    key_id = os.environ["PSEUDONYM_KEY_ARN"]
    key = kms.generate_mac(KeyId=key_id, MacAlgorithm="HMAC_SHA_256", Message=message)["Mac"]
    expected = [hmac.new(key, contact.encode(), hashlib.sha256).hexdigest() for contact in contacts]
    assert [row["contact"] for row in rows(answer)] == expected
    assert b"example.com" not in base64.b64decode(answer["data"])


def test_a_value_to_be_hashed_is_not_kept_beside_its_hash_whatever_its_name(users):
    [answer] = users(envelope("a", {**USER, "contact": "c1", "Contact": "secret", "CONTACT": ["secret"], "note": "n"}))

    [row] = rows(answer)
    assert row["extra"] == '{"note":"n"}'
    assert "secret" not in json.dumps(row)


def test_without_the_key_nothing_passes_and_the_invocation_fails_so_that_firehose_repeats_it(users, monkeypatch):
    monkeypatch.setenv("PSEUDONYM_KEY_ARN", "arn:aws:kms:us-east-1:123456789012:key/gone")

    with pytest.raises(ClientError, match="NotFoundException"):
        users(envelope("a", {**USER, "contact": "ada@example.com"}))


PERSONAL = st.text("abcdefghijklmnopqrstuvwxyzäß@.+ 0123456789", min_size=12, max_size=40).map("§".join)
"""Texts that nothing prints by chance."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(name=PERSONAL, address=PERSONAL, contact=PERSONAL, fault=st.sampled_from(["", "type", "missing", "length"]))
def test_no_line_that_the_transform_prints_and_no_reason_holds_personal_data(
    users, s3, capsys, name, address, contact, fault
):
    for key in quarantined(s3):
        s3.delete_object(Bucket="quarantine", Key=key)
    user = {"name": name, "address": address, "contact": contact, f"more {name}": contact}
    user |= {"type": {"contact": [contact]}, "missing": {"name": None}, "length": {"contact": contact * 40}}.get(
        fault, {}
    )

    users(envelope("a", user), json.dumps(user).encode())

    printed = capsys.readouterr()
    reasons = json.dumps([kept.get("errors") for kept in quarantined(s3).values()], ensure_ascii=False)
    for value in (name, address, contact):
        assert value not in printed.out + printed.err + reasons


def test_an_event_without_an_id_takes_the_one_that_its_request_was_given(transform):
    line = {"id": "x1-0", "receivedAt": RECEIVED, "key": "k1-0"}
    answers = transform(
        json.dumps({**line, "body": ORDER}, separators=(",", ":"), ensure_ascii=False).encode(),
        json.dumps({**line, "body": {**ORDER, "event_id": "mine"}}).encode(),
        json.dumps({**line, "body": {**ORDER, "note": "the general way"}}).encode(),
    )

    found = [(row["event_id"], row["ingest_id"]) for answer in answers for row in rows(answer)]
    assert found == [("k1-0", "x1-0"), ("mine", "x1-0"), ("k1-0", "x1-0")]


def test_a_bad_event_keeps_the_id_that_its_request_was_given(transform, s3):
    line = {"id": "x1-0", "receivedAt": RECEIVED, "key": "k1-0", "body": {**ORDER, "price": -1}}
    transform(json.dumps(line).encode())

    [kept] = quarantined(s3).values()
    assert (kept["id"], kept["key"]) == ("x1-0", "k1-0")
