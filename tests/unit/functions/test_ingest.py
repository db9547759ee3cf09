"""The ingest function: what it takes, what it answers, and where the events go."""

import base64
import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import cors
from contracts.limits import MAX_EVENTS

ORDER = {
    "timestamp": "2026-03-14T18:30:00Z",
    "menuItem": "Pasta Carbonara",
    "quantity": 2,
    "price": 15.99,
    "customerId": "cust123",
    "restaurantId": "rest456",
}


class Firehose:
    """A delivery stream that fails as it is told: each call takes the next of `failures`."""

    def __init__(self, *failures):
        self.failures, self.calls, self.stored = list(failures), [], []

    def put_record_batch(self, DeliveryStreamName, Records):
        self.calls.append([record["Data"] for record in Records])
        failing = self.failures.pop(0) if self.failures else ()
        if isinstance(failing, Exception):
            raise failing
        answers = []
        for index, record in enumerate(Records):
            if index in failing:
                answers.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.stored.append((DeliveryStreamName, record["Data"]))
                answers.append({"RecordId": "1"})
        return {"FailedPutCount": len(failing), "RequestResponses": answers}


class Kinesis(Firehose):
    """A data stream, the same."""

    def __init__(self, *failures):
        super().__init__(*failures)
        self.keys = []

    def put_records(self, StreamName, Records):
        self.keys.append([record["PartitionKey"] for record in Records])
        answer = self.put_record_batch(StreamName, [{"Data": record["Data"]} for record in Records])
        return {"FailedRecordCount": answer["FailedPutCount"], "Records": answer["RequestResponses"]}


class Queue:
    """A dead-letter queue, or one that is broken, for ever or for some attempts."""

    def __init__(self, error=None, failures=1000):
        self.error, self.failures, self.messages = error, failures, []

    def send_message(self, QueueUrl, MessageBody):
        self.failures -= 1
        if self.error and self.failures >= 0:
            raise self.error
        self.messages.append(json.loads(MessageBody))


DOWN = EndpointConnectionError(endpoint_url="https://firehose")


class Clock:
    """Seconds that pass with each look at it."""

    def __init__(self, step):
        self.step, self.now = step, 0.0

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def ingest(package, aws):
    """The function with a working stream; `.use(firehose, queue)` puts others in their place."""
    modules = package(
        "ingest",
        ROUTES='{"/events": "orders", "/users": "users"}',
        STREAMS='{"orders": "orders-stream", "users": "users-stream"}',
        DEAD_LETTER_QUEUE_URL="https://q",
    )
    naps: list[float] = []

    def use(client, queue=None, step=0.0):
        queue, way = queue or Queue(), modules.stream.to_firehose
        if isinstance(client, Kinesis):
            way = modules.stream.to_kinesis
        modules.handler._delivery = modules.delivery.Delivery(
            way(client), lambda: queue, "https://q", naps.append, Clock(step)
        )
        return client

    def post(body, content_type="application/json", **request):
        text = body if isinstance(body, str) else json.dumps(body)
        context = {"requestId": "r1", "extendedRequestId": "x1=", "requestTimeEpoch": 1773513000123}
        event = {"resource": "/events", "body": text, "headers": {"content-type": content_type}, **request}
        answer = modules.handler.handler({**event, "requestContext": context}, None)
        return SimpleNamespace(status=answer["statusCode"], headers=answer["headers"], **json.loads(answer["body"]))

    firehose = use(Firehose())
    return SimpleNamespace(post=post, use=use, firehose=firehose, naps=naps, modules=modules)


def lines(firehose):
    return [json.loads(line) for _, data in firehose.stored for line in data.splitlines()]


