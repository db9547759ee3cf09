"""Files at the API's door, with right, wrong and no signature; uploads that end half-way."""

import json

import pytest
import urllib3
from botocore.credentials import Credentials

from contracts import file_door
from rapid.cli.target import LocalStack
from tests.deployed.files import announce, ask, post_form, put_part, stored

MIB = 1024 * 1024


def test_a_small_file_is_stored(stack: LocalStack) -> None:
    answer = ask(stack, b"a,b\n1,2\n", source="landed", file_name="a.csv")
    assert (answer.status, answer.state) == (202, "stored")
    assert stored(stack, answer.fileId) == [8]


def test_bytes_that_are_no_text_arrive_as_they_are(stack: LocalStack) -> None:
    content = bytes(range(256)) * 10
    for content_type in file_door.BINARY_MEDIA_TYPES:
        answer = ask(stack, content, source="landed", content_type=content_type)
        key = f"incoming/landed/{answer.fileId}/{answer.fileName}"
        found = stack.client("s3").get_object(Bucket=stack.outputs["files_bucket"], Key=key)["Body"].read()
        assert found == content


@pytest.mark.parametrize("credentials", [None, Credentials("test", "wrong"), Credentials("nobody", "test")])
def test_without_a_right_signature_nothing_is_taken(stack: LocalStack, credentials: Credentials | None) -> None:
    answer = ask(stack, b"a\n1\n", credentials=credentials, source="landed")
    assert answer.status == 403
    assert answer.errors == []


def test_a_principal_whose_policies_do_not_allow_it_is_refused(stack: LocalStack) -> None:
    iam, name = stack.client("iam"), "a-stranger"
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    credentials = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    assert ask(stack, b"a\n1\n", credentials=credentials, source="landed").status == 403
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stack.outputs["files_invoke_arn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    assert ask(stack, b"a\n1\n", credentials=credentials, source="landed").status == 202


def test_a_form_is_for_its_own_key_alone(stack: LocalStack) -> None:
    step = announce(stack, 3, "another-key")
    step.fields["key"] = step.fields["key"].replace("landed", "orders")
    refused = post_form(step, b"123")
    assert refused.status == 403
    assert b"Invalid according to Policy" in refused.data


def test_a_part_that_is_missing_or_of_another_length_is_asked_for_again(stack: LocalStack) -> None:
    step = announce(stack, 17 * MIB, "again")
    assert put_part(step.parts[0]) == 200
    assert put_part(step.parts[1], b"x" * (step.parts[1]["sizeBytes"] + 1)) == 403
    assert put_part(step.parts[2], b"x") == 403
    again = announce(stack, 17 * MIB, "again")
    assert [part["number"] for part in again.parts] == [2, 3]
    assert stored(stack, step.fileId) == []
    assert [put_part(part) for part in again.parts] == [200, 200]
    assert announce(stack, 17 * MIB, "again").state == "stored"
    assert stored(stack, step.fileId) == [17 * MIB]


def test_another_path_takes_its_json_from_a_body_of_a_binary_type_as_well(stack: LocalStack) -> None:
    url = stack.outputs["ingest_url"] + stack.outputs["paths"]["orders"]
    order = {"timestamp": "2026-03-14T18:30:00Z", "menuItem": "Soup", "quantity": 1, "price": 2.5}
    headers = {"x-api-key": stack.outputs["api_key"], "Content-Type": "application/octet-stream"}
    body = json.dumps({**order, "customerId": "c1", "restaurantId": "r1"}).encode()
    assert urllib3.request("POST", url, body=body, headers=headers, retries=False, timeout=60).status == 202
