"""Forms that are posted to a bucket, and links of parts: what S3 takes, and what it says when it does not."""

import base64
import datetime
import hmac
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config

from .cloud_rig import REGION, Rig, policy

FORMS = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"
POLICIES = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html"
ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
LINKS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"
RIGHTS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html"


@pytest.fixture(scope="module")
def bucket(rig: Rig) -> str:
    rig.aws("s3").create_bucket(Bucket="forms")
    return "forms"


def version_4(rig: Rig, client: Any = None) -> Any:
    """A client that signs forms and links by version 4, which boto3 must be told; with another's credentials."""
    credentials = (client or rig.aws("s3"))._request_signer._credentials
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=rig.url,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        config=Config(signature_version="s3v4"),
    )


def post(rig: Rig, fields: dict[str, Any], body: bytes = b"12345", *, after: dict[str, str] | None = None) -> Any:
    """Post a form to the bucket, as the browser or a library does; `after` comes after the file."""
    form = [*fields.items(), ("file", ("the file.csv", body, "text/csv")), *(after or {}).items()]
    return rig.http.request("POST", f"{rig.url}/forms", fields=form, retries=False)


def code(answer: urllib3.BaseHTTPResponse) -> str:
    text = answer.data.decode()
    return f"{answer.status} {text.partition('<Code>')[2].partition('</Code>')[0]}"


def message(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.data.decode().partition("<Message>")[2].partition("</Message>")[0]


def form(rig: Rig, key: str = "incoming/a.csv", *conditions: Any, **fields: str) -> dict[str, str]:
    """The fields of a form as boto3 signs it."""
    given = {name.replace("_", "-") if "-" not in name else name: value for name, value in fields.items()}
    signed = version_4(rig).generate_presigned_post("forms", key, given, list(conditions), 60)
    return dict(signed["fields"])


def signed(document: Any, **changes: Any) -> dict[str, str]:
    """The fields of a form whose policy is any document, signed by hand with the account's key."""
    now = datetime.datetime.now(datetime.UTC)
    date = f"{now:%Y%m%d}"
    text = base64.b64encode(document if isinstance(document, bytes) else json.dumps(document).encode()).decode()
    key = b"AWS4test"
    for part in (date, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return {
        "key": "incoming/a.csv",
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"test/{date}/{REGION}/s3/aws4_request",
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "x-amz-signature": hmac.digest(key, text.encode(), "sha256").hex(),
        **changes,
    }


def document(*conditions: Any, expiration: str = "2099-01-01T00:00:00Z") -> dict[str, Any]:
    """A policy that names the fields of `signed`, and more conditions."""
    named = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "key"]
    return {
        "expiration": expiration,
        "conditions": [{"bucket": "forms"}, *(["starts-with", f"${name}", ""] for name in named), *conditions],
    }


@pytest.mark.aws("S3", "Forms", FORMS)
def test_a_form_is_an_object_with_its_headers_and_metadata(rig: Rig, bucket: str) -> None:
    fields = {"Content-Type": "text/csv", "x-amz-meta-shop": "7"}
    given = version_4(rig).generate_presigned_post(
        bucket, "incoming/a.csv", fields, [{name: value} for name, value in fields.items()]
    )["fields"]
    answer = post(rig, given, b"a,b\n")
    assert (answer.status, answer.data) == (204, b"")
    found = rig.aws("s3").get_object(Bucket=bucket, Key="incoming/a.csv")
    assert found["Body"].read() == b"a,b\n"
    assert (found["ContentType"], found["ETag"]) == ("text/csv", answer.headers["ETag"])
    assert {name.lower(): value for name, value in found["Metadata"].items()} == {"shop": "7"}


@pytest.mark.parametrize("field", ["success_action_status", "success_action_redirect"])
def test_a_form_that_chooses_its_answer_is_refused_by_name(rig: Rig, bucket: str, field: str) -> None:
    answer = post(rig, {**signed(document(["starts-with", f"${field}", ""])), field: "201"})
    assert code(answer) == "501 NotImplemented"
    assert f"forms with the field {field}" in answer.data.decode()


@pytest.mark.aws("S3", "Forms", FORMS)
def test_a_key_may_take_the_file_s_name_and_fields_after_the_file_are_ignored(rig: Rig, bucket: str) -> None:
    fields = signed(document(), key="incoming/${filename}")
    assert post(rig, fields, after={"key": "elsewhere", "colour": "red"}).status == 204
    assert rig.aws("s3").head_object(Bucket=bucket, Key="incoming/the file.csv")["ContentLength"] == 5


@pytest.mark.aws("S3", "Limits", POLICIES)
@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(9, "400 EntityTooSmall"), (10, "204 "), (20, "204 "), (21, "400 EntityTooLarge")],
)
def test_a_form_takes_as_many_bytes_as_its_policy_says(rig: Rig, bucket: str, size_bytes: int, expected: str) -> None:
    assert code(post(rig, form(rig, "a", ["content-length-range", 10, 20]), b"x" * size_bytes)) == expected


