"""Where the data lies and how it is queried: buckets, Glue database, tables and views, Athena workgroup."""

import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.lakehouse.arrival_tables import processed_table, raw_table
from components.lakehouse.athena_view import athena_view
from components.private_bucket import (
    Archival,
    DataPolicy,
    DataProtection,
    Expiration,
    PrivateBucket,
    archivals,
    protection,
)
from contracts import Contract, folders, overview_queries, saved_queries, views

QUERY_RESULT_DAYS = 7
"""Days that the result of a query is kept."""
ERASURE_REQUEST_DAYS = 30
"""Days that a request to erase a person is kept which nobody brought to its end."""
OPERATIONS_DAYS = 400
"""Days that figures of operations are kept: a year, and the month after it to look back from."""
PSEUDONYM_KEY_DELETION_DAYS = 30
"""Days in which the deletion of the key can be cancelled, the most that KMS gives."""


DEFAULT_SCAN_LIMIT_BYTES = 10_000_000_000
"""What a query may scan at most unless it is told: 5 US cents' worth at 5 dollars a terabyte."""


class LakehouseArns(TypedDict):
    """A lakehouse, as the components that write or read it take it. All are ARNs; the names stand in them."""

    raw_bucket: pulumi.Input[str]
    """Bucket for events as they came."""
    processed_bucket: pulumi.Input[str]
    """Bucket for valid events as Parquet, and for what could not be delivered. It tells EventBridge of its objects."""
    curated_bucket: pulumi.Input[str]
    """Bucket for deduplicated tables."""
    quarantine_bucket: pulumi.Input[str]
    """Bucket for events that broke their contract."""
    results_bucket: pulumi.Input[str]
    """Bucket for results of queries."""
    database: pulumi.Input[str]
    """Glue database."""
    tables: Mapping[str, pulumi.Input[str]]
    """Glue table of the processed events of each source."""
    workgroup: pulumi.Input[str]
    """Athena workgroup."""
    pseudonym_key: NotRequired[pulumi.Input[str]]
    """KMS key that pseudonyms are made with; there where a contract hashes a field."""


