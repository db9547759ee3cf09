"""What lets browsers of people who did not sign in put events onto delivery streams, without the API in between."""

from collections.abc import Collection, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import names
from contracts import BrowserCredentials, Contract

_PROVIDER = "cognito-identity.amazonaws.com"


def takes_guests(contract: Contract, guest_sources: Collection[str]) -> bool:
    """Whether guests put events of a source onto streams: its contract lets browsers, or it is one of the sources."""
    return contract.browser_credentials is BrowserCredentials.GUEST or contract.source in guest_sources


class GuestSendersArgs(TypedDict):
    """Inputs of GuestSenders."""

    streams: Sequence[pulumi.Input[str]]
    """ARNs of the delivery streams that take events of guests; with none, nothing is made."""


class GuestSenders(pulumi.ComponentResource):
    """A Cognito identity pool for guests, and a role that may put batches of records onto some streams, nothing else.

    Firehose answers browsers across origins, and is among the services that Cognito lets guests call, Kinesis is not
    (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCognitoUnAuthedIdentitiesSessionPolicy.html).
    """

    identity_pool_id: pulumi.Output[str] | None
    """What a page asks for an identity; None where no source takes events of guests."""

    def __init__(self, name: str, args: GuestSendersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:GuestSenders", name, {}, opts)
        self.identity_pool_id = None
        if args["streams"]:
            self._make(name, args["streams"])
        self.register_outputs({"identity_pool_id": self.identity_pool_id})

    def _make(self, name: str, streams: Sequence[pulumi.Input[str]]) -> None:
        child = pulumi.ResourceOptions(parent=self)
        pool = aws.cognito.IdentityPool(
            f"{name}-pool",
            identity_pool_name=f"{names.prefix()}-{name}",
            allow_unauthenticated_identities=True,
            allow_classic_flow=False,
            opts=child,
        )
        role = aws.iam.Role(f"{name}-role", assume_role_policy=pulumi.Output.json_dumps(_trust(pool.id)), opts=child)
        # By name: the order of sources is none of the policy's.
        resources = pulumi.Output.all(*streams).apply(sorted)
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": ["firehose:PutRecordBatch"], "Resource": resources}],
                }
            ),
            opts=child,
        )
        aws.cognito.IdentityPoolRoleAttachment(
            f"{name}-roles",
            identity_pool_id=pool.id,
            roles={"unauthenticated": role.arn},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.identity_pool_id = pool.id


def _trust(pool_id: pulumi.Input[str]) -> dict[str, object]:
    """Guests of this pool alone: https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": _PROVIDER},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{_PROVIDER}:aud": pool_id},
                    "ForAnyValue:StringLike": {f"{_PROVIDER}:amr": "unauthenticated"},
                },
            }
        ],
    }
