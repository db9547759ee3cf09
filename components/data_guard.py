"""Who may touch data: the roles of the stack that need it, whom the configuration names, and nobody else."""

from collections.abc import Mapping, Sequence

import pulumi

from components import service_role
from components.service_role import ServiceRole

DATA_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
)
"""What reads, lists or changes objects. Settings of a bucket are not among them, so that whoever deploys can always
change its policy."""

_Needs = tuple[str, Sequence[str]]
"""A role's ARN, and the ARNs of what of S3 its own policy names."""


def refuse_others(bucket_arn: pulumi.Output[str], principal_arns: Sequence[str]) -> pulumi.Output[Mapping[str, object]]:
    """The statement by which a bucket's policy refuses everyone else, whatever their own policies allow.

    It admits the principals, as `aws:PrincipalArn` has them (`*` and `?` stand for others), and every ServiceRole whose
    own policy names the bucket.
    """

    def statement(arn: str) -> pulumi.Output[Mapping[str, object]]:
        # Runs when the program has come to its end, and so has every role been made.
        needs = pulumi.Output.all(*(_needs(role) for role in service_role.MADE.so_far()))
        return needs.apply(lambda found: _statement(arn, found, principal_arns))

    return bucket_arn.apply(statement)


def _statement(bucket_arn: str, needs: Sequence[_Needs], principal_arns: Sequence[str]) -> Mapping[str, object]:
    """`aws:PrincipalArn` of a role's session is the role's ARN; a service that acts for itself is no principal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    beginning = f"{bucket_arn}/"
    roles = [role for role, resources in needs if any(f"{it}/".startswith(beginning) for it in resources)]
    return {
        "Sid": "WhoNeedsIt",
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(DATA_ACTIONS),
        "Resource": [bucket_arn, f"{beginning}*"],
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": [*sorted(roles), *principal_arns]},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    }


def _needs(role: ServiceRole) -> pulumi.Output[_Needs]:
    resources = [
        resource
        for statement in role.statements
        if any(action.startswith("s3:") for action in statement["actions"])
        for resource in statement["resources"]
    ]
    return pulumi.Output.all(role.arn, pulumi.Output.all(*resources)).apply(lambda found: (found[0], found[1]))