def test_one_order_is_accepted_and_wrapped_with_an_id_and_its_time(ingest):
    answer = ingest.post(ORDER)

    assert (answer.status, answer.accepted, answer.errors, answer.requestId) == (202, 1, [], "x1=")
    assert [stream for stream, _ in ingest.firehose.stored] == ["orders-stream"]
    assert lines(ingest.firehose) == [{"id": "x1=-0", "receivedAt": "2026-03-14T18:30:00.123Z", "body": ORDER}]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps([ORDER, ORDER]), "application/json"),
        (json.dumps(ORDER) + "\n" + json.dumps(ORDER), "application/json"),
        (json.dumps(ORDER) + "\r\n\r\n" + json.dumps(ORDER) + "\n", "application/x-ndjson"),
        ("\ufeff" + json.dumps([ORDER, ORDER], indent=2), "application/x-www-form-urlencoded"),
    ],
)
def test_an_array_and_ndjson_are_batches(ingest, body, content_type):
    answer = ingest.post(body, content_type)

    assert (answer.status, answer.accepted) == (202, 2)
    assert [line["id"] for line in lines(ingest.firehose)] == ["x1=-0", "x1=-1"]


def test_many_events_share_one_firehose_record(ingest):
    ingest.post([ORDER] * MAX_EVENTS)

    assert len(ingest.firehose.stored) == 1
    assert len(lines(ingest.firehose)) == MAX_EVENTS


def test_no_record_is_longer_than_256_kib_and_no_batch_longer_than_4_mib(ingest):
    big = {**ORDER, "notes": "x" * 20_000}
    answer = ingest.post([big] * 250)

    assert answer.accepted == 250
    assert max(len(data) for _, data in ingest.firehose.stored) <= 256 * 1024
    assert max(sum(map(len, call)) for call in ingest.firehose.calls) <= 4 * 1024 * 1024
    assert len(lines(ingest.firehose)) == 250


def test_good_events_are_accepted_and_bad_ones_named_by_index(ingest):
    answer = ingest.post([ORDER, {**ORDER, "price": -1}, 7, ORDER])

    assert (answer.status, answer.accepted) == (202, 2)
    assert answer.errors == [
        {"index": 1, "field": "price", "reason": "must be 0 or more"},
        {"index": 2, "field": "event", "reason": "must be a JSON object"},
    ]
    assert [line["id"] for line in lines(ingest.firehose)] == ["x1=-0", "x1=-3"]


def test_an_event_whose_names_are_no_text_is_refused_in_text(ingest):
    answer = ingest.post(json.dumps({**ORDER, "\ud800": 1}))

    assert answer.status == 400
    assert answer.errors == [{"index": 0, "field": "?", "reason": "holds a value that is not JSON text"}]


def test_a_broken_ndjson_line_is_named_and_the_others_accepted(ingest):
    answer = ingest.post(json.dumps(ORDER) + "\n{oops\n" + json.dumps(ORDER), "application/x-ndjson")

    assert (answer.status, answer.accepted) == (202, 2)
    assert [error["index"] for error in answer.errors] == [1]
    assert "line 2 is not JSON" in answer.errors[0]["reason"]


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ("", "body", "is empty; send"),
        ("  \n", "body", "is empty; send"),
        ("[]", "body", "holds no event"),
        ("{", "body", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        ('{"a": 1,\n "b": }', "body", "at line 2, column 7"),
        ("menuItem=Pasta", "body", "not JSON"),
        ('"Pasta"', "event", "must be a JSON object"),
        ("null", "event", "must be a JSON object"),
        ('{"price": NaN}', "body", "NaN is not a JSON number"),
        ("[" * 100_000, "body", "nested too deeply"),
        ('{"price": ' + "9" * 5000 + "}", "body", "not JSON"),
        (json.dumps([ORDER] * (MAX_EVENTS + 1)), "body", "holds 501 events; send at most 500"),
        (json.dumps({**ORDER, "price": "free"}), "price", "must be a number, not string"),
        (json.dumps({**ORDER, "notes": "x" * 300_000}), "event", "an event may have 262144"),
    ],
)
def test_a_body_without_any_good_event_is_refused_naming_the_fault(ingest, body, field, reason):
    answer = ingest.post(body)

    assert answer.status == 400
    assert answer.errors[0]["field"] == field
    assert reason in answer.errors[0]["reason"]
    assert answer.message.startswith(f"No event was accepted: {field} ")
    assert ingest.firehose.stored == []


