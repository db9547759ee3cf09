"""Work groups: read from the control plane at each query, and what they decide about it.

Source: https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html: a work group that enforces its
settings wins over the client's; otherwise the client's win, and the work group's stand in for what the client leaves
out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from .errors import InvalidRequestError

NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)
_ENGINE_VERSIONS = frozenset({"AUTO", "Athena engine version 3"})
_ENCRYPTION = {"SSE_S3": "AES256", "SSE_KMS": "aws:kms"}


@dataclass(frozen=True)
class ResultTarget:
    """Where results go: ``location`` ends with a slash; ``arguments`` are PutObject's for encryption, owner and ACL."""

    location: str
    bucket: str
    prefix: str
    encryption: dict[str, str]
    arguments: dict[str, str]

    def encryption_info(self) -> dict[str, Any]:
        """Return the part of ResultConfiguration that tells the encryption."""
        return {"EncryptionConfiguration": self.encryption} if self.encryption else {}


@dataclass(frozen=True)
class WorkGroup:
    """A work group's settings, as far as queries heed them."""

    name: str
    is_enforced: bool
    result_configuration: dict[str, Any]
    scan_limit_bytes: int | None

    @property
    def enforces_location(self) -> bool:
        """Whether all that queries write of their own accord goes to the work group's location."""
        return self.is_enforced and bool(self.result_configuration.get("OutputLocation"))

    def target(self, client_configuration: dict[str, Any]) -> ResultTarget:
        """Return where a query's result goes; raises InvalidRequestError if no one gave a usable location."""
        chosen = self.result_configuration
        if not self.is_enforced and client_configuration:
            chosen = {**self.result_configuration, **client_configuration}
        location = chosen.get("OutputLocation", "")
        if not location:
            raise InvalidRequestError(NO_LOCATION)
        parts = urlsplit(location)
        if parts.scheme != "s3" or not parts.netloc:
            raise InvalidRequestError(f"outputLocation is not a valid S3 path. Provided string: {location}")
        prefix = parts.path.strip("/")
        prefix = f"{prefix}/" if prefix else ""
        encryption = chosen.get("EncryptionConfiguration", {})
        return ResultTarget(f"s3://{parts.netloc}/{prefix}", parts.netloc, prefix, encryption, _put_arguments(chosen))


def read_work_group(athena: Any, name: str) -> WorkGroup:
    """Return a work group; raises InvalidRequestError if it does not exist or is disabled."""
    try:
        found = athena.get_work_group(WorkGroup=name).get("WorkGroup")  # moto answers {} if there is none
    except ClientError:
        found = None
    if not found:
        raise InvalidRequestError(f"WorkGroup {name} is not found.")
    if found.get("State", "ENABLED") != "ENABLED":
        raise InvalidRequestError(f"WorkGroup {name} is disabled.")
    configuration = found.get("Configuration", {})
    if configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        raise InvalidRequestError(f"WorkGroup {name}: managed query results are not supported by the local cloud")
    engine = configuration.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
    if engine not in _ENGINE_VERSIONS:
        raise InvalidRequestError(f"WorkGroup {name}: {engine} is not supported by the local cloud")
    return WorkGroup(
        name,
        bool(configuration.get("EnforceWorkGroupConfiguration", True)),
        configuration.get("ResultConfiguration", {}),
        configuration.get("BytesScannedCutoffPerQuery"),
    )


def _put_arguments(configuration: dict[str, Any]) -> dict[str, str]:
    arguments = {}
    encryption = configuration.get("EncryptionConfiguration", {})
    if option := encryption.get("EncryptionOption"):
        if option not in _ENCRYPTION:
            raise InvalidRequestError(f"Result encryption {option} is not supported by the local cloud")
        arguments["ServerSideEncryption"] = _ENCRYPTION[option]
        if encryption.get("KmsKey"):
            arguments["SSEKMSKeyId"] = encryption["KmsKey"]
    if owner := configuration.get("ExpectedBucketOwner"):
        arguments["ExpectedBucketOwner"] = owner
    if acl := configuration.get("AclConfiguration", {}).get("S3AclOption"):
        arguments["ACL"] = acl.lower().replace("_", "-")
    return arguments
