"""The stack's configuration as typed values; the only reader of pulumi.Config. Keys and defaults: Pulumi.yaml."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components import budget, log_group, stack_tags
from components.delivery import delivery_pipeline
from components.ingest.api_gateway_account import ApiGatewayLogging
from components.ingest.ldap_authorizer import LdapDirectory
from components.jobs import curation
from components.jobs.table_optimizers import TableMaintenance
from components.lakehouse import lakehouse
from components.network.network import NetworkIds
from components.operations import operations
from components.private_bucket import DataPolicy, DataProtection

MAX_CURATE_INTERVAL_MINUTES = 360
"""An event may wait for an interval, for a run that is on (another interval) and for the run itself; the views
`<source>_now` look for it through 24 hours (contracts/views.py)."""

_PRINCIPAL_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:(root|(user|role)/[\w+=,.@*?/-]+)")
"""What IAM takes in names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), `*` and `?`."""

_VIEWER_ARN = re.compile(r"arn:[\w-]+:quicksight:[\w-]+:\d{12}:(user|group)/[^/]+/.+")

_EMAIL = re.compile(r"[^\s@,;<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
_LDAP_URL = re.compile(r"ldaps://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9]\d{0,4})?")
_BASE_DN = re.compile(r"[A-Za-z]+=[A-Za-z0-9.-]+(,[A-Za-z]+=[A-Za-z0-9.-]+)*")

_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", bound=Enum)


class SettingsError(pulumi.RunError):
    """A configuration value that cannot be used. The message names the key, the value and the fix."""


class NetworkChoice(Enum):
    """What functions and jobs run inside of."""

    NONE = "none"
    """AWS's own network."""
    CREATE = "create"
    """A VPC that the stack makes."""
    EXISTING = "existing"
    """A VPC that exists."""


class DashboardService(Enum):
    """What draws the dashboards."""

    QUICKSIGHT = "quicksight"
    """Amazon QuickSight; the account needs a subscription to it."""
    NONE = "none"
    """Nothing: the stack has no dashboards."""


class DeletionKeys(Enum):
    """What must be turned before `rapid teardown` deletes data that is not protected."""

    ONE = "one"
    """The answer to its question."""
    TWO = "two"
    """That, and an environment variable that names the stack."""


@dataclass(frozen=True)
class Settings:
    """The configuration of one stack."""

    delivery_interval_seconds: int
    """Longest time that events wait before they are written to S3, 0 to 900."""
    curate_interval_minutes: int
    """Least time between the starts of two runs of the curate job, 1 to MAX_CURATE_INTERVAL_MINUTES."""
    athena_scan_limit_bytes: int
    """Bytes that one query may scan, at least 10,000,000."""
    log_retention_days: int
    """Days that log lines are kept, one of log_group.RETENTION_DAYS."""
    api_gateway_logging: ApiGatewayLogging
    """Who gives API Gateway the role that it writes logs with."""
    data_policy: DataPolicy
    """What happens to the data when the stack is destroyed, and who may touch it beside the stack's roles."""
    deletion_keys: DeletionKeys
    """What must be turned before data is deleted."""
    dashboards: DashboardService
    """What draws the dashboards."""
    table_maintenance: TableMaintenance
    """Who maintains the curated tables day by day."""
    network: NetworkIds | None
    """What of the network that functions and jobs run inside of exists; None: they run inside of none."""
    ldap: LdapDirectory | None
    """The directory that says who may send to sources whose contracts ask for it; None: they have no path."""
    viewer_principal_arn: str | None
    """QuickSight user or group that sees the dashboards; None: an administrator shares them."""
    database_name: str
    """Name of the Glue database: `rapid_analytics_<stack>`, other characters than letters and digits replaced."""
    tags: Mapping[str, str]
    """Tags of all resources of the stack."""
    spending: budget.Spending
    """What the stack may cost a month, and who is told."""
    mail: operations.Mail
    """Where operations mail goes."""