@pytest.mark.parametrize("value", ['"\\ud800"', '{"a": ["\\udfff"]}', "1e999"])
def test_a_value_that_is_no_text_is_refused_even_under_a_name_that_is_not_looked_at(ingest, value):
    """`Contact` is such a name, since the field `contact` is hashed; the event travels with it all the same."""
    answer = ingest.post(f'{{"name": "Ada", "address": "Street", "Contact": {value}}}', resource="/users")

    reason = "holds a value that is not JSON text"
    assert (answer.status, answer.errors) == (400, [{"index": 0, "field": "event", "reason": reason}])
    assert ingest.firehose.stored == []


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("resource", ["/events", "/users"])
def test_no_depth_of_nesting_is_a_fault_of_the_function(ingest, resource, opening, closing):
    good = {"/events": ORDER, "/users": {"name": "Ada", "address": "Street"}}[resource]
    for depth in range(900, 1010):
        value = opening * depth + "1" + closing * depth
        answer = ingest.post(json.dumps(good)[:-1] + f', "Contact": {value}}}', resource=resource)
        assert answer.status in (202, 400)


def test_a_body_that_is_not_utf_8_is_refused_and_a_base64_one_is_read(ingest):
    latin = base64.b64encode("é".encode("latin-1")).decode()
    assert "not UTF-8" in ingest.post(latin, isBase64Encoded=True).message

    encoded = base64.b64encode(json.dumps(ORDER).encode()).decode()
    assert ingest.post(encoded, isBase64Encoded=True).accepted == 1


def test_only_the_failed_records_are_put_again_with_pauses_between(ingest):
    firehose = ingest.use(Firehose({0}, {0}))
    answer = ingest.post([{**ORDER, "notes": str(n) + "x" * 200_000} for n in range(3)])

    assert (answer.status, answer.accepted) == (202, 3)
    assert [len(call) for call in firehose.calls] == [3, 1, 1]
    assert sorted(line["id"] for line in lines(firehose)) == ["x1=-0", "x1=-1", "x1=-2"]
    assert len(ingest.naps) == 2


def test_a_data_stream_takes_the_same_records_and_only_the_failed_ones_again_by_the_same_keys(ingest):
    kinesis = ingest.use(Kinesis({0, 2}, {1}))
    answer = ingest.post([{**ORDER, "notes": str(n) + "x" * 200_000} for n in range(3)])

    assert (answer.status, answer.accepted, answer.errors) == (202, 3, [])
    assert kinesis.keys == [["x1=-0", "x1=-1", "x1=-2"], ["x1=-0", "x1=-2"], ["x1=-2"]]
    assert sorted(line["id"] for line in lines(kinesis)) == ["x1=-0", "x1=-1", "x1=-2"]
    assert {stream for stream, _ in kinesis.stored} == {"orders-stream"}


def test_a_data_stream_has_the_time_that_a_shard_needs_for_a_long_request_then_the_dead_letter_queue_takes_over(ingest):
    queue, big = Queue(), [{**ORDER, "notes": "x" * 200_000}]
    kinesis = ingest.use(Kinesis(*[{0}] * 12))
    assert ingest.post(big).accepted == 1
    assert (len(kinesis.calls), queue.messages) == (13, [])

    kinesis = ingest.use(Kinesis(*[{0}] * 100), queue, step=2.0)
    assert ingest.post(big).accepted == 1
    assert len(queue.messages) == 1
    assert "ServiceUnavailableException" in queue.messages[0]["reason"]


def test_what_the_stream_never_takes_goes_to_the_dead_letter_queue_and_counts_as_accepted(ingest):
    queue = Queue()
    ingest.use(Firehose(DOWN, DOWN, DOWN, DOWN), queue)
    answer = ingest.post([ORDER, ORDER])

    assert (answer.status, answer.accepted, answer.errors) == (202, 2, [])
    [message] = queue.messages
    assert message["source"] == "orders"
    assert "Could not connect" in message["reason"]
    assert len(base64.b64decode(message["record"]).splitlines()) == 2


def test_a_dead_letter_queue_that_fails_at_first_is_tried_again(ingest):
    queue = Queue(DOWN, failures=2)
    ingest.use(Firehose(*[DOWN] * 4), queue)
    answer = ingest.post(ORDER)

    assert (answer.status, answer.accepted, len(queue.messages)) == (202, 1, 1)
    assert len(ingest.naps) == 3 + 2