class LakehouseArgs(TypedDict):
    """Inputs of Lakehouse."""

    contracts: Sequence[Contract]
    """The sources whose tables, views, saved queries and retention the lakehouse holds."""
    data_policy: NotRequired[DataPolicy]
    """What may become of the data."""
    database_name: NotRequired[str]
    """Name of the Glue database: lower-case letters, digits and underscores; unless given, made of the names of project
    and stack."""
    athena_scan_limit_bytes: NotRequired[pulumi.Input[int]]
    """Bytes that one query may scan before Athena stops it, at least 10,000,000; DEFAULT_SCAN_LIMIT_BYTES unless it is
    given."""
    pseudonym_key: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that pseudonyms are made with, that of another lakehouse whose pseudonyms are to be the same;
    unless it is given, one is made where a contract hashes a field."""


class Lakehouse(pulumi.ComponentResource):
    """The zones raw, processed, curated and quarantine, and SQL over them."""

    buckets: dict[str, PrivateBucket]
    """`raw`: every accepted event as it came, gzipped, by hour of arrival; `processed`: valid events as Parquet, by the
    same hours, and what could not be delivered under `errors/`; `curated`: deduplicated tables; `quarantine`: events
    that broke their contract, one object each with the reasons; `results`: of Athena queries."""
    database: pulumi.Output[str]
    """Name of the Glue database."""
    workgroup: pulumi.Output[str]
    """Name of the Athena workgroup."""
    account_id: pulumi.Output[str]
    """The AWS account that all of it is in."""
    arns: LakehouseArns
    """What other components need to know of it."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: LakehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Lakehouse", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.buckets = self._create_buckets(name, args)
        database, tables = self._create_tables(name, args)
        workgroup = self._create_workgroup(name, args, database.name)
        self.database, self.workgroup, self.account_id = database.name, workgroup.name, arn.account(database.arn)
        self.arns = {
            "raw_bucket": self.buckets["raw"].arn,
            "processed_bucket": self.buckets["processed"].arn,
            "curated_bucket": self.buckets["curated"].arn,
            "quarantine_bucket": self.buckets["quarantine"].arn,
            "results_bucket": self.buckets["results"].arn,
            "database": database.arn,
            "tables": {source: table.arn for source, table in tables.items()},
            "workgroup": workgroup.arn,
        }
        if any(contract.hashed for contract in args["contracts"]):
            existing = args.get("pseudonym_key")
            self.arns["pseudonym_key"] = self._create_pseudonym_key(name, args).arn if existing is None else existing
        zones = ("raw", "processed", "curated", "quarantine")
        self.outputs = {
            **{f"{zone}_bucket": self.buckets[zone].bucket for zone in zones},
            "database": self.database,
            "workgroup": self.workgroup,
            "sources": [contract.source for contract in args["contracts"]],
        }
        self.register_outputs({**self.outputs, "arns": self.arns})

    def _create_buckets(self, name: str, args: LakehouseArgs) -> dict[str, PrivateBucket]:
        policy = args.get("data_policy", {})

        def bucket(
            zone: str, expirations: Sequence[Expiration], archivals: Sequence[Archival] = (), kept: DataPolicy = policy
        ) -> PrivateBucket:
            return PrivateBucket(
                f"{name}-{zone}",
                {"expirations": expirations, "archivals": archivals, "data_policy": kept},
                self._child,
            )

        by_source = _expirations(args["contracts"], "")
        streamed = [contract for contract in args["contracts"] if contract.streamed]
        processed: list[Expiration] = [
            {"prefix": f"{contract.source}/", "days": contract.processed_retention_days}
            for contract in args["contracts"]
        ]
        passing = {folders.ERASURE_REQUESTS: ERASURE_REQUEST_DAYS}
        passing |= dict.fromkeys((folders.OPERATIONS_HOURS, folders.OPERATIONS_COSTS), OPERATIONS_DAYS)
        filtering = [contract for contract in args["contracts"] if contract.filter]
        buckets = {
            "raw": bucket("raw", _expirations(streamed, ""), archivals(streamed, "")),
            "processed": bucket("processed", [*processed, *_expirations(streamed, f"{folders.ERRORS}/")]),
            # Deleting by age would delete live files of an Iceberg table, so nothing expires under a table's path.
            "curated": bucket("curated", [{"prefix": f"{it}/", "days": passing[it]} for it in passing]),
            "quarantine": bucket("quarantine", [*by_source, *_expirations(filtering, f"{folders.FILTERED}/")]),
            "results": bucket(
                "results",
                [{"prefix": "", "days": QUERY_RESULT_DAYS}],
                # Results can be had again by asking again: they are not data to protect.
                kept={**policy, "protection": DataProtection.DESTROY},
            ),
        }
        aws.s3.BucketNotification(
            f"{name}-processed-notification",
            bucket=buckets["processed"].bucket,
            eventbridge=True,
            opts=self._child,
        )
        return buckets

    def _create_pseudonym_key(self, name: str, args: LakehouseArgs) -> aws.kms.Key:
        """An HMAC key, which KMS makes and never gives out: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html.

        It is as durable as the data: without it nobody, not even this stack, makes the same pseudonyms again.
        """
        return aws.kms.Key(
            f"{name}-pseudonym-key",
            description="Makes the pseudonyms that stand for personal data in the tables",
            key_usage="GENERATE_VERIFY_MAC",
            customer_master_key_spec="HMAC_256",
            deletion_window_in_days=PSEUDONYM_KEY_DELETION_DAYS,
            opts=pulumi.ResourceOptions.merge(protection(args.get("data_policy", {})), self._child),
        )

    def _create_tables(
        self, name: str, args: LakehouseArgs
    ) -> tuple[aws.glue.CatalogDatabase, dict[str, aws.glue.CatalogTable]]:
        """The database, and the table of each source's processed events."""
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            name=args.get("database_name") or _database_name(),
            description="Tables of the analytics platform",
            # The curated tables are in it, which the job makes: they would go with it.
            opts=pulumi.ResourceOptions.merge(protection(args.get("data_policy", {})), self._child),
        )
        processed = {}
        for contract in args["contracts"]:
            prefix = f"{name}-{contract.source}"
            if contract.streamed:
                raw_table(f"{prefix}-raw", contract, database.name, self.buckets["raw"].bucket, self._child)
            processed[contract.source] = processed_table(
                f"{prefix}-processed", contract, database.name, self.buckets["processed"].bucket, self._child
            )
            for view in views.of(contract):
                athena_view(f"{name}-{view.name}-view", view, database.name, self._child)
        for view in views.over(args["contracts"]):
            athena_view(f"{name}-{view.name}-view", view, database.name, self._child)
        return database, processed

    def _create_workgroup(self, name: str, args: LakehouseArgs, database: pulumi.Input[str]) -> aws.athena.Workgroup:
        """The workgroup, and its saved queries."""
        workgroup = aws.athena.Workgroup(
            f"{name}-workgroup",
            description="Queries over the tables of the analytics platform",
            # Without it a workgroup that has saved queries or a history cannot be destroyed.
            force_destroy=True,
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": args.get("athena_scan_limit_bytes", DEFAULT_SCAN_LIMIT_BYTES),
                "result_configuration": {
                    "output_location": pulumi.Output.concat("s3://", self.buckets["results"].bucket, "/"),
                    "encryption_configuration": {"encryption_option": "SSE_S3"},
                },
            },
            opts=self._child,
        )
        saved = {
            f"{name}-{contract.source}-{query.name}": query
            for contract in args["contracts"]
            for query in saved_queries.of(contract)
        } | {f"{name}-{query.name}": query for query in overview_queries.of(args["contracts"])}
        for resource_name, query in saved.items():
            aws.athena.NamedQuery(
                resource_name,
                name=query.name,
                description=query.description,
                query=query.sql,
                database=database,
                workgroup=workgroup.name,
                opts=self._child,
            )
        return workgroup


def _database_name() -> str:
    return re.sub(r"[^a-z0-9]", "_", f"{pulumi.get_project()}_{pulumi.get_stack()}".lower())


def _expirations(contracts: Sequence[Contract], parent_prefix: str) -> list[Expiration]:
    return [{"prefix": f"{parent_prefix}{contract.source}/", "days": contract.retention_days} for contract in contracts]
