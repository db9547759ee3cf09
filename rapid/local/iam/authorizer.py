"""Decides on each request: who sends it, what it does, and whether policies allow it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, within one account: an
explicit deny wins; otherwise a role's own policies or the bucket's may allow.
"""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from moto.s3.models import s3_backends
from werkzeug import Request

from .. import bucket_policy
from ..bucket_policy import Verdict
from ..clients import ACCOUNT_ID, Clients
from ..service_error import Protocol, ServiceError, protocol_of
from . import accesses, errors, identity_policy, operations
from .accesses import Access, UnnamedError
from .callers import Administrator, Caller, Callers, RoleSession, Service
from .errors import Reason
from .identity_policy import RolePolicies
from .matching import UnsupportedElementError
from .operations import Operation

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/\s]+)/")
_BUCKET_PATH = re.compile(r"/[^/]*/?")
_ASSUME_ROLE = "sts:AssumeRole"
_PARTITION = "aws"
_MAX_DECISIONS = 10_000
_LOCAL_HOSTS = ("127.0.0.1", "localhost")


class Authorizer:
    """Admits requests or refuses them in AWS's words; what policies said is remembered until one may have changed."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._callers = Callers()
        self._work_groups: dict[str, str] = {}
        self._decisions: dict[tuple[str, Access], Reason | None] = {}
        self._policies: dict[str, RolePolicies | None] = {}

    def admit(self, request: Request, service: str) -> None:
        """Let a signed request to a service pass. Raises ServiceError if its caller may not do what it asks."""
        signed = request.headers.get("Authorization") or unquote(request.query_string.decode(errors="replace"))
        found = _CREDENTIAL.search(signed)
        if found is None:
            raise errors.unsupported("a request whose signature names no access key")
        caller = self._callers.find(found["key"])
        if isinstance(caller, Administrator) and service != "sts":
            return
        protocol = protocol_of(request, service)
        if caller is None:
            raise errors.unknown_key(protocol)
        if isinstance(caller, RoleSession) and caller.expires and caller.expires < _now(caller.expires):
            raise errors.expired(protocol)
        operation = self._operation(request, service)
        if (service, operation.name) == ("sts", "AssumeRole"):
            self._check_trust(caller, str(operation.parameters.get("RoleArn")), protocol)
        elif isinstance(caller, RoleSession):
            self._check(caller, operation, protocol)
        elif isinstance(caller, Service):
            raise errors.unsupported(f"{service} {operation.name} by {caller.arn} itself; it must assume a role")

    def answered(self, request: Request, service: str) -> None:
        """Forget what policies said, if the request may have changed one."""
        if service == "iam" or (
            service == "s3" and request.method in ("PUT", "DELETE") and _BUCKET_PATH.fullmatch(request.path)
        ):
            # New dictionaries: a decision that is under way must not be remembered here.
            self._decisions, self._policies = {}, {}

    def check_assumed(self, principal: str, session: RoleSession, operation: Operation) -> None:
        """As `admit`, for a service of this process that acts with a role without sending a request.

        Raises ServiceError if the role does not trust the service, or may not do this.
        """
        self._check_trust(Service(principal), session.role_arn, Protocol.QUERY)
        self._check(session, operation, Protocol.JSON)

    def _operation(self, request: Request, service: str) -> Operation:
        operation = operations.of(request, service)
        host = request.environ.get("HTTP_HOST", "").partition(":")[0]
        # A bucket in the host's name is not looked for.
        if operation is None or (service == "s3" and host not in _LOCAL_HOSTS):
            raise errors.unsupported(f"{request.method} {request.path} of {service} under a role: it cannot be named")
        return operation

    def _check(self, session: RoleSession, operation: Operation, protocol: Protocol) -> None:
        if session.has_session_policy:
            raise errors.unsupported("session policies")
        try:
            for access in accesses.of(operation, self._clients.region, self._work_group):
                reason = self._decide(session, access)
                if reason:
                    raise errors.access_denied(session.arn, access, reason, operation.service, protocol)
        except UnnamedError as unnamed:
            name = f"{operation.service} {operation.name}"
            raise errors.unsupported(f"{name} under a role: it cannot name {unnamed}") from None

    def _decide(self, session: RoleSession, access: Access) -> Reason | None:
        """Why an access is denied; None if it is allowed."""
        decisions, key = self._decisions, (session.arn, access)
        if key not in decisions:
            if len(decisions) >= _MAX_DECISIONS:
                decisions.clear()
            decisions[key] = self._evaluate(session, access)
            return decisions[key]
        return decisions[key]

    def _evaluate(self, session: RoleSession, access: Access) -> Reason | None:
        try:
            policies = self._policies_of(session.role_arn)
            identity = policies.verdict(access.action, access.resource) if policies else Verdict.NOTHING
        except UnsupportedElementError as element:
            raise errors.unsupported(f"policies of the role {session.role_name} with {element}") from None
        bucket = _bucket_verdict(access, session)
        if identity is Verdict.DENY:
            return Reason.IDENTITY_POLICY_DENIES
        if bucket is Verdict.DENY:
            return Reason.RESOURCE_POLICY_DENIES
        return None if Verdict.ALLOW in (identity, bucket) else Reason.NO_IDENTITY_POLICY

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
            raise errors.unsupported(f"policies of the role {role_arn} with {element}") from None
        if not is_trusted:
            raise errors.access_denied(caller.arn, Access(_ASSUME_ROLE, role_arn), Reason.NO_TRUST, "sts", protocol)

    def _policies_of(self, role_arn: str) -> RolePolicies | None:
        known = self._policies
        if role_arn not in known:
            known[role_arn] = identity_policy.of_role(role_arn)
        return known[role_arn]

    def _work_group(self, execution_id: str) -> str:
        if execution_id not in self._work_groups:
            if len(self._work_groups) >= _MAX_DECISIONS:
                self._work_groups.clear()
            athena = self._clients.client("athena")
            try:
                found = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            except athena.exceptions.InvalidRequestException as error:
                raise ServiceError("InvalidRequestException", error.response["Error"]["Message"]) from None
            self._work_groups[execution_id] = found["WorkGroup"]
        return self._work_groups[execution_id]


def _bucket_verdict(access: Access, session: RoleSession) -> Verdict:
    service, _, bucket_and_key = access.resource.partition(":::")
    if service != "arn:aws:s3":
        return Verdict.NOTHING
    bucket = s3_backends[ACCOUNT_ID][_PARTITION].buckets.get(bucket_and_key.partition("/")[0])
    if bucket is None or bucket.policy is None:
        return Verdict.NOTHING
    return bucket_policy.verdict(bucket.policy.decode(), access.action, access.resource, session.principals)


def _now(like: datetime) -> datetime:
    now = datetime.now(UTC)
    return now if like.tzinfo else now.replace(tzinfo=None)
