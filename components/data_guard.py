"""Who may touch data: the roles of the stack that need it, whom the configuration names, and nobody else."""

from collections.abc import Mapping, Sequence

import pulumi

from components.private_bucket import BucketStatement
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


class DataGuard:
    """Makes the statement by which a bucket's policy refuses everyone else, whatever their own policies allow.

    It hears of every role of the stack that is made after it.
    """

    statements: list[BucketStatement]
    """What the policies of buckets say by it."""

    def __init__(self, principal_arns: Sequence[str]) -> None:
        """`principal_arns`: whom else to admit, as `aws:PrincipalArn` has them; `*` and `?` stand for others.

        Without any there is no statement: nobody can tell who deploys, and they must not be kept out.
        """
        self.statements = [self._refuse_others] if principal_arns else []
        self._principal_arns = principal_arns
        self._roles: list[ServiceRole] = []
        pulumi.runtime.register_stack_transformation(self._note)

    def _refuse_others(self, bucket_arn: pulumi.Output[str]) -> pulumi.Output[Mapping[str, object]]:
        """`aws:PrincipalArn` of a role's session is the role's ARN; a service that acts for itself is no principal.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """

        def statement(arn: str) -> pulumi.Output[Mapping[str, object]]:
            # Runs when the program has come to its end, and so has every role been made.
            needs = pulumi.Output.all(*(_needs(role) for role in self._roles))
            return needs.apply(lambda found: self._statement(arn, found))

        return bucket_arn.apply(statement)

    def _note(self, made: pulumi.ResourceTransformationArgs) -> None:
        if isinstance(made.resource, ServiceRole):
            self._roles.append(made.resource)

    def _statement(self, bucket_arn: str, needs: Sequence[tuple[str, Sequence[str]]]) -> Mapping[str, object]:
        beginning = f"{bucket_arn}/"
        roles = [role for role, resources in needs if any(f"{it}/".startswith(beginning) for it in resources)]
        return {
            "Sid": "WhoNeedsIt",
            "Effect": "Deny",
            "Principal": "*",
            "Action": list(DATA_ACTIONS),
            "Resource": [bucket_arn, f"{beginning}*"],
            "Condition": {
                "ArnNotLike": {"aws:PrincipalArn": [*sorted(roles), *self._principal_arns]},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        }


def _needs(role: ServiceRole) -> pulumi.Output[tuple[str, list[str]]]:
    """A role's ARN, and the ARNs of what of S3 its own policy names."""
    resources = [
        resource
        for statement in role.statements
        if any(action.startswith("s3:") for action in statement["actions"])
        for resource in statement["resources"]
    ]
    return pulumi.Output.all(role.arn, pulumi.Output.all(*resources)).apply(lambda found: (found[0], found[1]))
