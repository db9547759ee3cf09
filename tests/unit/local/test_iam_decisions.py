"""What roles may do on a local cloud: their policies, buckets' policies, trust; and AWS's words for no."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from rapid.local.clients import SECRET_ACCESS_KEY, Clients, Credentials
from rapid.local.iam import authorizer
from rapid.local.iam.accesses import Access
from rapid.local.iam.authorizer import Authorizer
from rapid.local.iam.callers import RoleSession
from rapid.local.iam.refusals import Reason

from .cloud_rig import ACCOUNT_ID, REGION, Rig, policy

FIREHOSE = "firehose.amazonaws.com"
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
DENIED_PAGE = f"{_GUIDE}/troubleshoot_access-denied.html"
TRUST_PAGE = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
BUCKET_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"

QUEUE_PAGE = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html"
)

EVALUATION_PAGE = f"{_GUIDE}/reference_policies_evaluation-logic.html"


class Actor:
    """A role with the policy of one test."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.bucket = rig, rig.name("bucket")
        rig.aws("s3").create_bucket(Bucket=self.bucket)
        self.database = rig.name("database")
        rig.aws("glue").create_database(DatabaseInput={"Name": self.database})
        self.arn = rig.role_of("firehose")
        self.name = self.arn.rpartition("/")[2]
        self.session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.name}/local-cloud"

    def may(self, *statements):
        document = policy(*({"Effect": "Allow", "Resource": "*", **statement} for statement in statements))
        self.rig.aws("iam").put_role_policy(RoleName=self.name, PolicyName="everything", PolicyDocument=document)

    def client(self, service):
        return self.rig.cloud.clients.of_service(FIREHOSE).client(service, self.arn)

    def put(self, key="orders/1"):
        return self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"x")

    def refusal(self, call):
        with pytest.raises(ClientError) as refused:
            call()
        error = refused.value.response
        return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def actor(rig: Rig) -> Actor:
    return Actor(rig)


@pytest.mark.aws("IAM", "Access denied messages", DENIED_PAGE)
def test_a_role_does_what_its_policy_allows_and_no_more(actor):
    actor.may({"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{actor.bucket}/orders/*"})
    actor.put()
    resource = f'"arn:aws:s3:::{actor.bucket}/other"'
    message = f"User: {actor.session} is not authorized to perform: s3:PutObject on resource: {resource}"
    because = " because no identity-based policy allows the s3:PutObject action"
    assert actor.refusal(lambda: actor.put("other")) == ("AccessDenied", message + because, 403)


@pytest.mark.aws("IAM", "Access denied messages", DENIED_PAGE)
@pytest.mark.parametrize(
    ("service", "operation", "request_", "action", "code", "status"),
    [
        ("glue", "get_database", {"Name": "d"}, "glue:GetDatabase", "AccessDeniedException", 400),
        ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", "AccessDeniedException", 403),
        ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole", "AccessDenied", 403),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://h/1/q", "MessageBody": "m"},
            "sqs:sendmessage",
            "AccessDenied",
            403,
        ),
    ],
)
def test_a_denial_has_the_form_of_the_service_s_protocol(actor, service, operation, request_, action, code, status):
    actor.may({"Action": "s3:GetObject"})
    found, message, http_status = actor.refusal(lambda: getattr(actor.client(service), operation)(**request_))
    assert (found, http_status) == (code, status)
    assert message.startswith(f"User: {actor.session} is not authorized to perform: {action} on resource: arn:aws:")


def test_a_change_of_a_policy_is_felt_by_the_next_request(actor):
    actor.put()
    actor.may({"Action": "s3:GetObject"})
    assert actor.refusal(actor.put)[0] == "AccessDenied"
    actor.may({"Action": "s3:Put*"})
    actor.put()


@pytest.mark.aws("IAM", "Policy evaluation", EVALUATION_PAGE)
def test_an_attached_policy_counts_as_an_inline_one(actor):
    actor.may({"Action": "s3:GetObject"})
    iam = actor.rig.aws("iam")
    document = policy({"Effect": "Allow", "Action": "S3:PUTOBJECT", "Resource": "arn:aws:s3:::*/orders/?"})
    arn = iam.create_policy(PolicyName=actor.rig.name("policy"), PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=actor.name, PolicyArn=arn)
    actor.put()
    assert actor.refusal(lambda: actor.put("orders/12"))[0] == "AccessDenied"