@pytest.mark.aws("S3", "Forms", POLICIES)
@pytest.mark.parametrize(
    ("conditions", "changes", "said"),
    [
        ([], {"colour": "red"}, "Extra input fields: colour"),
        ([], {"x-ignore-colour": "red"}, ""),
        ([["eq", "$colour", "blue"]], {"colour": "red"}, 'Policy Condition failed: ["eq", "$colour", "blue"]'),
        ([["eq", "$colour", "blue"]], {}, 'Policy Condition failed: ["eq", "$colour", "blue"]'),
        ([{"key": "incoming/b.csv"}], {}, 'Policy Condition failed: ["eq", "$key", "incoming/b.csv"]'),
        ([["starts-with", "$key", "out/"]], {}, 'Policy Condition failed: ["starts-with", "$key", "out/"]'),
        ([["STARTS-WITH", "$KEY", "incoming/"]], {}, ""),
        ([["starts-with", "$Content-Type", "image/"]], {"Content-Type": "image/a,image/b"}, ""),
        ([["starts-with", "$Content-Type", "image/"]], {"Content-Type": "image/a,text/b"}, "Policy Condition failed"),
        ([{"bucket": "another"}], {}, 'Policy Condition failed: ["eq", "$bucket", "another"]'),
    ],
)
def test_each_field_must_be_as_the_policy_says(
    rig: Rig, bucket: str, conditions: list[Any], changes: dict[str, str], said: str
) -> None:
    answer = post(rig, signed(document(*conditions), **changes))
    if said:
        assert code(answer) == "403 AccessDenied"
        assert message(answer).replace("&quot;", '"').startswith(f"Invalid according to Policy: {said}")
    else:
        assert answer.status == 204, answer.data


@pytest.mark.aws("S3", "Forms", POLICIES)
def test_a_policy_names_its_bucket(rig: Rig, bucket: str) -> None:
    given = document()
    given["conditions"] = given["conditions"][1:]
    assert message(post(rig, signed(given))) == "Invalid according to Policy: Extra input fields: bucket"


@pytest.mark.aws("S3", "Forms", POLICIES)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"no JSON", "Invalid JSON."),
        (b"[]", "Invalid JSON."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": "soon", "conditions": []}, "Invalid 'expiration' value: 'soon'"),
        ({"expiration": "2099-01-01T00:00:00Z"}, "Policy missing conditions."),
        (document(["contains", "$key", "a"]), "Invalid Simple-Condition: unknown operation 'contains'"),
        (document(["eq", "key", "a"]), "Invalid Simple-Condition: 'key' does not begin with $"),
        (document(["content-length-range", -1, "a"]), "Invalid content-length-range: ['-1', 'a']"),
        (document("key"), "Invalid Condition"),
    ],
)
def test_a_policy_that_cannot_be_read_is_refused(rig: Rig, bucket: str, given: Any, said: str) -> None:
    answer = post(rig, signed(given))
    assert code(answer) == "400 InvalidPolicyDocument"
    assert message(answer).startswith(f"Invalid Policy: {said}")


@pytest.mark.aws("S3", "Forms", POLICIES)
def test_a_form_whose_time_has_passed_is_refused(rig: Rig, bucket: str) -> None:
    answer = post(rig, signed(document(expiration="2020-01-01T00:00:00.000Z")))
    assert (code(answer), message(answer)) == (
        "403 AccessDenied",
        "Invalid according to Policy: Policy expired.",
    )


@pytest.mark.aws("S3", "Forms", ERRORS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"x-amz-signature": "0" * 64}, "403 SignatureDoesNotMatch"),
        ({"policy": base64.b64encode(b"{}").decode()}, "403 SignatureDoesNotMatch"),
        ({"x-amz-credential": f"nobody/20261127/{REGION}/s3/aws4_request"}, "403 "),
        ({"x-amz-credential": "test"}, "400 AuthorizationQueryParametersError"),
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, "400 InvalidRequest"),
        ({"AWSAccessKeyId": "test"}, "400 InvalidRequest"),
        ({"x-amz-security-token": "none"}, "40"),
    ],
)
def test_a_form_that_is_not_signed_as_it_says_is_refused(
    rig: Rig, bucket: str, change: dict[str, str], expected: str
) -> None:
    assert code(post(rig, signed(document(), **change))).startswith(expected)


@pytest.mark.aws("S3", "Forms", ERRORS)
@pytest.mark.parametrize("name", ["key", "x-amz-signature", "x-amz-date", "x-amz-credential", "x-amz-algorithm"])
def test_a_form_without_a_field_that_it_needs_is_refused_naming_it(rig: Rig, bucket: str, name: str) -> None:
    fields = signed(document())
    del fields[name]
    answer = post(rig, fields)
    assert code(answer) == "400 InvalidArgument"
    assert f"must contain a field named &apos;{name}&apos;".replace("&apos;", "'") in message(answer)


