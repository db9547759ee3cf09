"""Signatures of bodies: which are right, and how the secrets they are made with are read."""

import base64
import hashlib
import hmac

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

BODY = '{"menuItem": "Crème Brûlée"}'
SECRET, OLD = b"a-long-and-random-secret", b"the-one-before"
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:pushes-AbCdEf"


@pytest.fixture
def signature(package):
    return package(
        "ingest",
        ROUTES="{}",
        STREAMS="{}",
        DEAD_LETTER_QUEUE_URL="https://queue",
        AWS_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    ).signature


def digest(body=BODY, secret=SECRET):
    return hmac.new(secret, body.encode() if isinstance(body, str) else body, hashlib.sha256).digest()


def request(value, body=BODY, name="X-Hub-Signature-256"):
    return {"headers": {name: value}, "body": body, "isBase64Encoded": False}


@pytest.mark.parametrize(
    "written",
    [
        lambda made: "sha256=" + made.hex(),
        lambda made: made.hex(),
        lambda made: made.hex().upper(),
        lambda made: base64.b64encode(made).decode(),
        lambda made: f"  sha256={made.hex()} ",
    ],
)
@pytest.mark.parametrize("name", ["X-Hub-Signature-256", "x-hub-signature-256"])
def test_a_right_signature_may_be_written_as_webhooks_do(signature, written, name):
    assert signature.is_right(request(written(digest()), name=name), "x-hub-signature-256", [SECRET, OLD])


def test_a_signature_by_the_previous_secret_is_right_and_by_another_is_not(signature):
    assert signature.is_right(request(digest(secret=OLD).hex()), "x-hub-signature-256", [SECRET, OLD])
    assert not signature.is_right(request(digest(secret=OLD).hex()), "x-hub-signature-256", [SECRET])


@pytest.mark.parametrize("value", ["", "sha256=", "sha1=" + "0" * 40, "0" * 64, "sha256=" + "é" * 64, "\x00"])
def test_anything_else_is_not(signature, value):
    assert not signature.is_right(request(value), "x-hub-signature-256", [SECRET])
    assert not signature.is_right({"headers": None, "body": BODY}, "x-hub-signature-256", [SECRET])


def test_the_signature_is_of_this_body_byte_for_byte(signature):
    made = digest().hex()
    for other in (BODY + " ", BODY.lower(), "", None):
        assert not signature.is_right(request(made, body=other), "x-hub-signature-256", [SECRET])


def test_a_binary_body_is_signed_as_it_was_sent(signature):
    raw = b"\x1f\x8b\x00\xff"
    event = {
        "headers": {"X-Hub-Signature-256": digest(raw).hex()},
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
    }
    assert signature.is_right(event, "x-hub-signature-256", [SECRET])


def test_no_text_is_a_signature_by_chance_and_none_breaks_the_check(signature):
    @given(st.text(), st.text())
    def check(value, body):
        event = request(value, body)
        assert not signature.is_right(event, "x-hub-signature-256", [SECRET])

    check()


class Manager:
    """Secrets Manager with the versions that it is given."""

    def __init__(self, **versions):
        self.versions, self.asked, self.failure = versions, 0, None

    def get_secret_value(self, SecretId, VersionStage):
        assert SecretId == ARN
        self.asked += 1
        if self.failure:
            raise self.failure
        if VersionStage not in self.versions:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        value = self.versions[VersionStage]
        return {"SecretString" if isinstance(value, str) else "SecretBinary": value}


@pytest.fixture
def clock():
    return [0.0]


def test_the_current_and_the_previous_secret_hold_and_are_read_again_after_a_minute(signature, clock):
    manager = Manager(AWSCURRENT="one\n")
    secrets = signature.Secrets(lambda: manager, lambda: clock[0])
    assert secrets.of(ARN) == [b"one"]
    manager.versions = {"AWSCURRENT": "two", "AWSPREVIOUS": "one"}
    clock[0] = 59
    assert secrets.of(ARN) == [b"one"]
    clock[0] = 60
    assert secrets.of(ARN) == [b"two", b"one"]
    assert manager.asked == 4


@pytest.mark.parametrize(
    ("versions", "failure", "named"),
    [
        ({}, None, "ResourceNotFoundException"),
        ({"AWSCURRENT": " "}, None, "EmptySecret"),
        ({"AWSCURRENT": b"\x00\x01"}, None, "BinarySecret"),
        ({}, ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"), "AccessDeniedException"),
        ({}, EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError"),
    ],
)
def test_a_secret_that_cannot_be_read_is_no_secret_and_is_asked_for_again(signature, versions, failure, named):
    manager = Manager(**versions)
    manager.failure = failure
    secrets = signature.Secrets(lambda: manager)
    with pytest.raises(signature.NoSecretError, match=f"^{named}$"):
        secrets.of(ARN)
    manager.versions, manager.failure = {"AWSCURRENT": "one"}, None
    assert secrets.of(ARN) == [b"one"]
