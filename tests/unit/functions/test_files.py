import base64
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import file_door, limits

MIB = 1024 * 1024
LIMIT = limits.MAX_FILE_BYTES
ROLE = "arn:aws:sts::123456789012:assumed-role/shop/{}"
KEY = re.compile(r"incoming/[a-z][a-z0-9_]{0,31}/[0-9a-f]{32}/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


FUNCTION = Path(__file__).parents[3] / "functions" / "files"


def module(name):
    """A module of the function that needs nothing beside the Python library and its neighbours."""
    spec = importlib.util.spec_from_file_location(name, FUNCTION / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FUNCTION))
        patch.setitem(sys.modules, name, loaded)
        spec.loader.exec_module(loaded)
    return loaded


file_key = module("file_key")


@pytest.fixture
def door(aws, package):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="files")
    loaded = package("files", FILES_BUCKET="files")

    def ask(body=None, *, binary=False, session="one", **given):
        headers = {"Content-Type": given.pop("content_type", "text/csv"), "X-Other": "1"}
        if "idempotency_key" in given:
            headers["Idempotency-Key"] = given.pop("idempotency_key")
        event = {
            "resource": "/ingest/csv",
            "headers": headers,
            "multiValueQueryStringParameters": {name: [str(value)] for name, value in given.items()} or None,
            "requestContext": {
                "requestId": "r1",
                "extendedRequestId": "x1=",
                "identity": {"userArn": ROLE.format(session)},
            },
            "body": base64.b64encode(body).decode() if binary else body,
            "isBase64Encoded": binary,
        }
        answer = loaded.handler.handler(event, None)
        return SimpleNamespace(status=answer["statusCode"], headers=answer["headers"], **json.loads(answer["body"]))

    def announce(size_bytes, idempotency_key="k1", **given):
        asked = {"source": "orders", "file_name": "big.csv", "size_bytes": size_bytes, **given}
        return ask(idempotency_key=idempotency_key, **asked)

    def keys():
        return [item["Key"] for item in s3.list_objects_v2(Bucket="files").get("Contents", [])]

    return SimpleNamespace(ask=ask, announce=announce, keys=keys, s3=s3, **vars(loaded))


def upload_id(door):
    (found,) = door.s3.list_multipart_uploads(Bucket="files")["Uploads"]
    return {"Bucket": "files", "Key": found["Key"], "UploadId": found["UploadId"]}


def send(door, step, *numbers):
    """Upload some of the parts that an answer asks for."""
    for part in step.parts:
        if part["number"] in numbers:
            body = b"x" * part["sizeBytes"]
            door.s3.upload_part(**upload_id(door), PartNumber=part["number"], Body=body)


def test_a_body_is_stored_and_the_answer_names_the_file(door):
    answer = door.ask(b"a,b\n1,2\n", binary=True, source="orders", file_name="today.csv")
    assert (answer.status, answer.state, answer.source) == (202, "stored", "orders")
    assert door.keys() == [f"incoming/orders/{answer.fileId}/today.csv"]
    assert door.s3.get_object(Bucket="files", Key=door.keys()[0])["Body"].read() == b"a,b\n1,2\n"


def test_the_function_takes_what_the_api_s_definition_says_and_nothing_else(door):
    types = (*file_door.BINARY_MEDIA_TYPES, *file_door.TEXT_MEDIA_TYPES)
    assert sorted(types) == sorted(door.file_request._FILE_NAMES)


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/csv; charset=utf-16", "file.csv"),
        ("application/x-ndjson", "file.ndjson"),
        ("application/json", "file.json"),
        ("application/vnd.apache.parquet", "file.parquet"),
        ("application/gzip", "file.gz"),
        ("application/octet-stream", "file"),
    ],
)
def test_a_body_without_a_name_is_called_by_its_type(door, content_type, name):
    assert door.ask("{}", source="orders", content_type=content_type).fileName == name


def test_without_a_key_each_body_is_a_file_of_its_own(door):
    first, second = (door.ask("a\n1\n", source="orders") for _ in range(2))
    assert first.fileId != second.fileId
    assert len(door.keys()) == 2


def test_with_a_key_a_body_that_is_sent_again_is_one_file_in_any_session_of_a_role(door):
    answers = [door.ask("a\n1\n", source="orders", idempotency_key="k", session=name) for name in ("one", "two")]
    assert [answer.status for answer in answers] == [202, 202]
    assert len({answer.fileId for answer in answers}) == len(door.keys()) == 1


