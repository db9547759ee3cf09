"""Decides on each request: who sends it, what it does, and whether policies allow it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, within one account: an
explicit deny wins; otherwise a role's own policies or the bucket's may allow.
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.sqs.models import sqs_backends
from werkzeug import Request

from ..clients import ACCOUNT_ID, Clients
from ..s3 import bucket_policy
from ..s3.bucket_policy import Verdict
from ..service_error import Protocol, ServiceError, protocol_of, unsupported
from . import accesses, identity_policy, operations
from . import signature as signatures
from .accesses import Access, UnnamedError
from .callers import ACCESS_KEY, AccessKey, Administrator, Anonymous, Caller, Callers, RoleSession, Service
from .identity_policy import RolePolicies
from .matching import UnsupportedElementError
from .operations import Operation
from .refusals import Fault, Reason, RefusedSignatureError, access_denied
from .signature import Signature
from .verification import Verifier

_BUCKET_PATH = re.compile(r"/[^/]*/?")
_ASSUME_ROLE = "sts:AssumeRole"
_S3 = "arn:aws:s3:::"
_CHANGE_QUEUES = frozenset(f"AmazonSQS.{action}" for action in ("CreateQueue", "DeleteQueue", "SetQueueAttributes"))
_PARTITION = "aws"
_MAX_DECISIONS = 10_000
_LOCAL_HOSTS = ("127.0.0.1", "localhost")
# AWS takes these without a signature; the stack does without them.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
# https://docs.aws.amazon.com/cognito/latest/developerguide/security_iam_service-with-iam.html
_UNSIGNED_ACTIONS = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_UNSIGNED_TARGETS = ("AWSCognitoIdentityProviderService.",)
# "This is a public API": https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
_PUBLIC = frozenset({"AWSCognitoIdentityService.GetId", "AWSCognitoIdentityService.GetCredentialsForIdentity"})


class Authorizer:
    """Admits requests or refuses them in AWS's words; what policies said is remembered until one may have changed."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._verifier = Verifier(Callers(), clients.region)
        self._work_groups: dict[str, str] = {}
        self._decisions: dict[tuple[RoleSession | Anonymous, Access], Reason | None] = {}
        self._policies: dict[str, RolePolicies | None] = {}

    def admit(self, request: Request, service: str) -> None:
        """Let a request to a service pass. Raises ServiceError if its sender may not do what it asks."""
        protocol = protocol_of(request, service)
        bucket_policy.ASKING.set("")
        try:
            signature = signatures.read(request.environ)
            if signature is None:
                self._admit_unsigned(request, protocol)
                return
            if service != "s3" and signature.link_seconds is not None:
                raise unsupported(f"links that are signed for {service}")
            key = request.environ[ACCESS_KEY] = self.identify(request.environ, signature)
        except RefusedSignatureError as refused:
            raise refused.answer(protocol) from None
        caller = key.caller
        bucket_policy.ASKING.set(caller.role_arn if isinstance(caller, RoleSession) else caller.arn)
        if isinstance(caller, Administrator) and service != "sts":
            return
        operation = self._operation(request, service)
        if (service, operation.name) == ("sts", "AssumeRole"):
            self._check_trust(caller, str(operation.parameters.get("RoleArn")), protocol)
        elif isinstance(caller, RoleSession):
            self._check(caller, operation, protocol)
        elif isinstance(caller, Service):
            raise unsupported(f"{service} {operation.name} by {caller.arn} itself; it must assume a role")

    def identify(self, environ: Mapping[str, Any], signature: Signature) -> AccessKey:
        """The access key that signed a request. Raises RefusedSignatureError if the signature does not hold."""
        return self._verifier.identify(environ, signature)

    def identify_form(self, signature: Signature, policy: str) -> AccessKey:
        """The access key that signed the policy of a posted form. Raises RefusedSignatureError if it did not."""
        return self._verifier.identify_form(signature, policy)

    def check_object(self, caller: Caller, operation: str, bucket: str, key: str) -> None:
        """Whether a caller may do something with an object. Raises ServiceError if not."""
        bucket_policy.ASKING.set(caller.role_arn if isinstance(caller, RoleSession) else caller.arn)
        if isinstance(caller, Service):
            raise unsupported(f"s3 {operation} by {caller.arn} itself; it must assume a role")
        if isinstance(caller, RoleSession):
            self._check(caller, Operation("s3", operation, {"Bucket": bucket, "Key": key}), Protocol.REST_XML)

    def denial(self, caller: Caller, access: Access) -> Reason | None:
        """Why a caller may not do something; None if they may."""
        if isinstance(caller, Service):
            raise unsupported(f"{access.action} by {caller.arn} itself; it must assume a role")
        return self._decide(caller, access) if isinstance(caller, RoleSession) else None

    def answered(self, request: Request, service: str) -> None:
        """Forget what policies said, if the request may have changed one."""
        if (
            service == "iam"
            or (service == "s3" and request.method in ("PUT", "DELETE") and _BUCKET_PATH.fullmatch(request.path))
            or request.headers.get("X-Amz-Target") in _CHANGE_QUEUES
        ):
            # New dictionaries: a decision that is under way must not be remembered here.
            self._decisions, self._policies = {}, {}

    def check_assumed(self, principal: str, session: RoleSession, operation: Operation) -> None:
        """As `admit`, for a service of this process that acts with a role without sending a request.

        Raises ServiceError if the role does not trust the service, or may not do this.
        """
        self._check_trust(Service(principal), session.role_arn, Protocol.QUERY)
        self._check(session, operation, Protocol.JSON)

    def _admit_unsigned(self, request: Request, protocol: Protocol) -> None:
        """What needs no signature: what a bucket's policy lets everyone do, and a browser's question before it does it.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
        """
        if protocol is not Protocol.REST_XML:
            name = str(request.headers.get("X-Amz-Target") or request.values.get("Action"))
            if name in _PUBLIC:
                return
            if name in _UNSIGNED_ACTIONS or name.startswith(_UNSIGNED_TARGETS):
                raise unsupported(name)
            raise RefusedSignatureError(Fault.MISSING)
        if request.method != "OPTIONS":
            self._check(Anonymous(), self._operation(request, "s3"), protocol)

    def _operation(self, request: Request, service: str) -> Operation:
        operation = operations.of(request, service)
        host = request.environ.get("HTTP_HOST", "").partition(":")[0]
        # A bucket in the host's name is not looked for.
        if operation is None or (service == "s3" and host not in _LOCAL_HOSTS):
            raise unsupported(f"{request.method} {request.path} of {service}: who may do that cannot be told")
        return operation

    def _check(self, caller: RoleSession | Anonymous, operation: Operation, protocol: Protocol) -> None:
        try:
            wanted = accesses.of(operation, self._clients.region, self._work_group)
            if operation.service == "s3" and operation.name in ("GetObject", "HeadObject"):
                wanted += _to_be_told_of_absence(operation)
            for access in wanted:
                reason = self._decide(caller, access)
                if reason:
                    raise access_denied(caller, access, reason, operation.service, protocol)
        except UnnamedError as unnamed:
            name = f"{operation.service} {operation.name}"
            raise unsupported(f"{name} by {caller.arn}: it cannot name {unnamed}") from None

    def _decide(self, caller: RoleSession | Anonymous, access: Access) -> Reason | None:
        """Why an access is denied; None if it is allowed."""
        decisions, key = self._decisions, (caller, access)
        try:
            return decisions[key]
        except KeyError:
            reason = self._evaluate(caller, access)
        if len(decisions) >= _MAX_DECISIONS:
            decisions.clear()
        decisions[key] = reason
        return reason

    def _evaluate(self, caller: RoleSession | Anonymous, access: Access) -> Reason | None:
        identity = self._identity_verdict(caller, access) if isinstance(caller, RoleSession) else Verdict.NOTHING
        resource = (
            _bucket_verdict(access, caller) if access.resource.startswith(_S3) else _queue_verdict(access, caller)
        )
        if identity is Verdict.DENY:
            return Reason.IDENTITY_POLICY_DENIES
        if resource is Verdict.ALLOW and isinstance(caller, RoleSession) and caller.session_policy:
            raise unsupported("session policies where the policy of a bucket or queue allows as well")
        if resource is Verdict.DENY:
            return Reason.RESOURCE_POLICY_DENIES
        return None if Verdict.ALLOW in (identity, resource) else Reason.NO_IDENTITY_POLICY

    def _identity_verdict(self, session: RoleSession, access: Access) -> Verdict:
        try:
            policies = self._policies_of(session.role_arn)
            verdict = policies.verdict(access.action, access.resource) if policies else Verdict.NOTHING
            if session.session_policy and verdict is Verdict.ALLOW:
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
                return identity_policy.verdict([session.session_policy], access.action, access.resource)
            return verdict
        except UnsupportedElementError as element:
            raise unsupported(f"policies of the role {session.role_name} with {element}") from None

    def _check_trust(self, caller: Caller, role_arn: str, protocol: Protocol) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""
        account = {f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID, "*"}
        try:
            policies = self._policies_of(role_arn)
            match caller:
                case Service(arn=arn):
                    is_trusted = policies is not None and policies.trusts("Service", [arn])
                case Administrator():
                    is_trusted = policies is not None and policies.trusts("AWS", account)
                case RoleSession():
                    access = Access(_ASSUME_ROLE, role_arn)
                    is_trusted = policies is not None and (
                        policies.trusts("AWS", caller.principals)
                        or (policies.trusts("AWS", account) and self._decide(caller, access) is None)
                    )
        except UnsupportedElementError as element:
            raise unsupported(f"policies of the role {role_arn} with {element}") from None
        if not is_trusted:
            raise access_denied(caller, Access(_ASSUME_ROLE, role_arn), Reason.NO_TRUST, "sts", protocol)

    def _policies_of(self, role_arn: str) -> RolePolicies | None:
        known = self._policies
        if role_arn not in known:
            known[role_arn] = identity_policy.of_role(role_arn)
        return known[role_arn]

    def _work_group(self, execution_id: str) -> str:
        known = self._work_groups.get(execution_id)
        if known:
            return known
        athena = self._clients.client("athena")
        try:
            found = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        except athena.exceptions.InvalidRequestException as error:
            raise ServiceError("InvalidRequestException", error.response["Error"]["Message"]) from None
        if len(self._work_groups) >= _MAX_DECISIONS:
            self._work_groups.clear()
        work_group = self._work_groups[execution_id] = str(found["WorkGroup"])
        return work_group