@pytest.mark.aws("IAM", "Access denied messages", DENIED_PAGE)
def test_an_explicit_deny_wins_and_is_named(actor):
    actor.may({"Action": "s3:*"}, {"Effect": "Deny", "Action": "s3:PutObject"})
    assert actor.refusal(actor.put)[1].endswith(" with an explicit deny in an identity-based policy")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ({"NotAction": "iam:*"}, "the element NotAction"),
        ({"Action": "s3:*", "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}, "StringEquals on aws:SourceVpc"),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}, "the policy variable in arn:aws:s3:::"),
    ],
)
def test_what_the_local_cloud_does_not_know_of_policies_is_an_error_that_names_it(actor, statement, named):
    actor.may(statement)
    code, message, status = actor.refusal(actor.put)
    assert (code, status) == ("NotImplemented", 501)
    assert named in message
    assert actor.name in message


def test_a_condition_on_a_safe_way_holds(actor):
    actor.may({"Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}})
    actor.put()


@pytest.mark.aws("S3", "Bucket policies", BUCKET_PAGE)
def test_a_bucket_s_policy_lets_a_role_in_that_it_names(actor):
    actor.may({"Action": "s3:GetObject"})
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{actor.bucket}/*"}
    s3 = actor.rig.aws("s3")
    s3.put_bucket_policy(Bucket=actor.bucket, Policy=policy({**statement, "Principal": {"AWS": actor.arn}}))
    actor.put()
    s3.put_bucket_policy(Bucket=actor.bucket, Policy=policy({**statement, "Principal": {"AWS": actor.arn + "2"}}))
    assert actor.refusal(actor.put)[0] == "AccessDenied"


@pytest.mark.aws("S3", "Bucket policies", BUCKET_PAGE)
def test_a_bucket_s_policy_keeps_out_whom_it_denies(actor):
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{actor.bucket}/*", "Principal": "*"}
    actor.rig.aws("s3").put_bucket_policy(Bucket=actor.bucket, Policy=policy(denied))
    assert actor.refusal(actor.put)[1].endswith(" with an explicit deny in a resource-based policy")


@pytest.mark.aws("SQS", "Queue policies", QUEUE_PAGE)
def test_a_queue_s_policy_lets_in_whom_it_names_keeps_out_whom_it_denies_and_stays_until_it_is_set_anew(actor):
    sqs, name = actor.rig.aws("sqs"), actor.rig.name("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"

    def send():
        return actor.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    def says(effect, **principal):
        statement = {"Effect": effect, "Action": "sqs:*", "Resource": arn, **principal}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})

    actor.may({"Action": "s3:GetObject"})
    assert actor.refusal(send)[1].endswith(" because no identity-based policy allows the sqs:sendmessage action")
    says("Allow", Principal={"AWS": actor.arn})
    send()
    actor.may({"Action": "sqs:SendMessage"})
    says("Deny", Principal="*")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    assert actor.refusal(send)[1].endswith(" with an explicit deny in a resource-based policy")
    says("Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    send()


@pytest.mark.aws("S3", "Bucket policies", BUCKET_PAGE)
@pytest.mark.parametrize(("operator", "wanted"), [("ArnNotLike", "ArnLike"), ("StringNotLike", "StringLike")])
def test_a_bucket_s_policy_keeps_out_all_but_some_whatever_their_own_policies_allow(actor, operator, wanted):
    actor.may({"Action": "s3:*"})
    s3, root = actor.rig.aws("s3"), f"arn:aws:iam::{ACCOUNT_ID}:root"

    def put_policy(operator, *admitted):
        condition = {operator: {"aws:PrincipalArn": admitted}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
        denied = {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject*", "s3:PutObject*"]}
        resource = f"arn:aws:s3:::{actor.bucket}/*"
        s3.put_bucket_policy(
            Bucket=actor.bucket, Policy=policy({**denied, "Resource": resource, "Condition": condition})
        )

    put_policy(operator, f"{actor.arn[:-3]}*", root)
    actor.put()
    s3.get_object(Bucket=actor.bucket, Key="orders/1")
    put_policy(operator, root)
    assert actor.refusal(actor.put)[1].endswith(" with an explicit deny in a resource-based policy")
    s3.get_object(Bucket=actor.bucket, Key="orders/1")
    put_policy(operator, actor.arn)
    actor.put()
    # The root user is a principal like others.
    assert actor.refusal(lambda: s3.get_object(Bucket=actor.bucket, Key="orders/1"))[2] == 403
    put_policy(wanted, actor.arn)
    assert actor.refusal(actor.put)[1].endswith(" with an explicit deny in a resource-based policy")


@pytest.mark.aws("S3", "Bucket policies", BUCKET_PAGE)
def test_a_bucket_s_policy_for_some_principals_says_nothing_of_who_did_not_sign(actor):
    statement = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{actor.bucket}/*", "Principal": "*"}
    condition = {"ArnNotLike": {"aws:PrincipalArn": "x"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
    allowed, denied = {"Effect": "Allow", **statement}, {"Effect": "Deny", **statement, "Condition": condition}
    s3 = actor.rig.aws("s3")
    s3.put_object(Bucket=actor.bucket, Key="orders/1", Body=b"x")
    s3.put_bucket_policy(Bucket=actor.bucket, Policy=policy(allowed, denied))
    url = f"{actor.rig.cloud.url}/{actor.bucket}/orders/1"
    assert urllib3.request("GET", url).data == b"x"


@pytest.mark.aws("IAM", "Trust policies", TRUST_PAGE)
def test_a_service_that_a_role_does_not_trust_cannot_assume_it(actor):
    clients = actor.rig.cloud.clients
    wanted = f"is not authorized to perform: sts:AssumeRole on resource: {actor.arn}"
    for assuming in (clients.of_service("glue.amazonaws.com"), clients):
        code, message, status = actor.refusal(lambda assuming=assuming: assuming.assume(actor.arn, "session"))
        assert (code, status) == ("AccessDenied", 403)
        assert message.endswith(wanted)


@pytest.mark.aws("IAM", "Trust policies", TRUST_PAGE)
def test_a_role_that_is_not_there_cannot_be_assumed(actor):
    clients = actor.rig.cloud.clients.of_service(FIREHOSE)
    missing = f"arn:aws:iam::{ACCOUNT_ID}:role/missing"
    assert actor.refusal(lambda: clients.assume(missing, "session"))[0] == "AccessDenied"


@pytest.mark.aws("IAM", "Trust policies", TRUST_PAGE)
def test_a_role_whose_trust_names_another_role_is_assumed_by_it(actor):
    trust = {"Effect": "Allow", "Principal": {"AWS": actor.arn}, "Action": "sts:AssumeRole"}
    iam, name = actor.rig.aws("iam"), actor.rig.name("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    actor.may({"Action": "s3:GetObject"})
    assert actor.client("sts").assume_role(RoleArn=arn, RoleSessionName="other")["Credentials"]
    assert actor.refusal(lambda: actor.rig.aws("sts").assume_role(RoleArn=arn, RoleSessionName="me"))[0]


def test_a_service_does_nothing_before_it_has_assumed_a_role(actor):
    client = actor.rig.cloud.clients.of_caller(Credentials(FIREHOSE, SECRET_ACCESS_KEY)).client("glue")
    assert actor.refusal(client.get_databases)[0] == "NotImplemented"


@pytest.mark.aws("IAM", "Signature errors", "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("glue", "get_databases", "UnrecognizedClientException"),
    ],
)
def test_a_key_that_was_never_issued_is_refused(rig, actor, service, operation, code):
    keys = {"aws_access_key_id": "AKIAUNKNOWN", "aws_secret_access_key": "x", "region_name": REGION}
    client = boto3.client(service, endpoint_url=rig.url, **keys)
    assert actor.refusal(getattr(client, operation))[0] == code


@pytest.mark.aws(
    "S3", "Presigned URLs", "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"
)
def test_a_link_that_a_role_has_signed_opens_what_the_role_may_read(rig, actor):
    rig.aws("s3").put_object(Bucket=actor.bucket, Key="key", Body=b"content")
    parameters = {"Bucket": actor.bucket, "Key": "key"}
    granted = rig.cloud.clients.of_service(FIREHOSE).assume(actor.arn, "session")
    s3 = boto3.client(
        "s3",
        endpoint_url=rig.url,
        region_name=REGION,
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    link = s3.generate_presigned_url("get_object", Params=parameters)
    assert urllib3.request("GET", link).data == b"content"
    actor.may({"Action": "s3:PutObject"})
    answer = urllib3.request("GET", link)
    assert answer.status == 403
    assert b"s3:GetObject" in answer.data


@pytest.mark.aws(
    "S3", "Signature errors", "https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html"
)
@pytest.mark.parametrize(
    ("query", "headers"),
    [("", {"Authorization": "AWS test:c2lnbmF0dXJl"}), ("?AWSAccessKeyId=test&Signature=c2ln&Expires=1", {})],
)
def test_a_signature_of_version_2_is_refused(rig, actor, query, headers):
    answer = urllib3.request("GET", f"{rig.url}/{actor.bucket}/key{query}", headers=headers)
    assert answer.status == 400
    assert b"Please use AWS4-HMAC-SHA256." in answer.data


@pytest.mark.aws("S3", "Missing objects", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html")
@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_that_an_object_is_missing_is_told_to_those_alone_who_may_list_the_bucket(actor, operation):
    s3, missing = actor.client("s3"), {"Bucket": actor.bucket, "Key": "missing"}
    actor.may({"Action": "s3:GetObject"})
    code, message, status = actor.refusal(lambda: getattr(s3, operation)(**missing))
    assert status == 403
    if operation == "get_object":
        resource = f'"arn:aws:s3:::{actor.bucket}"'
        assert code == "AccessDenied"
        assert f"is not authorized to perform: s3:ListBucket on resource: {resource}" in message
    actor.may({"Action": ["s3:GetObject", "s3:ListBucket"]})
    assert actor.refusal(lambda: getattr(s3, operation)(**missing))[2] == 404


@pytest.mark.aws("S3", "Missing objects", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html")
def test_an_object_that_was_deleted_is_missing(actor):
    actor.rig.aws("s3").put_bucket_versioning(Bucket=actor.bucket, VersioningConfiguration={"Status": "Enabled"})
    actor.put()
    actor.rig.aws("s3").delete_object(Bucket=actor.bucket, Key="orders/1")
    actor.may({"Action": "s3:GetObject"})
    assert actor.refusal(lambda: actor.client("s3").get_object(Bucket=actor.bucket, Key="orders/1"))[2] == 403


@pytest.mark.aws("S3", "Missing objects", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html")
def test_a_denied_head_has_no_body(rig, actor):
    host, _, port = rig.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            f"HEAD /{actor.bucket}/key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(1024), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"\r\n\r\n")


def test_what_cannot_be_named_is_refused_to_a_role_and_open_to_the_account(actor):
    assert "TableList" in actor.rig.aws("glue").get_tables(DatabaseName=actor.database)
    code, message, _ = actor.refusal(lambda: actor.client("glue").get_tables(DatabaseName=actor.database))
    assert code == "NotImplemented"
    assert f"glue GetTables by {actor.session}: it cannot name the table of glue" in message


def test_decisions_that_are_forgotten_to_make_room_are_taken_anew_by_all_threads(monkeypatch):
    monkeypatch.setattr(authorizer, "_MAX_DECISIONS", 2)
    monkeypatch.setattr(Authorizer, "_evaluate", lambda *_: Reason.NO_TRUST)
    deciding = Authorizer(Clients("http://localhost:1"))
    callers = [RoleSession(f"arn:aws:iam::{ACCOUNT_ID}:role/{name}", "session") for name in "abc"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            asked = threads.map(lambda n: deciding.denial(callers[n % 3], Access("s3:GetObject", "*")), range(5_000))
            assert set(asked) == {Reason.NO_TRUST}
    finally:
        sys.setswitchinterval(interval)
