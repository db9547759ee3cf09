"""The policy pack as the Pulumi CLI runs it: a process of its own, in its own environment, asked over gRPC."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policy.rules import RULES

from .conftest import ROOT

PYTHON = ROOT / ".venv" / "policy" / "bin" / "python"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a text that a preview does not know:
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go."""
BUCKET = "aws:s3/bucket:Bucket"
MANDATORY = analyzer_pb2.EnforcementLevel.Value("MANDATORY")


@pytest.fixture(scope="module")
def pack() -> Iterator[Any]:
    """The pack's analyzer, started as https://github.com/pulumi/pulumi/tree/master/sdk/python/cmd does it."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON.relative_to(ROOT)} is not there: `make test` installs the policy pack")
    program = [PYTHON, "-u", "-m", "pulumi.policy", "127.0.0.1:1", ROOT / "policy"]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def properties(**values: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def asked(deployment: Any) -> list[analyzer_pb2.AnalyzerResource]:
    """What the engine sends of a stack's resources."""
    return [
        analyzer_pb2.AnalyzerResource(
            type=it.type,
            name=it.name,
            urn=it.urn,
            properties=it.request.object,
            propertyDependencies={
                key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns) for key, urns in it.sources.items()
            },
        )
        for it in deployment.resources
    ]


def test_the_pack_has_every_rule_and_each_stops_a_deployment(pack: Any) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "rapid-analytics-security"
    assert [policy.name for policy in info.policies] == [rule.name for rule in RULES]
    assert {policy.enforcementLevel for policy in info.policies} == {MANDATORY}
    assert info.policies[1].description == "A bucket refuses requests without TLS [S3.5, AwsSolutions-S10]"


def test_a_preview_of_the_program_passes(pack: Any, recorded: Callable[..., Any]) -> None:
    resources = asked(recorded("dev", preview=True))
    found = pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
    assert [diagnostic.message for diagnostic in found.diagnostics] == []
    for it in resources:
        request = analyzer_pb2.AnalyzeRequest(type=it.type, name=it.name, urn=it.urn, properties=it.properties)
        assert [diagnostic.message for diagnostic in pack.Analyze(request).diagnostics] == []


def test_a_resource_that_breaks_a_rule_is_refused_before_it_is_made(pack: Any) -> None:
    request = analyzer_pb2.AnalyzeRequest(type=BUCKET, name="open", urn="urn:open", properties=properties(acl="public"))
    [diagnostic] = pack.Analyze(request).diagnostics
    assert (diagnostic.policyName, diagnostic.enforcementLevel) == ("bucket-has-no-access-control-list", MANDATORY)
    assert diagnostic.message.splitlines() == [
        "A bucket has no access control list [S3.12]",
        f"open ({BUCKET}), acl: it is given. Fix: take the list away and say in policies who may do what",
    ]


def test_a_stack_without_what_a_resource_needs_is_refused_by_the_resource_s_urn(
    pack: Any, recorded: Callable[..., Any]
) -> None:
    raw = "lakehouse-raw-"
    resources = [it for it in asked(recorded("dev", preview=True)) if it.name not in (f"{raw}encryption", f"{raw}tls")]
    found = pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)).diagnostics
    assert {(it.policyName, it.urn.rpartition("::")[2], it.enforcementLevel) for it in found} == {
        ("bucket-refuses-plain-transport", f"{raw}bucket", MANDATORY),
        ("bucket-is-encrypted", f"{raw}bucket", MANDATORY),
    }


def test_what_a_preview_does_not_know_is_left_to_the_deployment(pack: Any) -> None:
    unknown = properties(policy=UNKNOWN)
    request = analyzer_pb2.AnalyzeRequest(type="aws:iam/rolePolicy:RolePolicy", name="a", urn="a", properties=unknown)
    assert list(pack.Analyze(request).diagnostics) == []


def test_secrets_are_read_and_not_told(pack: Any) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": '{"Statement": []}'}
    request = analyzer_pb2.AnalyzeRequest(
        type="aws:iam/rolePolicy:RolePolicy", name="a", urn="a", properties=properties(policy=secret)
    )
    assert list(pack.Analyze(request).diagnostics) == []
    secret["value"] = '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a"}]}'
    request.properties.CopyFrom(properties(policy=secret))
    [diagnostic] = pack.Analyze(request).diagnostics
    assert diagnostic.policyName == "policy-names-actions"
