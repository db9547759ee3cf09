"""Roles and what they may do, keys, secrets, guests."""

from collections.abc import Iterator

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of
from .statements import Statement, allowing, conditions, many, principals, too_wide

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
KEY = "aws:kms/key:Key"
SECRET = "aws:secretsmanager/secret:Secret"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
IDENTITY_POOL = "aws:cognito/identityPool:IdentityPool"

GUESTS = "cognito-identity.amazonaws.com"


@rule(
    "IAM.1", "IAM.21", "AwsSolutions-IAM5",
    types=[ROLE_POLICY, POLICY],
    title="A policy names each action that it allows",
    fix="write the actions that the code asks for, one by one",
)  # fmt: skip
def policy_names_actions(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        if "NotAction" in statement:
            yield "", "it allows all actions but some"
        for action in many(statement.get("Action")):
            if "*" in action or "?" in action:
                yield action, "a pattern of actions is allowed"


@rule(
    "AwsSolutions-IAM5", "KMS.1", "KMS.2",
    types=[ROLE_POLICY, POLICY],
    title="A policy names each resource; a pattern stands only for what lies under one of them",
    fix="write the resource's ARN, for objects and log streams with /* or :* after it",
)  # fmt: skip
def policy_names_resources(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        if "NotResource" in statement:
            yield "", "it allows actions on all resources but some"
        for arn in filter(_is_pattern, many(statement.get("Resource"))):
            for action in many(statement.get("Action")):
                yield action, f"it is allowed on {arn}"


def _is_pattern(arn: str) -> bool:
    """Whether an ARN stands for several resources, other than for what lies under one of them."""
    under = arn.removesuffix("/*").removesuffix(":*")
    if "*" in under or "?" in under or under.count(":") < 5:
        return True
    # `network-interface/*` is all of a kind; `schedule/<group>/*` and a bucket's `<name>/*` are not.
    _, _, service, _, _, name = under.split(":", 5)
    return under != arn and service != "s3" and "/" not in name and ":" not in name


@rule(
    "AwsSolutions-IAM4",
    types=[ROLE, ATTACHMENT],
    title="A role has no policy that AWS manages",
    fix="write a RolePolicy with what the role needs",
)
def role_has_own_policies(resource: Resource) -> Faults:
    arns = [*(resource.get("managedPolicyArns") or ()), *many(resource.get("policyArn"))]
    for arn in arns:
        if ":iam::aws:policy/" in str(arn):
            yield str(arn).rpartition("/")[2], "AWS decides what it allows"


def _openings(statement: Statement) -> Iterator[str]:
    found = conditions(statement)
    for kind, name in principals(statement):
        if kind == "Federated" and name == GUESTS:
            if not {f"{GUESTS}:aud", f"{GUESTS}:amr"} <= found.keys():
                yield "it may be assumed by guests of any identity pool"
        elif kind != "Service":
            yield f"it may be assumed by {name}"


@rule(
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    types=[ROLE],
    title="A role is assumed by one service, or by guests of one identity pool",
    fix="make the role a ServiceRole",
)
def role_is_for_one_principal(resource: Resource) -> Faults:
    statements = allowing(resource, "assumeRolePolicy")
    if len([principal for statement in statements for principal in principals(statement)]) > 1:
        yield "", "several principals may assume it"
    for statement in statements:
        for opening in _openings(statement):
            yield "", opening


@rule(
    "KMS.4", "AwsSolutions-KMS5",
    types=[KEY],
    title="A key that encrypts is rotated",
    fix="set enable_key_rotation",
)  # fmt: skip
def key_is_rotated(resource: Resource) -> Faults:
    # AWS rotates no other kind: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
    encrypts = resource.get("customerMasterKeySpec") in (None, "SYMMETRIC_DEFAULT")
    if encrypts and resource.get("enableKeyRotation") is not True:
        yield "", "it is not rotated"


@rule(
    "KMS.3",
    types=[KEY],
    title="A key that is deleted by mistake can be kept for 30 days",
    fix="set deletion_window_in_days 30, or leave it out",
)
def key_waits_to_be_deleted(resource: Resource) -> Faults:
    days = resource.get("deletionWindowInDays")
    if days is not None and days < 30:
        yield "", f"it is gone after {days:g} days"


@rule(
    "KMS.5",
    types=[KEY],
    title="A key's policy allows nobody without a named source",
    fix="allow the account's root, and services with aws:SourceArn",
)
def key_policy_admits_named_sources(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        if fault := too_wide(statement):
            yield statement.get("Sid", ""), fault


@rule(
    "SecretsManager.1", "AwsSolutions-SMG4",
    types=[SECRET],
    title="A secret is rotated",
    fix="give the secret a SecretRotation",
)  # fmt: skip
def secret_is_rotated(resource: Resource, stack: Stack) -> Faults:
    if not stack.made_for(resource, ROTATION, "secretId"):
        yield "", "nothing rotates it"


@rule(
    "Cognito.2", "AwsSolutions-COG7",
    types=[IDENTITY_POOL],
    title="An identity pool has no guests",
    fix="take browserCredentials out of the contracts that have it",
)  # fmt: skip
def identity_pool_has_no_guests(resource: Resource) -> Faults:
    if resource.get("allowUnauthenticatedIdentities"):
        yield "", "whoever asks gets credentials of a guest"


@rule(
    "https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html",
    types=[IDENTITY_POOL],
    title="Guests get credentials by the enhanced flow, which narrows what any role lets them do",
    fix="set allow_classic_flow false",
)
def identity_pool_has_enhanced_flow(resource: Resource) -> Faults:
    if resource.get("allowClassicFlow"):
        yield "", "the classic flow is allowed"


RULES = rules_of(globals())