def test_a_key_of_another_file_is_refused_and_what_is_stored_stays(door):
    door.ask("a\n1\n", source="orders", idempotency_key="k")
    answer = door.ask("a\n2\n", source="orders", idempotency_key="k")
    assert (answer.status, answer.errors[0]["field"]) == (409, "Idempotency-Key")
    assert door.s3.get_object(Bucket="files", Key=door.keys()[0])["Body"].read() == b"a\n1\n"


def test_a_put_that_another_one_hinders_and_that_stores_nothing_is_to_be_sent_again(door, monkeypatch):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: 409 asks for another try."""
    said = {"Error": {"Code": "ConditionalRequestConflict", "Message": "conflict"}}

    def put(**_):
        raise ClientError(said, "PutObject")

    monkeypatch.setattr(door.handler._uploads._s3, "put_object", put)
    answer = door.ask("a\n1\n", source="orders", idempotency_key="k")
    assert (answer.status, door.keys()) == (503, [])


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({}, 400, "source"),
        ({"source": "Orders"}, 400, "source"),
        ({"source": "../orders"}, 400, "source"),
        ({"source": "a" * 33}, 400, "source"),
        ({"source": "orders", "colour": "red"}, 400, "colour"),
        ({"source": "orders", "content_type": "image/png"}, 415, "Content-Type"),
        ({"source": "orders", "idempotency_key": "with space"}, 400, "Idempotency-Key"),
        ({"source": "orders", "idempotency_key": "k" * 256}, 400, "Idempotency-Key"),
        ({"source": "orders", "size_bytes": 5, "file_name": "a.csv", "idempotency_key": "k"}, 400, "size_bytes"),
    ],
)
def test_a_wrong_request_is_refused_naming_the_field_and_stores_nothing(door, given, status, field):
    answer = door.ask("a\n1\n", **given)
    assert (answer.status, answer.errors[0]["field"]) == (status, field)
    assert answer.message.startswith(field)
    assert door.keys() == []


def test_an_empty_body_is_refused(door):
    assert door.ask(None, source="orders").errors[0]["field"] == "body"


def test_text_whose_bytes_api_gateway_could_not_read_is_refused_rather_than_stored_broken(door):
    answer = door.ask('{"a": "caf\ufffd"}', source="orders", content_type="application/json")
    assert (answer.status, answer.errors[0]["field"]) == (400, "body")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"file_name": ""}, "file_name"),
        ({"idempotency_key": ""}, "Idempotency-Key"),
        ({"size_bytes": "0"}, "size_bytes"),
        ({"size_bytes": "-1"}, "size_bytes"),
        ({"size_bytes": "1e3"}, "size_bytes"),
        ({"size_bytes": "١٢"}, "size_bytes"),
    ],
)
def test_a_wrong_announcement_is_refused_naming_the_field(door, given, field):
    answer = door.announce(**{"size_bytes": 5, **given})
    assert (answer.status, answer.errors[0]["field"]) == (400, field)


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_refused_before_anything_is_stored(door):
    assert door.announce(LIMIT + 1).status == 413
    assert "Uploads" not in door.s3.list_multipart_uploads(Bucket="files")
    answer = door.announce(LIMIT)
    assert (answer.status, answer.state) == (200, "parts")
    assert sum(part["sizeBytes"] for part in answer.parts) == LIMIT


def test_up_to_16_mib_a_form_is_given_and_past_them_parts(door):
    assert door.announce(16 * MIB).state == "form"
    assert door.announce(16 * MIB + 1).state == "parts"


def test_a_form_takes_one_key_and_one_size(door):
    answer = door.announce(1234)
    policy = json.loads(base64.b64decode(answer.fields["policy"]))
    assert ["content-length-range", 1234, 1234] in policy["conditions"]
    assert {"key": f"incoming/orders/{answer.fileId}/big.csv"} in policy["conditions"]
    assert {"bucket": "files"} in policy["conditions"]
    assert answer.expiresInSeconds == 3600


def test_a_link_of_a_part_is_signed_for_its_length(door):
    for part in door.announce(20 * MIB).parts:
        assert "X-Amz-SignedHeaders=content-length%3Bhost" in part["url"]


@pytest.mark.parametrize("size_bytes", [1, 8 * MIB, 8 * MIB + 1, 16 * MIB + 1, 99_999_999, LIMIT])
def test_parts_add_up_to_the_file_and_are_as_s3_wants_them(door, size_bytes):
    sizes = door.uploads.part_sizes(size_bytes)
    assert sum(sizes.values()) == size_bytes
    assert list(sizes) == list(range(1, len(sizes) + 1))
    assert all(size == 8 * MIB for number, size in sizes.items() if number < len(sizes))
    assert 0 < sizes[len(sizes)] <= 8 * MIB


def test_asking_again_names_the_parts_that_are_missing_and_the_last_time_completes(door):
    first = door.announce(20 * MIB)
    assert [part["number"] for part in first.parts] == [1, 2, 3]
    send(door, first, 1, 3)
    second = door.announce(20 * MIB)
    assert (second.state, second.partsTotal, [part["number"] for part in second.parts]) == ("parts", 3, [2])
    assert second.parts[0]["offsetBytes"] == 8 * MIB
    assert door.keys() == []
    send(door, second, 2)
    assert (door.announce(20 * MIB).status, door.announce(20 * MIB).state) == (202, "stored")
    assert door.s3.head_object(Bucket="files", Key=door.keys()[0])["ContentLength"] == 20 * MIB
    assert "Uploads" not in door.s3.list_multipart_uploads(Bucket="files")


@pytest.mark.parametrize("size_bytes", [8 * MIB - 1, 8 * MIB + 1])
def test_a_part_of_a_wrong_size_counts_as_missing(door, size_bytes):
    first = door.announce(20 * MIB)
    send(door, first, 1, 2, 3)
    door.s3.upload_part(**upload_id(door), PartNumber=2, Body=b"x" * size_bytes)
    again = door.announce(20 * MIB)
    assert [part["number"] for part in again.parts] == [2]
    assert door.keys() == []


def test_parts_past_the_file_s_end_are_left_out(door):
    first = door.announce(20 * MIB)
    send(door, first, 1, 2, 3)
    door.s3.upload_part(**upload_id(door), PartNumber=4, Body=b"x" * MIB)
    assert door.announce(20 * MIB).state == "stored"
    assert door.s3.head_object(Bucket="files", Key=door.keys()[0])["ContentLength"] == 20 * MIB


def test_another_size_source_name_or_key_is_another_file(door):
    found = [
        door.announce(20 * MIB).fileId,
        door.announce(20 * MIB + 1).fileId,
        door.announce(20 * MIB, source="clicks").fileId,
        door.announce(20 * MIB, file_name="other.csv").fileId,
        door.announce(20 * MIB, idempotency_key="k2").fileId,
    ]
    assert len(set(found)) == len(found)


def test_two_uploads_that_were_begun_at_once_are_one(door):
    key = f"incoming/orders/{door.announce(20 * MIB).fileId}/big.csv"
    door.s3.create_multipart_upload(Bucket="files", Key=key)
    (first, _) = sorted(
        door.s3.list_multipart_uploads(Bucket="files")["Uploads"],
        key=lambda item: (item["Initiated"], item["UploadId"]),
    )
    assert all(first["UploadId"] in part["url"] for part in door.announce(20 * MIB).parts)


def test_when_s3_fails_the_answer_is_503_with_retry_after(door, monkeypatch):
    from botocore.exceptions import ConnectTimeoutError

    def fail(*_, **__):
        raise ConnectTimeoutError(endpoint_url="s3")

    monkeypatch.setattr(door.handler._uploads._s3, "list_objects_v2", fail)
    answer = door.announce(5)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_no_line_of_the_log_names_the_file(door, capsys):
    door.ask("a\n1\n", source="orders", file_name="maria-musterfrau.csv")
    assert "maria" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("orders 2026.csv", "orders_2026.csv"),
        ("C:\\exports\\orders.csv", "orders.csv"),
        ("../../etc/passwd", "passwd"),
        (".hidden", "hidden"),
        ("Bestände.csv", "Bestande.csv"),
        ("", "file"),
        ("...", "file"),
        ("x" * 200 + ".csv.gz", "x" * 93 + ".csv.gz"),
    ],
)
def test_names_are_made_safe_and_stay_recognisable(door, given, name):
    assert door.file_key.safe_name(given) == name


@given(source=st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True), name=st.text(), key=st.text(min_size=1))
@example(source="a", name="\ud800", key="\ud800")
@example(source="a", name="a/..", key="k")
def test_any_name_gives_a_key_of_four_parts_within_s3_s_limit(source, name, key):
    found = file_key.key(source, file_key.repeatable_id(source, name, key), file_key.safe_name(name))
    assert KEY.fullmatch(found)
    assert len(found.encode()) <= 1024
    assert file_key.safe_name(file_key.safe_name(name)) == file_key.safe_name(name)


@given(first=st.lists(st.text(), min_size=1, max_size=4), second=st.lists(st.text(), min_size=1, max_size=4))
@example(first=["ab", "c"], second=["a", "bc"])
@example(first=["1:a", "b"], second=["1", "a1:b"])
def test_ids_are_the_same_for_the_same_parts_alone(first, second):
    assert (file_key.repeatable_id(*first) == file_key.repeatable_id(*second)) == (first == second)