@pytest.mark.aws("S3", "Forms", ERRORS)
def test_a_form_without_policy_is_anonymous_and_refused(rig: Rig, bucket: str) -> None:
    assert code(post(rig, {"key": "incoming/a.csv"})) == "403 AccessDenied"


@pytest.mark.aws("S3", "Forms", ERRORS)
@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"--x\r\n", "multipart/form-data; boundary=x", "400 MalformedPOSTRequest"),
        (b"", "multipart/form-data", "400 MalformedPOSTRequest"),
        (
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            "400 InvalidArgument",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n' + b"a" * 20_001 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
            "400 MaxPostPreDataLengthExceededError",
        ),
    ],
)
def test_a_body_that_is_no_form_with_a_file_is_refused(
    rig: Rig, bucket: str, body: bytes, content_type: str, expected: str
) -> None:
    answer = rig.http.request("POST", f"{rig.url}/forms", body=body, headers={"Content-Type": content_type})
    assert code(answer) == expected


@pytest.mark.aws("S3", "Forms", ERRORS)
def test_a_form_for_a_bucket_that_there_is_not_is_refused(rig: Rig) -> None:
    fields = version_4(rig).generate_presigned_post("nowhere", "a")["fields"]
    answer = rig.http.request("POST", f"{rig.url}/nowhere", fields=[*fields.items(), ("file", ("f", b"1"))])
    assert code(answer) == "404 NoSuchBucket"


def test_a_field_that_is_not_supported_is_refused_by_name(rig: Rig, bucket: str) -> None:
    answer = post(rig, signed(document({"acl": "public-read"}), acl="public-read"))
    assert answer.status == 501
    assert "forms with the field acl" in message(answer)


def client_of_role(rig: Rig, *statements: dict[str, Any]) -> Any:
    """S3 with a role that may do what the statements say."""
    iam, name = rig.aws("iam"), rig.name("signer")
    trust = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return version_4(rig, rig.cloud.clients.of_service("lambda.amazonaws.com").client("s3", role)), name


INCOMING = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::forms/incoming/*"}


@pytest.mark.aws("S3", "Forms", RIGHTS)
def test_a_form_may_do_what_its_signer_may_when_it_is_posted(rig: Rig, bucket: str) -> None:
    s3, role = client_of_role(rig, INCOMING)
    fields = s3.generate_presigned_post(bucket, "incoming/b.csv")["fields"]
    elsewhere = s3.generate_presigned_post(bucket, "elsewhere/b.csv")["fields"]
    assert post(rig, fields).status == 204
    refused = post(rig, elsewhere)
    assert code(refused) == "403 AccessDenied"
    assert "is not authorized to perform: s3:PutObject" in message(refused)
    rig.aws("iam").delete_role_policy(RoleName=role, PolicyName="p")
    assert code(post(rig, fields)) == "403 AccessDenied"


def upload(s3: Any, key: str = "incoming/parts.csv") -> Callable[..., str]:
    """Begin an upload; makes links for its parts of a length."""
    upload_id = s3.create_multipart_upload(Bucket="forms", Key=key)["UploadId"]

    def link(number: int, size_bytes: int, expires_seconds: int = 60) -> str:
        part = {"Bucket": "forms", "Key": key, "UploadId": upload_id, "PartNumber": number, "ContentLength": size_bytes}
        return str(s3.generate_presigned_url("upload_part", part, ExpiresIn=expires_seconds))

    return link


@pytest.mark.aws("S3", "Links", LINKS)
def test_a_link_of_a_part_takes_exactly_the_length_that_it_is_signed_for(rig: Rig, bucket: str) -> None:
    link = upload(version_4(rig))
    right = rig.http.request("PUT", link(1, 5), body=b"12345")
    assert (right.status, bool(right.headers["ETag"])) == (200, True)
    assert code(rig.http.request("PUT", link(1, 5), body=b"123456")) == "403 SignatureDoesNotMatch"
    assert code(rig.http.request("PUT", link(1, 5), body=b"1234")) == "403 SignatureDoesNotMatch"


@pytest.mark.aws("S3", "Links", LINKS)
def test_a_link_of_one_part_is_none_for_another(rig: Rig, bucket: str) -> None:
    link = upload(version_4(rig))(1, 5).replace("partNumber=1", "partNumber=2")
    assert code(rig.http.request("PUT", link, body=b"12345")) == "403 SignatureDoesNotMatch"


@pytest.mark.aws("S3", "Links", LINKS)
def test_a_link_of_a_part_may_do_what_its_signer_may_when_it_is_used(rig: Rig, bucket: str) -> None:
    s3, role = client_of_role(rig, INCOMING)
    link = upload(s3)(1, 5)
    assert rig.http.request("PUT", link, body=b"12345").status == 200
    rig.aws("iam").delete_role_policy(RoleName=role, PolicyName="p")
    assert code(rig.http.request("PUT", link, body=b"12345")) == "403 AccessDenied"
