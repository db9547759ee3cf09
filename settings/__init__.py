"""The stack's configuration as typed values. Keys and defaults: Pulumi.yaml; reader.py alone reads pulumi.Config."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import pulumi

from components import budget, log_group, stack_tags
from components.dashboards.settings import DashboardSettings
from components.delivery import delivery_pipeline
from components.ingest.api_gateway_account import ApiGatewayLogging
from components.ingest.ldap_authorizer import LdapDirectory
from components.jobs import curation
from components.jobs.table_optimizers import TableMaintenance
from components.lakehouse import lakehouse
from components.migration.phase import MigrationPlan
from components.network.network import NetworkIds
from components.operations import operations
from components.private_bucket import DataPolicy, DataProtection
from components.storefront.settings import StorefrontSettings, WayIn
from contracts.storefront import SOURCES

from . import dashboards, migration, network, storefront, values
from .reader import SettingsError as SettingsError
from .reader import read, refuse_unknown

MAX_CURATE_INTERVAL_MINUTES = 360
"""An event may wait for an interval, for a run that is on (another interval) and for the run itself; the views
`<source>_now` look for it through 24 hours (contracts/views.py)."""
ALL_SOURCES: tuple[str, ...] = ()
"""Where none is named."""


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
    curation: curation.CurationPlan
    """Least time between the starts of two runs, 1 to MAX_CURATE_INTERVAL_MINUTES, and who maintains the tables."""
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
    dashboards: DashboardSettings | None
    """What the dashboards are made of; None: there are none."""
    migration: MigrationPlan
    """How far the stack has moved to its streaming lake."""
    network: NetworkIds | None
    """What of the network that functions and jobs run inside of exists; None: they run inside of none."""
    ldap: LdapDirectory | None
    """The directory that says who may send to sources whose contracts ask for it; None: they have no path."""
    database_name: str
    """Name of the Glue database: `rapid_analytics_<stack>`, other characters than letters and digits replaced."""
    tags: Mapping[str, str]
    """Tags of all resources of the stack."""
    spending: budget.Spending
    """What the stack may cost a month, and who is told."""
    mail: operations.Mail
    """Where operations mail goes."""
    sources: tuple[str, ...]
    """The sources that are deployed; empty: all."""
    storefront: StorefrontSettings | None
    """What guests see; None: nothing."""

    @property
    def guest_sources(self) -> Sequence[str]:
        """Sources whose streams guests are let put events onto for the storefront's pages."""
        return SOURCES if self.storefront and self.storefront.way_in is WayIn.GUEST else ()


def load() -> Settings:
    """Read the configuration of the current stack. Raises SettingsError."""
    refuse_unknown(KEYS, dashboards.REMOVED)
    stack = pulumi.get_stack()
    tags, email = stack_tags.stack_tags(), read("notification_email", "", values.email)
    sources = read("sources", ALL_SOURCES, values.sources)
    return Settings(
        delivery_interval_seconds=read(
            "delivery_interval_seconds",
            delivery_pipeline.DEFAULT_INTERVAL_SECONDS,
            values.whole_number(0, delivery_pipeline.MAX_INTERVAL_SECONDS),
        ),
        curation={
            "interval_minutes": read(
                "curate_interval_minutes",
                curation.DEFAULT_INTERVAL_MINUTES,
                values.whole_number(1, MAX_CURATE_INTERVAL_MINUTES),
            ),
            "table_maintenance": read("table_maintenance", TableMaintenance.JOB, values.choice(TableMaintenance)),
        },
        athena_scan_limit_bytes=read(
            "athena_scan_limit_bytes", lakehouse.DEFAULT_SCAN_LIMIT_BYTES, values.whole_number(10_000_000, 2**63 - 1)
        ),
        log_retention_days=read("log_retention_days", log_group.DEFAULT_RETENTION_DAYS, values.log_retention),
        api_gateway_logging=read("api_gateway_logging", ApiGatewayLogging.MANAGED, values.choice(ApiGatewayLogging)),
        data_policy={
            "protection": read("data_protection", DataProtection.PROTECT, values.choice(DataProtection)),
            "principal_arns": read("data_access_principal_arns", (), values.principals),
        },
        deletion_keys=read("deletion_keys", DeletionKeys.TWO, values.choice(DeletionKeys)),
        dashboards=dashboards.shown(storefront.money(), storefront.spoken()),
        migration=migration.plan(),
        network=network.network(),
        ldap=network.directory(),
        database_name=re.sub(r"[^a-z0-9]", "_", f"rapid_analytics_{stack}".lower()),
        tags=tags,
        mail={"email": email},
        sources=sources,
        storefront=storefront.storefront(sources),
        spending={
            "dollars": read("monthly_budget_dollars", budget.DEFAULT_DOLLARS, values.whole_number(1, 10_000_000)),
            "tags": tags,
            "email": email,
        },
    )


KEYS = tuple(
    sorted(
        (
            "api_gateway_logging",
            "athena_scan_limit_bytes",
            "curate_interval_minutes",
            "data_access_principal_arns",
            "data_protection",
            "deletion_keys",
            "delivery_interval_seconds",
            "log_retention_days",
            "monthly_budget_dollars",
            "notification_email",
            "sources",
            "table_maintenance",
            *dashboards.KEYS,
            *migration.KEYS,
            *network.KEYS,
            *storefront.KEYS,
        )
    )
)
"""Every key that is read."""