def load() -> Settings:
    """Read the configuration of the current stack. Raises SettingsError."""
    project, stack = pulumi.get_project(), pulumi.get_stack()
    _refuse_unknown(project)
    dashboards = _read("dashboards", DashboardService.NONE, _choice(DashboardService))
    if dashboards is DashboardService.NONE:
        pulumi.log.info(
            "No dashboards: the config key dashboards is none. With a QuickSight subscription, set quicksight."
        )
    tags, email = stack_tags.stack_tags(), _read("notification_email", "", _email)
    return Settings(
        delivery_interval_seconds=_read(
            "delivery_interval_seconds",
            delivery_pipeline.DEFAULT_INTERVAL_SECONDS,
            _whole_number(0, delivery_pipeline.MAX_INTERVAL_SECONDS),
        ),
        curate_interval_minutes=_read(
            "curate_interval_minutes",
            curation.DEFAULT_INTERVAL_MINUTES,
            _whole_number(1, MAX_CURATE_INTERVAL_MINUTES),
        ),
        athena_scan_limit_bytes=_read(
            "athena_scan_limit_bytes", lakehouse.DEFAULT_SCAN_LIMIT_BYTES, _whole_number(10_000_000, 2**63 - 1)
        ),
        log_retention_days=_read("log_retention_days", log_group.DEFAULT_RETENTION_DAYS, _log_retention),
        api_gateway_logging=_read("api_gateway_logging", ApiGatewayLogging.MANAGED, _choice(ApiGatewayLogging)),
        data_policy={
            "protection": _read("data_protection", DataProtection.PROTECT, _choice(DataProtection)),
            "principal_arns": _read("data_access_principal_arns", (), _principals),
        },
        deletion_keys=_read("deletion_keys", DeletionKeys.TWO, _choice(DeletionKeys)),
        dashboards=dashboards,
        table_maintenance=_read("table_maintenance", TableMaintenance.JOB, _choice(TableMaintenance)),
        network=_network(project),
        ldap=_ldap(project),
        viewer_principal_arn=_read("dashboards_viewer_principal_arn", None, _viewer),
        database_name=re.sub(r"[^a-z0-9]", "_", f"rapid_analytics_{stack}".lower()),
        tags=tags,
        mail={"email": email},
        spending={
            "dollars": _read("monthly_budget_dollars", budget.DEFAULT_DOLLARS, _whole_number(1, 10_000_000)),
            "tags": tags,
            "email": email,
        },
    )


KEYS = (
    "api_gateway_logging",
    "athena_scan_limit_bytes",
    "availability_zones",
    "curate_interval_minutes",
    "dashboards",
    "dashboards_viewer_principal_arn",
    "data_access_principal_arns",
    "data_protection",
    "deletion_keys",
    "delivery_interval_seconds",
    "efs_file_system_id",
    "efs_security_group_id",
    "ldap_base_dn",
    "ldap_ca_certificate",
    "ldap_url",
    "log_retention_days",
    "monthly_budget_dollars",
    "notification_email",
    "network",
    "private_subnet_ids",
    "table_maintenance",
    "vpc_id",
)
"""Every key that this module reads."""


def _refuse_unknown(project: str) -> None:
    """A mistyped key would be ignored by Pulumi, and its default used without a word."""
    for full_key in sorted({*get_config_env(), *CONFIG.get()}):
        namespace, _, key = full_key.partition(":")
        if namespace == project and key not in KEYS:
            raise SettingsError(f"config {full_key}: not a known key; known are {', '.join(KEYS)}")


def _read(key: str, default: _Value, parse: Callable[[str], _Value]) -> _Value:
    text = pulumi.Config().get(key)
    if text is None or text == "":
        return default
    try:
        return parse(text)
    except ValueError as error:
        full_key = f"{pulumi.get_project()}:{key}"
        raise SettingsError(
            f"config {full_key}: {text!r} {error}; set it with: pulumi config set {full_key} <value>"
        ) from None


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?\d+", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def _log_retention(text: str) -> int:
    if text not in {str(days) for days in log_group.RETENTION_DAYS}:
        raise ValueError(f"must be one of {', '.join(map(str, log_group.RETENTION_DAYS))}")
    return int(text)


def _choice(choices: type[_Choice]) -> Callable[[str], _Choice]:
    def parse(text: str) -> _Choice:
        for choice in choices:
            if choice.value == text:
                return choice
        raise ValueError(f"must be one of {', '.join(choice.value for choice in choices)}")

    return parse


def _ldap(project: str) -> LdapDirectory | None:
    url, base_dn = _read("ldap_url", None, _ldap_url), _read("ldap_base_dn", None, _base_dn)
    ca_certificate = _read("ldap_ca_certificate", None, _certificate)
    if url and base_dn:
        return LdapDirectory(url, base_dn, ca_certificate)
    if url or base_dn or ca_certificate:
        missing = "ldap_base_dn" if url else "ldap_url"
        raise _missing(project, missing, "a directory")
    return None


_OF_EXISTING = ("vpc_id", "private_subnet_ids", "efs_file_system_id", "efs_security_group_id")