def test_no_attempt_begins_when_api_gateway_would_not_wait_for_its_end(ingest):
    big = [{**ORDER, "notes": str(n) + "x" * 200_000} for n in range(20)]
    firehose, queue = Firehose(*[DOWN] * 100), Queue(DOWN)
    ingest.use(firehose, queue, step=5.0)
    answer = ingest.post(big)

    assert (answer.status, len(answer.errors)) == (503, 20)
    assert len(firehose.calls) == 2
    assert 1000 - queue.failures == 1


def test_what_is_left_when_the_time_for_the_stream_is_over_goes_to_the_dead_letter_queue(ingest):
    queue = Queue()
    firehose = ingest.use(Firehose(*[DOWN] * 100), queue, step=0.9)
    answer = ingest.post([{**ORDER, "notes": str(n) + "x" * 200_000} for n in range(15)])

    assert (answer.status, answer.accepted, answer.errors) == (202, 15, [])
    assert len(queue.messages) == 15
    assert len(firehose.calls) == 4
    assert "no time was left to try" in queue.messages[-1]["reason"]


def test_events_that_nothing_takes_are_answered_503_and_were_not_accepted(ingest):
    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessage")
    ingest.use(Firehose(*[DOWN] * 4), Queue(refusal))
    answer = ingest.post(ORDER)

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.errors == [{"index": 0, "field": "event", "reason": "could not be stored; send it again"}]


def test_when_only_some_events_are_stored_the_others_are_named_to_be_sent_again(ingest):
    ingest.use(Firehose(*[{1}, {0}, {0}, {0}]), Queue(DOWN))
    answer = ingest.post([{**ORDER, "notes": str(n) + "x" * 200_000} for n in range(2)])

    assert (answer.status, answer.accepted) == (202, 1)
    assert answer.errors == [{"index": 1, "field": "event", "reason": "could not be stored; send it again"}]


def test_no_field_of_an_event_reaches_the_log(ingest, capsys):
    ingest.use(Firehose(*[DOWN] * 4), Queue(DOWN))
    ingest.post([{**ORDER, "customerId": "secret-person"}, {**ORDER, "price": "secret-price"}])

    log = capsys.readouterr().out
    assert '"Accepted": 0, "Refused": 1, "DeadLettered": 0, "lost": 1' in log
    assert "secret" not in log


ONE, TWO = ["https://a.example"], ["https://a.example", "https://b.example"]


@pytest.mark.parametrize("body", [ORDER, {}, ""])
@pytest.mark.parametrize(
    ("allowed", "origin", "answered", "varies"),
    [
        ([], "https://a.example", None, None),
        (["*"], "https://a.example", "*", None),
        (ONE, "https://other.example", "https://a.example", None),
        (TWO, "https://b.example", "https://b.example", "Origin"),
        (TWO, "https://other.example", None, "Origin"),
        (TWO, None, None, "Origin"),
    ],
)
def test_every_answer_names_the_page_s_origin_if_the_contract_does(ingest, body, allowed, origin, answered, varies):
    ingest.modules.handler._CORS["orders"] = cors.answers(allowed)
    headers = {"Origin": origin} if origin else {}
    for sent in (headers, {name.lower(): value for name, value in headers.items()}):
        found = ingest.post(body, headers=sent).headers
        assert (found.get("Access-Control-Allow-Origin"), found.get("Vary")) == (answered, varies)
        assert found.get("Access-Control-Expose-Headers") == ("Retry-After" if allowed else None)


def unpacked(ingest, found, **headers):
    """What the function's body module makes of a packed body."""
    request = {"body": found if isinstance(found, str) else json.dumps(found), "headers": headers}
    return ingest.modules.body.events(request, {"array": "events", "max_events": 25, "max_bytes": 130_000})