def _bucket_verdict(access: Access, caller: RoleSession | Anonymous) -> Verdict:
    bucket = _bucket(access.resource.removeprefix(_S3).partition("/")[0])
    if bucket is None or bucket.policy is None:
        return Verdict.NOTHING
    block = bucket.public_access_block
    if isinstance(caller, Anonymous) and block and block.restrict_public_buckets:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        return Verdict.NOTHING
    principal_arn = caller.role_arn if isinstance(caller, RoleSession) else ""
    return bucket_policy.verdict(
        bucket.policy.decode(), access.action, access.resource, caller.principals, principal_arn
    )


def _queue_verdict(access: Access, caller: RoleSession | Anonymous) -> Verdict:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html."""
    _, _, service, region, _, name, *_ = *access.resource.split(":"), *[""] * 6
    queue = sqs_backends[ACCOUNT_ID][region].queues.get(name) if service == "sqs" else None
    if queue is None or queue.policy is None:
        return Verdict.NOTHING
    principal_arn = caller.role_arn if isinstance(caller, RoleSession) else ""
    return bucket_policy.verdict(queue.policy, access.action, access.resource, caller.principals, principal_arn)


def _to_be_told_of_absence(operation: Operation) -> list[Access]:
    """That an object is not there is told to those who may list the bucket; to others it is denied.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
    """
    bucket, key = str(operation.parameters["Bucket"]), str(operation.parameters["Key"])
    if "VersionId" in operation.parameters or _bucket(bucket) is None or _s3().get_object(bucket, key) is not None:
        return []
    return [Access("s3:ListBucket", f"arn:aws:s3:::{bucket}")]


def _bucket(name: str) -> FakeBucket | None:
    found: FakeBucket | None = _s3().buckets.get(name)
    return found


def _s3() -> S3Backend:
    return s3_backends[ACCOUNT_ID][_PARTITION]
