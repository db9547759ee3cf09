"""Each rule finds a resource that breaks it, and leaves one alone that keeps it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from policy.rules import (
    RULES,
    UNKNOWN,
    Resource,
    Rule,
    Stack,
    Violation,
    analytics,
    api,
    edge,
    firewall,
    functions,
    identity,
    messages,
    network,
    s3,
    watching,
)
from tests.security_page import render

from .conftest import ROOT

BY_NAME = {rule.name: rule for rule in RULES}
OWN = "urn:own"
ID = re.compile(r"AwsSolutions-[A-Z]+\d+|[A-Z]\w+\.\d+|https://docs\.aws\.amazon\.com/.+")


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**more: Any) -> str:
    return document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", **more})


def plain(action: str, resource: Any = ("arn:aws:s3:::a", "arn:aws:s3:::a/*"), **more: Any) -> str:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}
    return document({**statement, **more})


def definition(**operation: Any) -> dict[str, Any]:
    paths = {"/a": {"post": operation, "options": {"security": []}}}
    return {"body": json.dumps({"openapi": "3.0.1", "paths": paths})}


def signing(path: str) -> Resource:
    """The function that checks the signatures of what a path takes."""
    variables = {"SIGNATURES": json.dumps({"pushes": {}}), "ROUTES": json.dumps({path: "pushes", "/c": "orders"})}
    return Resource("urn:function", functions.FUNCTION, "signing", {"environment": {"variables": variables}})


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {"assumeRolePolicy": document({**statement, **({"Condition": condition} if condition else {})})}


def beside(type_: str, key: str, **properties: Any) -> Resource:
    """A resource that is made for the one under test."""
    return Resource("urn:other", type_, "beside", {key: "own", **properties}, {key: [OWN]})


def behaving(**behavior: Any) -> dict[str, Any]:
    """A distribution with one cache behavior."""
    return {"defaultCacheBehavior": {"targetOriginId": "a", **behavior}}


def behind(**origin: Any) -> dict[str, Any]:
    """A distribution with one origin, a bucket unless it is said to be a server."""
    return {"origins": [{"originId": "a", "domainName": "a.s3.eu-central-1.amazonaws.com", **origin}]}


def restricted(kind: str) -> dict[str, Any]:
    return {"restrictions": {"geoRestriction": {"restrictionType": kind}}}


def csp(text: str) -> dict[str, Any]:
    return {"contentSecurityPolicy": text, "override": True}


def headers(**otherwise: Any) -> dict[str, Any]:
    """A headers policy that is strict but for something."""
    return {"securityHeadersConfig": {**STRICT, **otherwise}}


SERVICE = {"Service": "events.amazonaws.com"}
FOR_SOURCE = {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-central-1:123456789012:rule/a"}}}
ALL_BLOCKED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
SOME_BLOCKED = {**ALL_BLOCKED, "blockPublicPolicy": False}
INGRESS = {"fromPort": 443, "toPort": 443}
GUESTS = {"Federated": "cognito-identity.amazonaws.com"}
OF_POOL = {
    "StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"},
    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
}
LIFECYCLE = {"rules": [{"status": "Enabled"}]}
ENCRYPTION = {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]}
RESULTS = {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_S3"}}}
OWN_CERTIFICATE = {"acmCertificateArn": "arn", "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.3_2025"}
STRICT = {
    "contentSecurityPolicy": {
        "contentSecurityPolicy": "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        "override": True,
    },
    "strictTransportSecurity": {"accessControlMaxAgeSec": 31_536_000, "override": True},
    "contentTypeOptions": {"override": True},
    "referrerPolicy": {"referrerPolicy": "no-referrer", "override": True},
}
SILENT = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": False}
SAMPLING = {"cloudwatchMetricsEnabled": False, "sampledRequestsEnabled": True}
ENFORCED = {"configuration": {"enforceWorkgroupConfiguration": True, **RESULTS}}

# Rule, type, what breaks it, what keeps it; a list has the resource's inputs, then what is made for it.
CASES: list[tuple[str, str, Any, Any]] = [
    ("bucket-blocks-public-access", s3.BUCKET, {}, [{}, beside(s3.PUBLIC_ACCESS, "bucket")]),
    ("bucket-blocks-public-access", s3.PUBLIC_ACCESS, SOME_BLOCKED, ALL_BLOCKED),
    ("bucket-refuses-plain-transport", s3.BUCKET, {}, [{}, beside(s3.BUCKET_POLICY, "bucket")]),
    ("bucket-refuses-plain-transport", s3.BUCKET_POLICY, {"policy": allow()}, {"policy": plain("s3:*")}),
    ("bucket-refuses-plain-transport", s3.BUCKET_POLICY, {"policy": plain("s3:GetObject")}, {"policy": plain("*")}),
    (
        "bucket-refuses-plain-transport",
        s3.BUCKET_POLICY,
        {"policy": plain("s3:*", "arn:aws:s3:::a")},
        {"policy": plain("s3:*")},
    ),
    *(
        ("bucket-refuses-plain-transport", s3.BUCKET_POLICY, {"policy": plain("s3:*", **otherwise)}, None)
        for otherwise in (
            {"Effect": "Allow"},
            {"Principal": {"AWS": "123456789012"}},
            {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": "1"}}},
        )
    ),
    (
        "bucket-policy-admits-named-sources",
        s3.BUCKET_POLICY,
        {"policy": allow(Principal="*")},
        {"policy": plain("s3:*")},
    ),
    (
        "bucket-policy-admits-named-sources",
        s3.BUCKET_POLICY,
        {"policy": allow(Principal=SERVICE)},
        {"policy": allow(Principal=SERVICE, **FOR_SOURCE)},
    ),
    ("bucket-policy-admits-named-sources", s3.BUCKET_POLICY, {"policy": allow(Principal={"AWS": "999999999999"})}, {}),
    ("bucket-policy-admits-named-sources", s3.BUCKET_POLICY, {"policy": allow(NotPrincipal={"AWS": "1"})}, {}),
    ("bucket-logs-requests", s3.BUCKET, {}, [{}, beside(s3.LOGGING, "bucket")]),
    ("bucket-logs-requests", s3.BUCKET, [{}, beside(s3.VERSIONING, "bucket")], None),
    ("bucket-logs-requests", s3.BUCKET, [{}, Resource("urn:b", s3.LOGGING, "b", {}, {"bucket": ["urn:a"]})], None),
    ("bucket-has-no-access-control-list", s3.BUCKET, {"acl": "public-read"}, {}),
    (
        "bucket-has-lifecycle-rules",
        s3.BUCKET,
        [{}, beside(s3.LIFECYCLE, "bucket")],
        [{}, beside(s3.LIFECYCLE, "bucket", **LIFECYCLE)],
    ),
    (
        "bucket-keeps-versions",
        s3.BUCKET,
        [{}, beside(s3.VERSIONING, "bucket", versioningConfiguration={"status": "Suspended"})],
        [{}, beside(s3.VERSIONING, "bucket", versioningConfiguration={"status": "Enabled"})],
    ),
    (
        "bucket-is-encrypted",
        s3.BUCKET,
        [{}, beside(s3.ENCRYPTION, "bucket")],
        [{}, beside(s3.ENCRYPTION, "bucket", **ENCRYPTION)],
    ),
    ("queue-is-encrypted", messages.QUEUE, {"sqsManagedSseEnabled": False}, {"kmsMasterKeyId": "key"}),
    (
        "queue-refuses-plain-transport",
        messages.QUEUE,
        {},
        [{}, beside(messages.QUEUE_POLICY, "queueUrl", policy=plain("sqs:*"))],
    ),
    (
        "queue-refuses-plain-transport",
        messages.QUEUE,
        [{}, beside(messages.QUEUE_POLICY, "queueUrl", policy=plain("sqs:SendMessage"))],
        {"policy": plain("sqs:*")},
    ),
    ("queue-has-dead-letters", messages.QUEUE, {}, {"redrivePolicy": "{}"}),
    (
        "queue-policy-admits-named-sources",
        messages.QUEUE_POLICY,
        {"policy": allow(Principal={"AWS": "*"})},
        {"policy": allow(Principal=SERVICE, **FOR_SOURCE)},
    ),
    (
        "topic-policy-admits-named-sources",
        messages.TOPIC_POLICY,
        {"policy": allow(Principal=SERVICE)},
        {"policy": allow(Principal=SERVICE, **FOR_SOURCE)},
    ),
    (
        "topic-refuses-plain-transport",
        messages.TOPIC,
        {},
        [{}, beside(messages.TOPIC_POLICY, "arn", policy=plain("sns:Publish"))],
    ),
    ("topic-is-encrypted", messages.TOPIC, {}, {"kmsMasterKeyId": "key"}),
    ("subscription-is-encrypted", messages.SUBSCRIPTION, {"protocol": "http"}, {"protocol": "email"}),
    ("api-authenticates", api.REST_API, definition(), definition(security=[{"api_key": []}])),
    ("api-authenticates", api.REST_API, [definition(), signing("/b")], [definition(), signing("/a")]),
    ("api-checks-bodies", api.REST_API, definition(), definition(**{"x-amazon-apigateway-request-validator": "body"})),
    (
        "api-checks-bodies",
        api.REST_API,
        definition(**{"x-amazon-apigateway-integration": {"type": "aws"}}),
        definition(**{"x-amazon-apigateway-integration": {"type": "aws_proxy"}}),
    ),
    ("stage-logs-requests", api.STAGE, {}, {"accessLogSettings": {"destinationArn": "arn"}}),
    (
        "stage-logs-execution",
        api.STAGE,
        [{}, beside(api.METHOD_SETTINGS, "stageName", methodPath="~1a/POST", settings={"loggingLevel": "INFO"})],
        [{}, beside(api.METHOD_SETTINGS, "stageName", methodPath="*/*", settings={"loggingLevel": "ERROR"})],
    ),
    ("method-logs-no-bodies", api.METHOD_SETTINGS, {"settings": {"dataTraceEnabled": True}}, {"settings": {}}),
    (
        "method-cache-is-encrypted",
        api.METHOD_SETTINGS,
        {"settings": {"cachingEnabled": True}},
        {"settings": {"cachingEnabled": True, "cacheDataEncrypted": True}},
    ),
    ("method-cache-is-encrypted", api.METHOD_SETTINGS, {"settings": {"cachingEnabled": True}}, {"settings": {}}),
    ("stage-has-client-certificate", api.STAGE, {}, {"clientCertificateId": "id"}),
    ("stage-is-traced", api.STAGE, {}, {"xrayTracingEnabled": True}),
    ("stage-has-firewall", api.STAGE, {}, [{}, beside(api.WEB_ACL, "resourceArn")]),
    ("function-runtime-is-supported", functions.FUNCTION, {"runtime": "python3.8"}, {"runtime": "python3.12"}),
    (
        "function-runtime-is-newest",
        functions.FUNCTION,
        {"runtime": "python3.12"},
        {"runtime": functions.SUPPORTED_RUNTIMES[-1]},
    ),
    (
        "function-has-two-subnets",
        functions.FUNCTION,
        {"vpcConfig": {"subnetIds": ["a"]}},
        {"vpcConfig": {"subnetIds": ["a", "b"]}},
    ),
    ("function-has-two-subnets", functions.FUNCTION, {"vpcConfig": {"subnetIds": ["a"]}}, {}),
    ("function-has-log-group", functions.FUNCTION, {}, {"loggingConfig": {"logGroup": "a"}}),
    (
        "permission-names-its-source",
        functions.PERMISSION,
        {"principal": "*", "sourceArn": "arn"},
        {"principal": "events.amazonaws.com", "sourceArn": "arn"},
    ),
    (
        "permission-names-its-source",
        functions.PERMISSION,
        {"principal": "events.amazonaws.com"},
        {"principal": "s3.amazonaws.com", "sourceAccount": "123456789012"},
    ),
    ("policy-names-actions", identity.ROLE_POLICY, {"policy": allow(Action=["s3:Get*"])}, {"policy": allow()}),
    (
        "policy-names-actions",
        identity.ROLE_POLICY,
        {"policy": document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"})},
        {"policy": document({"Effect": "Deny", "Action": "*", "Resource": "*"})},
    ),
    ("policy-names-actions", identity.ROLE_POLICY, {"policy": allow(Action="s3:GetObjec?")}, {}),
    ("policy-names-resources", identity.ROLE_POLICY, {"policy": allow(Resource="*")}, {"policy": allow()}),
    ("policy-names-resources", identity.ROLE_POLICY, {"policy": allow(Resource="arn:aws:s3:::?/a")}, {}),
    (
        "policy-names-resources",
        identity.ROLE_POLICY,
        {"policy": allow(Resource="arn:aws:s3:::a*/*")},
        {"policy": allow(Resource="arn:aws:logs:eu-central-1:1:log-group:a:*")},
    ),
    (
        "policy-names-resources",
        identity.ROLE_POLICY,
        {"policy": allow(Resource="arn:aws:ec2:eu-central-1:1:network-interface/*")},
        {"policy": allow(Resource="arn:aws:scheduler:eu-central-1:1:schedule/group/*")},
    ),
    (
        "policy-names-resources",
        identity.ROLE_POLICY,
        {"policy": document({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a"})},
        {},
    ),
    (
        "role-has-own-policies",
        identity.ROLE,
        {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        {},
    ),
    (
        "role-has-own-policies",
        identity.ATTACHMENT,
        {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"policyArn": "arn:aws:iam::123456789012:policy/own"},
    ),
    ("role-is-for-one-principal", identity.ROLE, trust({"AWS": "*"}), trust(SERVICE)),
    (
        "role-is-for-one-principal",
        identity.ROLE,
        trust({"Service": ["a.amazonaws.com", "b.amazonaws.com"]}),
        trust(SERVICE),
    ),
    ("role-is-for-one-principal", identity.ROLE, trust(GUESTS), trust(GUESTS, **OF_POOL)),
    ("key-is-rotated", identity.KEY, {}, {"enableKeyRotation": True}),
    (
        "key-is-rotated",
        identity.KEY,
        {"customerMasterKeySpec": "SYMMETRIC_DEFAULT"},
        {"customerMasterKeySpec": "HMAC_256"},
    ),
    ("key-waits-to-be-deleted", identity.KEY, {"deletionWindowInDays": 7}, {}),
    ("key-waits-to-be-deleted", identity.KEY, {"deletionWindowInDays": 29}, {"deletionWindowInDays": 30}),
    (
        "key-policy-admits-named-sources",
        identity.KEY,
        {"policy": allow(Principal="*")},
        {"policy": allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})},
    ),
    ("secret-is-rotated", identity.SECRET, {}, [{}, beside(identity.ROTATION, "secretId")]),
    ("identity-pool-has-no-guests", identity.IDENTITY_POOL, {"allowUnauthenticatedIdentities": True}, {}),
    ("identity-pool-has-enhanced-flow", identity.IDENTITY_POOL, {"allowClassicFlow": True}, {}),
    ("stream-is-encrypted", analytics.STREAM, {}, {"serverSideEncryption": {"enabled": True}}),
    (
        "stream-is-encrypted",
        analytics.STREAM,
        {"serverSideEncryption": {"enabled": False}},
        {"kinesisSourceConfiguration": {"kinesisStreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/a"}},
    ),
    (
        "data-stream-is-encrypted",
        analytics.DATA_STREAM,
        {"encryptionType": "NONE"},
        {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis"},
    ),
    ("workgroup-encrypts-results", analytics.WORKGROUP, {"configuration": {}}, ENFORCED),
    (
        "workgroup-encrypts-results",
        analytics.WORKGROUP,
        {"configuration": {**RESULTS, "enforceWorkgroupConfiguration": False}},
        ENFORCED,
    ),
    (
        "workgroup-publishes-metrics",
        analytics.WORKGROUP,
        {"configuration": {"publishCloudwatchMetricsEnabled": False}},
        {},
    ),
    ("job-version-is-supported", analytics.JOB, {"glueVersion": "2.0"}, {"glueVersion": "5.1"}),
    ("job-version-is-supported", analytics.JOB, {}, {"glueVersion": "5.1"}),
    ("job-encrypts-logs", analytics.JOB, {}, {"securityConfiguration": "a"}),
    (
        "job-encrypts-bookmarks",
        analytics.JOB,
        {"defaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}},
        {},
    ),
    (
        "job-encrypts-bookmarks",
        analytics.JOB,
        {"defaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}},
        {"defaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}, "securityConfiguration": "a"},
    ),
    (
        "data-source-uses-tls",
        analytics.DATA_SOURCE,
        {"sslProperties": {"disableSsl": True}},
        {"sslProperties": {"disableSsl": False}},
    ),
    ("log-group-forgets", watching.LOG_GROUP, {"retentionInDays": 0}, {"retentionInDays": 30}),
    ("alarm-tells-somebody", watching.ALARM, {}, {"alarmActions": ["arn"]}),
    ("alarm-actions-are-on", watching.ALARM, {"actionsEnabled": False}, {}),
    ("event-rule-uses-default-bus", watching.EVENT_RULE, {"eventBusName": "own"}, {}),
    ("vpc-has-flow-log", network.VPC, {}, [{}, beside(network.FLOW_LOG, "vpcId")]),
    ("default-security-group-is-closed", network.VPC, {}, [{}, beside(network.DEFAULT_SECURITY_GROUP, "vpcId")]),
    ("default-security-group-is-closed", network.DEFAULT_SECURITY_GROUP, {"egress": [{"protocol": "-1"}]}, {}),
    ("default-security-group-is-closed", network.DEFAULT_SECURITY_GROUP, {"ingress": [{"protocol": "-1"}]}, {}),
    ("subnet-is-private", network.SUBNET, {"mapPublicIpOnLaunch": True}, {}),
    (
        "security-group-names-who-comes-in",
        network.SECURITY_GROUP,
        {"ingress": [{**INGRESS, "cidrBlocks": ["0.0.0.0/0"]}]},
        {"ingress": [{**INGRESS, "cidrBlocks": ["10.0.0.0/16"]}]},
    ),
    (
        "security-group-names-who-comes-in",
        network.SECURITY_GROUP_RULE,
        {"type": "ingress", "ipv6CidrBlocks": ["::/0"]},
        {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]},
    ),
    (
        "security-group-names-who-comes-in",
        network.INGRESS_RULE,
        {"cidrIpv4": "0.0.0.0/0"},
        {"referencedSecurityGroupId": "sg"},
    ),
    ("security-group-is-described", network.SECURITY_GROUP, {}, {"description": "What functions may reach"}),
    ("network-acl-is-not-used", network.NETWORK_ACL, {}, None),
    ("file-system-is-encrypted", network.FILE_SYSTEM, {}, {"encrypted": True}),
    (
        "file-system-is-backed-up",
        network.FILE_SYSTEM,
        [{}, beside(network.BACKUP_POLICY, "fileSystemId", backupPolicy={"status": "DISABLED"})],
        [{}, beside(network.BACKUP_POLICY, "fileSystemId", backupPolicy={"status": "ENABLED"})],
    ),
    (
        "file-system-refuses-plain-transport",
        network.FILE_SYSTEM,
        {},
        [{}, beside(network.FILE_SYSTEM_POLICY, "fileSystemId")],
    ),
    (
        "file-system-refuses-plain-transport",
        network.FILE_SYSTEM_POLICY,
        {"policy": allow()},
        {"policy": plain("*", Principal={"AWS": "*"})},
    ),
    (
        "access-point-has-root",
        network.ACCESS_POINT,
        {"rootDirectory": {"path": "/"}},
        {"rootDirectory": {"path": "/data"}},
    ),
    (
        "access-point-has-user",
        network.ACCESS_POINT,
        {"posixUser": {"uid": 0, "gid": 0}},
        {"posixUser": {"uid": 1000, "gid": 1000}},
    ),
    ("access-point-has-user", network.ACCESS_POINT, {}, {"posixUser": {"uid": 1000, "gid": 1000}}),
    ("distribution-has-root-object", edge.DISTRIBUTION, {}, {"defaultRootObject": "index.html"}),
    (
        "distribution-asks-for-tls",
        edge.DISTRIBUTION,
        behaving(viewerProtocolPolicy="allow-all"),
        behaving(viewerProtocolPolicy="redirect-to-https"),
    ),
    (
        "distribution-asks-for-tls",
        edge.DISTRIBUTION,
        {
            **behaving(viewerProtocolPolicy="https-only"),
            "orderedCacheBehaviors": [{"pathPattern": "/a/*", "viewerProtocolPolicy": "allow-all"}],
        },
        None,
    ),
    ("distribution-has-failover", edge.DISTRIBUTION, {}, {"originGroups": [{"originId": "a"}]}),
    ("distribution-logs-requests", edge.DISTRIBUTION, {}, {"loggingConfig": {"bucket": "a"}}),
    ("distribution-has-firewall", edge.DISTRIBUTION, {}, {"webAclId": "arn"}),
    ("distribution-names-countries", edge.DISTRIBUTION, restricted("none"), restricted("whitelist")),
    ("distribution-names-countries", edge.DISTRIBUTION, {}, restricted("blacklist")),
    ("distribution-has-own-certificate", edge.DISTRIBUTION, {}, {"viewerCertificate": OWN_CERTIFICATE}),
    (
        "distribution-uses-sni",
        edge.DISTRIBUTION,
        {"viewerCertificate": {**OWN_CERTIFICATE, "sslSupportMethod": "vip"}},
        {"viewerCertificate": {"cloudfrontDefaultCertificate": True}},
    ),
    (
        "distribution-speaks-new-tls",
        edge.DISTRIBUTION,
        {"viewerCertificate": {**OWN_CERTIFICATE, "minimumProtocolVersion": "TLSv1.2_2019"}},
        {"viewerCertificate": OWN_CERTIFICATE},
    ),
    ("distribution-speaks-new-tls", edge.DISTRIBUTION, {"viewerCertificate": {"minimumProtocolVersion": "x"}}, None),
    (
        "distribution-asks-servers-over-tls",
        edge.DISTRIBUTION,
        behind(customOriginConfig={"originProtocolPolicy": "match-viewer", "originSslProtocols": ["TLSv1.2"]}),
        behind(customOriginConfig={"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]}),
    ),
    (
        "distribution-asks-servers-over-tls",
        edge.DISTRIBUTION,
        behind(customOriginConfig={"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1", "TLSv1.2"]}),
        behind(),
    ),
    (
        "distribution-reads-own-bucket",
        edge.DISTRIBUTION,
        [behind(), Resource("urn:other", s3.BUCKET, "other", {})],
        behind(customOriginConfig={"originProtocolPolicy": "https-only"}),
    ),
    ("distribution-signs-requests", edge.DISTRIBUTION, behind(), behind(originAccessControlId="id")),
    (
        "origin-access-signs-always",
        edge.ORIGIN_ACCESS,
        {"signingBehavior": "no-override", "signingProtocol": "sigv4"},
        {"signingBehavior": "always", "signingProtocol": "sigv4"},
    ),
    ("distribution-sets-headers", edge.DISTRIBUTION, behaving(), behaving(responseHeadersPolicyId="id")),
    *(
        ("headers-are-strict", edge.HEADERS, headers(**otherwise), headers())
        for otherwise in (
            {"contentSecurityPolicy": csp("default-src 'self'; base-uri 'none'; frame-ancestors 'none'")},
            {"contentSecurityPolicy": csp("default-src 'none'; frame-ancestors 'none'")},
            {"contentSecurityPolicy": csp("default-src 'none'; base-uri 'none'; frame-ancestors 'self'")},
            {
                "contentSecurityPolicy": csp(
                    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'"
                )
            },
            {
                "contentSecurityPolicy": csp(
                    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src https:"
                )
            },
            {"strictTransportSecurity": {"accessControlMaxAgeSec": 3600, "override": True}},
            {"strictTransportSecurity": None},
            {"contentTypeOptions": None},
            {"referrerPolicy": None},
            {"referrerPolicy": {"referrerPolicy": "no-referrer", "override": False}},
        )
    ),
    ("web-acl-has-rules", firewall.WEB_ACL, {}, {"rules": [{"name": "a"}]}),
    ("web-acl-logs-requests", firewall.WEB_ACL, {}, [{}, beside(firewall.LOGGING, "resourceArn")]),
    ("web-acl-counts", firewall.WEB_ACL, {"visibilityConfig": SAMPLING}, {"visibilityConfig": SILENT}),
    (
        "web-acl-counts",
        firewall.WEB_ACL,
        {"visibilityConfig": SILENT, "rules": [{"name": "a", "visibilityConfig": SAMPLING}]},
        {"visibilityConfig": SILENT, "rules": [{"name": "a", "visibilityConfig": SILENT}]},
    ),
    ("web-acl-keeps-no-requests", firewall.WEB_ACL, {"visibilityConfig": SAMPLING}, {"visibilityConfig": SILENT}),
    (
        "web-acl-keeps-no-requests",
        firewall.WEB_ACL,
        {"visibilityConfig": SILENT, "rules": [{"name": "a", "visibilityConfig": SAMPLING}]},
        None,
    ),
]


def found(rule: Rule, type_: str, case: Any) -> list[Violation]:
    properties, *others = case if isinstance(case, list) else [case]
    resource = Resource(OWN, type_, "own", properties)
    return rule.violations(resource, Stack([resource, *others]))


@pytest.mark.parametrize(("name", "type_", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_finds_what_breaks_it_and_leaves_alone_what_keeps_it(name: str, type_: str, bad: Any, good: Any) -> None:
    rule = BY_NAME[name]
    [violation] = found(rule, type_, bad)
    assert f"own ({type_})" in str(violation)
    assert str(violation).startswith(f"{name} [{rule.ids[0]}")
    assert violation.fault in str(violation)
    assert str(violation).endswith(f"Fix: {rule.fix}")
    if good is not None:
        assert found(rule, type_, good) == []


@pytest.mark.parametrize(("name", "type_", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_leaves_what_is_not_known_yet_to_the_deployment(name: str, type_: str, bad: Any, good: Any) -> None:
    properties, *others = bad if isinstance(bad, list) else [bad]
    if not properties:
        return
    assert found(BY_NAME[name], type_, [dict.fromkeys(properties, UNKNOWN), *others]) == []


def test_a_content_policy_that_names_an_api_not_made_yet_is_left_to_the_deployment() -> None:
    unknown = headers(contentSecurityPolicy={"contentSecurityPolicy": UNKNOWN, "override": True})
    assert found(BY_NAME["headers-are-strict"], edge.HEADERS, unknown) == []


def test_a_distribution_may_read_a_bucket_of_the_program() -> None:
    distribution = Resource(OWN, edge.DISTRIBUTION, "own", behind(), {"origins": ["urn:bucket"]})
    bucket = Resource("urn:bucket", s3.BUCKET, "bucket", {})
    assert BY_NAME["distribution-reads-own-bucket"].violations(distribution, Stack([distribution, bucket])) == []


def test_every_rule_is_among_the_cases() -> None:
    assert {case[0] for case in CASES} == BY_NAME.keys()
    assert len(BY_NAME) == len(RULES)


def test_a_rule_looks_at_its_own_types_alone() -> None:
    other = Resource(OWN, "aws:other/other:Other", "own", {})
    assert [rule for rule in RULES if rule.violations(other, Stack([other]))] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_who_asks_for_it_what_must_hold_and_how_it_is_made_to(rule: Rule) -> None:
    assert rule.ids
    assert all(ID.fullmatch(id_) for id_ in rule.ids), rule.ids
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.fix


def test_the_page_of_the_rules_is_up_to_date() -> None:
    assert (ROOT / "docs" / "security.md").read_text(encoding="utf-8") == render(), "make docs"
