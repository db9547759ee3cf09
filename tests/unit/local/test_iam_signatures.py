"""Signatures of requests: what holds, and AWS's words for what does not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import boto3
import pyarrow.fs
import pytest
import urllib3
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from rapid.local.iam.callers import Callers
from rapid.local.iam.refusals import Fault, RefusedSignatureError
from rapid.local.iam.signature import Signature
from rapid.local.iam.verification import Verifier

from .cloud_rig import REGION, Rig, policy
from .signing import ACCOUNT, link, signed

pytestmark = pytest.mark.aws(
    "IAM", "Signature Version 4", "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html"
)

ERRORS_PAGE = "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"
TROUBLE_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"
S3_ERRORS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
S3_HEADER_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"
S3_LINK_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"
BUCKET = "signed"
MISMATCH = "The request signature we calculated does not match the signature you provided."
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GLUE = {"X-Amz-Target": "AWSGlue.GetDatabase", "Content-Type": "application/x-amz-json-1.1"}


@dataclass(frozen=True)
class Call:
    """The same request to a service that speaks one of the protocols."""

    service: str
    method: str
    path: str = "/"
    body: bytes = b""
    headers: Mapping[str, str] | None = None

    def send(self, rig: Rig, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        url = f"{rig.url}{self.path}"
        return urllib3.request(self.method, url, headers=dict(headers), body=self.body, retries=False)

    def sign(self, rig: Rig, **options: Any) -> dict[str, str]:
        return signed(self.service, self.method, f"{rig.url}{self.path}", self.headers, self.body, **options)


S3 = Call("s3", "GET", f"/{BUCKET}/key")
JSON = Call("glue", "POST", body=b'{"Name": "signed"}', headers=GLUE)
QUERY = Call("sts", "POST", body=b"Action=GetCallerIdentity&Version=2011-06-15", headers=FORM)
REST_JSON = Call("lambda", "GET", "/2015-03-31/functions")


@pytest.fixture(scope="module", autouse=True)
def bucket(rig: Rig) -> None:
    rig.aws("s3").create_bucket(Bucket=BUCKET)
    rig.aws("s3").put_object(Bucket=BUCKET, Key="key", Body=b"content")
    rig.aws("glue").create_database(DatabaseInput={"Name": "signed"})


@pytest.mark.parametrize("call", [S3, JSON, QUERY, REST_JSON], ids=lambda call: call.service)
def test_a_signed_request_is_answered(rig, call):
    assert call.send(rig, call.sign(rig)).status == 200


@pytest.mark.aws("IAM", "Signature errors", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        (S3, "SignatureDoesNotMatch", 403),
        (JSON, "InvalidSignatureException", 400),
        (QUERY, "SignatureDoesNotMatch", 403),
        (REST_JSON, "InvalidSignatureException", 403),
    ],
)
def test_a_wrong_secret_is_refused_in_the_words_of_the_service_s_protocol(rig, call, code, status):
    answer = call.send(rig, call.sign(rig, credentials=Credentials("test", "wrong")))
    assert answer.status == status
    assert code in f"{answer.headers} {answer.data.decode()}"
    assert MISMATCH in answer.data.decode()


@pytest.mark.aws("IAM", "Signature errors", TROUBLE_PAGE)
@pytest.mark.parametrize("change", ["method", "path", "query", "header", "body"])
def test_whatever_is_changed_after_signing_breaks_the_signature(rig, change):
    headers = JSON.sign(rig)
    sent = {
        "method": replace(JSON, method="PUT"),
        "path": replace(JSON, path="/other"),
        "query": replace(JSON, path="/?a=b"),
        "header": JSON,
        "body": replace(JSON, body=b'{"Name": "other"}'),
    }[change]
    if change == "header":
        headers["X-Amz-Target"] = "AWSGlue.GetTables"
    answer = sent.send(rig, headers)
    assert answer.status == 400
    assert json.loads(answer.data)["__type"] == "InvalidSignatureException"


@pytest.mark.parametrize("key", ["a b", "a%2Fb", "ü+~-_.", "a//b", "=,;:@&$!*'()"])
@pytest.mark.parametrize("query", ["", "?x=1&x=0&y", "?y=%20%2B%2F&X=%C3%BC"])
@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_paths_and_queries_are_written_canonically(rig, service, key, query):
    call = Call(service, "GET", f"/{BUCKET}/{quote(key)}{query}")
    assert b"signature" not in call.send(rig, call.sign(rig)).data


@pytest.mark.aws("IAM", "Limits", TROUBLE_PAGE)
@pytest.mark.parametrize(
    ("call", "age_seconds", "message"),
    [
        (JSON, 5 * 60 + 5, "Signature expired: "),
        (JSON, -5 * 60 - 5, "Signature not yet current: "),
        (S3, 15 * 60 + 5, "<Code>RequestTimeTooSkewed</Code>"),
    ],
)
def test_a_signature_is_good_for_five_minutes_before_and_after_and_for_s3_for_fifteen(rig, call, age_seconds, message):
    refused = call.send(rig, call.sign(rig, age_seconds=age_seconds))
    assert message in refused.data.decode()
    taken = call.send(rig, call.sign(rig, age_seconds=age_seconds - 15 if age_seconds > 0 else age_seconds + 15))
    assert taken.status == 200


@pytest.mark.aws("IAM", "Signature errors", TROUBLE_PAGE)
def test_an_expired_signature_is_told_both_clocks():
    now = 1_790_000_000
    signature = Signature(
        "test", "20260921", REGION, "glue", "aws4_request", "host", "0", "20260921T120000Z", None, None
    )
    with pytest.raises(RefusedSignatureError) as refused:
        Verifier(Callers(), REGION, lambda: now).identify({}, signature)
    assert refused.value.fault is Fault.SKEWED
    assert refused.value.message == (
        "Signature expired: 20260921T120000Z is now earlier than 20260921T140820Z (20260921T141320Z - 5 min.)"
    )


@pytest.mark.aws("IAM", "Signature errors", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("call", "authorization", "expected"),
    [
        (
            JSON,
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e",
            "requires 'Signature' parameter. Authorization header requires",
        ),
        (
            JSON,
            "AWS test:c2lnbmF0dXJl",
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with",
        ),
        (JSON, "Bearer token", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with"),
        (JSON, "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "must have exactly 5 slash-delim"),
        (JSON, "AWS4-ECDSA-P256-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "Unsupported AWS 'algorithm'"),
        (S3, "AWS4-HMAC-SHA256 Credential=a", "<Code>AuthorizationHeaderMalformed</Code>"),
    ],
)
def test_an_authorization_header_that_lacks_something_is_told_what(rig, call, authorization, expected):
    answer = call.send(rig, {**call.sign(rig), "Authorization": authorization})
    assert answer.status == 400
    assert expected in answer.data.decode()


@pytest.mark.aws("IAM", "Signature errors", TROUBLE_PAGE)
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("/aws4_request", "/aws5", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        ("Credential=test/2", "Credential=test/1", "Date in Credential scope does not match YYYYMMDD"),
        ("content-type;host;", "content-type;", "'Host' or ':authority' must be a 'SignedHeader'"),
    ],
)
def test_a_scope_that_does_not_fit_is_named(rig, old, new, expected):
    headers = JSON.sign(rig)
    assert old in headers["Authorization"]
    answer = JSON.send(rig, {**headers, "Authorization": headers["Authorization"].replace(old, new)})
    assert json.loads(answer.data)["__type"] == "InvalidSignatureException"
    assert expected in json.loads(answer.data)["message"]


@pytest.mark.aws("IAM", "Signature errors", TROUBLE_PAGE)
@pytest.mark.parametrize(
    ("call", "status", "expected"),
    [
        (JSON, 400, "Credential should be scoped to a valid region."),
        (QUERY, 403, "Credential should be scoped to a valid region."),
        (S3, 400, "is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'"),
    ],
)
def test_a_signature_for_another_region_is_refused(rig, call, status, expected):
    answer = call.send(rig, call.sign(rig, region="eu-west-1"))
    assert answer.status == status
    assert expected in answer.data.decode().replace("&apos;", "'")


def _session(rig: Rig) -> Credentials:
    granted = rig.cloud.clients.of_service("firehose.amazonaws.com").assume(rig.role(), "session")
    return Credentials(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"])


@pytest.mark.aws(
    "IAM",
    "Temporary credentials",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html",
)
@pytest.mark.parametrize(
    ("call", "without", "wrong"),
    [
        (S3, "InvalidAccessKeyId", "InvalidToken"),
        (JSON, "UnrecognizedClientException", "UnrecognizedClientException"),
        (QUERY, "InvalidClientTokenId", "InvalidClientTokenId"),
    ],
)
def test_temporary_credentials_are_worth_nothing_without_their_token(rig, call, without, wrong):
    session = _session(rig)
    assert call.send(rig, call.sign(rig, credentials=session)).status == 200
    for token, code in ((None, without), ("x", wrong)):
        keys = Credentials(session.access_key, session.secret_key, token)
        assert code in call.send(rig, call.sign(rig, credentials=keys)).data.decode()


@pytest.mark.aws("IAM", "Temporary credentials", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("call", "code", "status"),
    [(S3, "ExpiredToken", 400), (JSON, "ExpiredTokenException", 400), (QUERY, "ExpiredToken", 403)],
)
def test_temporary_credentials_end(rig, monkeypatch, call, code, status):
    session = _session(rig)
    find = Callers.find
    monkeypatch.setattr(Callers, "find", lambda callers, key: replace(find(callers, key), expires_at=0))
    answer = call.send(rig, call.sign(rig, credentials=session))
    assert answer.status == status
    assert code in answer.data.decode()


@pytest.mark.aws("IAM", "Unsigned requests", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("call", "status", "expected"),
    [
        (JSON, 400, '"__type": "MissingAuthenticationTokenException"'),
        (QUERY, 403, "<Code>MissingAuthenticationToken</Code>"),
        (S3, 403, "<Code>AccessDenied</Code><Message>Access Denied</Message>"),
        (replace(QUERY, body=b"Action=AssumeRoleWithWebIdentity"), 501, "does not support AssumeRoleWithWebIdentity"),
    ],
)
def test_an_unsigned_request_is_refused(rig, call, status, expected):
    answer = call.send(rig, call.headers or {})
    assert answer.status == status
    assert expected in answer.data.decode()


@pytest.mark.aws(
    "S3",
    "Anonymous requests",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
)
def test_a_bucket_s_policy_may_let_everyone_read_unless_public_access_is_blocked(rig):
    s3, name = rig.aws("s3"), rig.name("public")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="key", Body=b"content")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=policy(statement))
    call = replace(S3, path=f"/{name}/key")
    assert call.send(rig, {}).data == b"content"
    assert replace(call, path=f"/{name}/missing").send(rig, {}).status == 403
    assert replace(call, method="PUT").send(rig, {}).status == 403
    block = {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    assert call.send(rig, {}).status == 403


@pytest.mark.aws("S3", "Payload signatures", S3_HEADER_PAGE)
@pytest.mark.parametrize(
    ("claimed", "status", "expected"),
    [
        ("UNSIGNED-PAYLOAD", 200, ""),
        ("0" * 64, 400, "XAmzContentSHA256Mismatch"),
        ("abc", 400, "InvalidArgument"),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 501, "does not support x-amz-content-sha256 STREAMING-AWS4-HMAC"),
    ],
)
def test_s3_compares_an_object_with_the_digest_that_was_signed(rig, monkeypatch, claimed, status, expected):
    monkeypatch.setattr("botocore.auth.S3SigV4Auth.payload", lambda signer, request: claimed)
    call = Call("s3", "PUT", f"/{BUCKET}/put", b"content")
    answer = call.send(rig, call.sign(rig))
    assert answer.status == status
    assert expected in answer.data.decode()


@pytest.mark.aws("S3", "Payload signatures", S3_HEADER_PAGE)
def test_s3_wants_to_be_told_the_payload_s_digest_and_every_amz_header_signed(rig):
    headers = S3.sign(rig)
    added = S3.send(rig, {**headers, "X-Amz-Acl": "public-read"})
    assert added.status == 403
    assert b"There were headers present in the request which were not signed" in added.data
    del headers["X-Amz-Content-SHA256"]
    lacking = S3.send(rig, headers)
    assert lacking.status == 400
    assert b"Missing required header for this request: x-amz-content-sha256" in lacking.data


@pytest.mark.aws(
    "S3", "Payload signatures", "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"
)
def test_pyarrow_s_uploads_in_chunks_with_a_checksum_behind_them_are_taken(rig):
    place = {"endpoint_override": rig.url.removeprefix("http://"), "scheme": "http", "region": REGION}
    s3 = pyarrow.fs.S3FileSystem(access_key="test", secret_key="test", **place)
    with s3.open_output_stream(f"{BUCKET}/dt=2026-01-01/a b+c.bin") as stream:
        stream.write(b"x" * 100_000)
    assert s3.open_input_file(f"{BUCKET}/dt=2026-01-01/a b+c.bin").read() == b"x" * 100_000
    forger = pyarrow.fs.S3FileSystem(access_key="test", secret_key="wrong", **place)
    with pytest.raises(OSError, match="ACCESS_DENIED"):
        forger.open_input_file(f"{BUCKET}/key")


def test_the_account_s_key_with_another_secret_is_refused(rig):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "wrong", "region_name": REGION}
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        boto3.client("sts", endpoint_url=rig.url, **keys).get_caller_identity()


@pytest.mark.aws("S3", "Presigned URLs", S3_LINK_PAGE)
def test_a_presigned_link_opens_until_it_expires(rig):
    url = f"{rig.url}/{BUCKET}/key"
    assert urllib3.request("GET", link("s3", "GET", url, age_seconds=50)).data == b"content"
    expired = urllib3.request("GET", link("s3", "GET", url, age_seconds=61))
    assert expired.status == 403
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in expired.data


@pytest.mark.aws("S3", "Presigned URLs", S3_LINK_PAGE)
@pytest.mark.parametrize(
    ("old", "new", "status", "code"),
    [
        ("/key?", "/other?", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Expires=60", "X-Amz-Expires=61", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Expires=60", "X-Amz-Expires=700000", 400, "AuthorizationQueryParametersError"),
        ("&X-Amz-Date=", "&Date=", 400, "AuthorizationQueryParametersError"),
        ("X-Amz-Credential=test", "X-Amz-Credential=nobody", 403, "InvalidAccessKeyId"),
        ("X-Amz-Signature=", "X-Amz-Signature=%E2%82%AC", 403, "SignatureDoesNotMatch"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3B%E2%82%AC", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Expires=60", "X-Amz-Expires=%C2%B2", 400, "AuthorizationQueryParametersError"),
    ],
)
def test_a_presigned_link_that_was_changed_does_not_open(rig, old, new, status, code):
    url = link("s3", "GET", f"{rig.url}/{BUCKET}/key")
    assert old in url
    answer = urllib3.request("GET", url.replace(old, new), retries=False)
    assert answer.status == status
    assert f"<Code>{code}</Code>" in answer.data.decode()


def test_a_link_signed_for_a_service_that_has_none_here_is_refused_by_name(rig):
    answer = urllib3.request("GET", link("lambda", "GET", f"{rig.url}/2015-03-31/functions"))
    assert answer.status == 501
    assert "does not support links that are signed for lambda" in answer.json()["message"]


def test_the_account_s_key_takes_no_session_token(rig):
    keys = Credentials(ACCOUNT.access_key, ACCOUNT.secret_key, "token")
    assert b"InvalidToken" in S3.send(rig, S3.sign(rig, credentials=keys)).data