def test_each_event_of_a_packed_body_gets_what_stands_beside_the_array_unless_it_has_its_own(ingest):
    found = {
        "client_id": "c1",
        "timestamp_micros": 1,
        "consent": {"ad_user_data": "GRANTED"},
        "events": [{"name": "a", "params": {"x": [1]}}, {"name": "b", "timestamp_micros": 2}, "c"],
    }

    parsed = unpacked(ingest, found)

    shared = {"client_id": "c1", "consent": {"ad_user_data": "GRANTED"}}
    assert parsed.events == {
        0: {**shared, "timestamp_micros": 1, "name": "a", "params": {"x": [1]}},
        1: {**shared, "timestamp_micros": 2, "name": "b"},
    }
    assert parsed.errors == [{"index": 2, "field": "event", "reason": "must be a JSON object"}]


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        ({"client_id": "c1"}, 400, "with the events in an array events"),
        ({"events": {"name": "a"}}, 400, "with the events in an array events"),
        ([{"events": []}, {"events": []}], 400, "with the events in an array events"),
        ("null", 400, "with the events in an array events"),
        ({"events": []}, 400, "holds no event"),
        ({"events": [{}] * 26}, 400, "holds 26 events; send at most 25"),
        ({"events": [{"x": "y" * 130_000}]}, 413, "bytes long; send at most 130000"),
        ('{"events": [}', 400, "is not JSON"),
        ("", 400, "is empty"),
    ],
)
def test_a_packed_body_that_cannot_be_unpacked_is_refused_with_the_reason(ingest, found, status, reason):
    with pytest.raises(ingest.modules.body.BadBody, match=reason) as refusal:
        unpacked(ingest, found)

    assert refusal.value.status == status


@pytest.mark.parametrize("given", ["retry-1", '"retry-1"'])
def test_the_idempotency_key_names_events_that_bring_no_id_by_their_index(ingest, given):
    orders = [ORDER, {"no": "order"}, ORDER]

    answer = ingest.post(orders, headers={"content-type": "application/json", "IDEMPOTENCY-KEY": given})

    assert (answer.status, answer.accepted) == (202, 2)
    found = [(line["id"], line["key"]) for line in lines(ingest.firehose)]
    assert found == [("x1=-0", "retry-1-0"), ("x1=-2", "retry-1-2")]


@pytest.mark.parametrize("given", ["", None])
def test_without_an_idempotency_key_the_line_names_none(ingest, given):
    ingest.post(ORDER, headers={"Idempotency-Key": given} if given is not None else {})

    assert set(lines(ingest.firehose)[0]) == {"id", "receivedAt", "body"}


@pytest.mark.parametrize("given", [" ", "a b", "x" * 101, "é", "a\tb", '""', "a/b", "<script>"])
def test_an_idempotency_key_that_cannot_be_one_is_a_400_that_says_what_may_be(ingest, given):
    answer = ingest.post(ORDER, headers={"Idempotency-Key": given})

    assert answer.status == 400
    assert answer.errors == [
        {
            "index": 0,
            "field": "Idempotency-Key",
            "reason": "must be 1 to 100 of the characters A-Z a-z 0-9 . _ : -",
        }
    ]
    assert ingest.firehose.stored == []


PERSONAL = st.text("abcdefghijklmnopqrstuvwxyzäß@.+ 0123456789", min_size=12, max_size=40).map("§".join)
"""Texts that nothing prints by chance."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    customer=PERSONAL, fault=st.sampled_from(["", "price", "customerId", "length", "body", "key"]), down=st.booleans()
)
def test_no_line_that_the_function_prints_and_no_answer_holds_personal_data(ingest, capsys, customer, fault, down):
    ingest.use(Firehose(*[DOWN] * 100) if down else Firehose(), Queue(error=DOWN) if down else None)
    order = {**ORDER, "customerId": customer, f"of {customer}": customer}
    order |= {
        "price": {"price": customer},
        "customerId": {"customerId": [customer]},
        "length": {"customerId": customer * 20},
    }.get(fault, {})
    body = json.dumps(order, ensure_ascii=False)

    answer = ingest.post(
        body[:-1] if fault == "body" else body, headers={"Idempotency-Key": customer if fault == "key" else "k"}
    )

    printed = capsys.readouterr()
    assert customer not in printed.out + printed.err
    assert customer not in str(vars(answer))


def test_the_line_of_the_log_counts_events_and_not_their_errors(ingest, capsys):
    ingest.post([ORDER, {}, {**ORDER, "price": "free", "quantity": 0}])
    [line] = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["extendedRequestId"], said["Accepted"], said["Refused"]) == ("x1=", 1, 2)