def _network(project: str) -> NetworkIds | None:
    choice = _read("network", NetworkChoice.NONE, _choice(NetworkChoice))
    nothing: tuple[str, ...] = ()
    ids = {key: _read(key, nothing, _ids(key)) for key in _OF_EXISTING}
    zones = _read("availability_zones", nothing, _zones)
    given = [key for key, found in {**ids, "availability_zones": zones}.items() if found]
    if choice is NetworkChoice.NONE and given:
        raise _without(project, given[0], "network is none; set it to existing, or to create")
    if choice is NetworkChoice.CREATE and (own := [key for key in given if key in _OF_EXISTING]):
        raise _without(project, own[0], "network is create, which makes it; set network to existing")
    if choice is NetworkChoice.CREATE and len(zones) not in (0, 2):
        raise _without(project, "availability_zones", f"network is create, which takes two zones, not {len(zones)}")
    if choice is NetworkChoice.NONE:
        return None
    if choice is NetworkChoice.EXISTING:
        for key in ("vpc_id", "private_subnet_ids", "availability_zones"):
            if key not in given:
                raise _missing(project, key, "network: existing")
        if len(zones) != len(ids["private_subnet_ids"]):
            raise _without(
                project,
                "availability_zones",
                f"there are {len(zones)} zones and {len(ids['private_subnet_ids'])} private_subnet_ids; "
                "name the zone of each subnet, in the same order",
            )
        for key, other in (
            ("efs_file_system_id", "efs_security_group_id"),
            ("efs_security_group_id", "efs_file_system_id"),
        ):
            if key in given and other not in given:
                raise _missing(project, other, key)
    one = {key: next(iter(found), None) for key, found in ids.items()}
    return NetworkIds(
        one["vpc_id"], ids["private_subnet_ids"], zones, one["efs_file_system_id"], one["efs_security_group_id"]
    )


_ID = {"vpc_id": "vpc", "private_subnet_ids": "subnet", "efs_file_system_id": "fs", "efs_security_group_id": "sg"}


def _ids(key: str) -> Callable[[str], tuple[str, ...]]:
    prefix, several = _ID[key], key.endswith("s")
    pattern = re.compile(rf"{prefix}-[0-9a-f]{{8,17}}")

    def parse(text: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in text.split(","))
        if len(set(found)) != len(found) or not all(map(pattern.fullmatch, found)) or (len(found) > 1 and not several):
            what = "ids with commas between, each once, " if several else "one id, "
            raise ValueError(f"must be {what}such as {prefix}-0123456789abcdef0")
        return found

    return parse


def _zones(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    if len(set(found)) != len(found) or not all(map(_ZONE.fullmatch, found)):
        raise ValueError("must be availability zones with commas between, each once, such as us-east-1a,us-east-1b")
    return found


def _without(project: str, key: str, why: str) -> SettingsError:
    return SettingsError(f"config {project}:{key}: {why}; or remove it with: pulumi config rm {project}:{key}")


def _missing(project: str, key: str, needs: str) -> SettingsError:
    return SettingsError(
        f"config {project}:{key}: is not set, and {needs} needs it; "
        f"set it with: pulumi config set {project}:{key} <value>"
    )


def _ldap_url(text: str) -> str:
    if not _LDAP_URL.fullmatch(text):
        raise ValueError("must be ldaps:// and a host, with a port if it is not 636, such as ldaps://ipa.example.com")
    return text


def _base_dn(text: str) -> str:
    if not _BASE_DN.fullmatch(text):
        raise ValueError("must be a distinguished name such as dc=example,dc=com")
    return text


def _certificate(text: str) -> str:
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        raise ValueError("must be one or more certificates in PEM; give a file with: < ca.pem") from None
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address, such as operations@example.com")
    return text


def _principals(text: str) -> tuple[str, ...]:
    arns = tuple(arn.strip() for arn in text.split(","))
    for arn in arns:
        if not _PRINCIPAL_ARN.fullmatch(arn):
            raise ValueError(
                "must be ARNs of roles, users or the root user with commas between, such as "
                f"arn:aws:iam::123456789012:role/analyst-*, which {arn!r} is not; of a role's session it is the role's"
            )
    return arns


def _viewer(text: str) -> str:
    if not _VIEWER_ARN.fullmatch(text):
        raise ValueError(
            "must be the ARN of a QuickSight user or group, "
            "such as arn:aws:quicksight:us-east-1:123456789012:group/default/managers"
        )
    return text
