"""Where the data lies and how it is queried: buckets, Glue database, tables and views, Athena workgroup."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.lakehouse.arrival_tables import processed_table, raw_table
from components.lakehouse.athena_view import athena_view
from components.private_bucket import Archival, BucketStatement, DataProtection, Expiration, PrivateBucket, archivals
from contracts import Contract, overview_queries, saved_queries, views

QUERY_RESULT_DAYS = 7
"""Days that the result of a query is kept."""
ERASURE_REQUESTS = "erasure-requests"
"""Folder in the curated bucket: whom to erase, by the value itself, until it is done."""
ERASURE_REQUEST_DAYS = 30
"""Days that a request to erase a person is kept which nobody brought to its end."""
PSEUDONYM_KEY_DELETION_DAYS = 30
"""Days in which the deletion of the key can be cancelled, the most that KMS gives."""


class LakehouseArgs(TypedDict):
    """Inputs of Lakehouse."""

    contracts: Sequence[Contract]
    """The sources whose tables, views, saved queries and retention the lakehouse holds."""
    database_name: str
    """Name of the Glue database: lower-case letters, digits and underscores."""
    athena_scan_limit_bytes: pulumi.Input[int]
    """Bytes that one query may scan before Athena stops it; at least 10,000,000."""
    bucket_statements: NotRequired[Sequence[BucketStatement]]
    """What the policies of the buckets say beside that TLS is needed."""
    data_protection: DataProtection
    """What happens to the data when the stack is destroyed."""


class Lakehouse(pulumi.ComponentResource):
    """The zones raw, processed, curated and quarantine, and SQL over them."""

    raw_bucket: PrivateBucket
    """Every accepted event as it came, gzipped, by hour of arrival."""
    processed_bucket: PrivateBucket
    """Valid events as Parquet, by hour of arrival; what could not be delivered under `errors/`. It tells EventBridge
    of its objects."""
    curated_bucket: PrivateBucket
    """Deduplicated tables."""
    quarantine_bucket: PrivateBucket
    """Events that broke their contract, one object each with the reasons."""
    results_bucket: PrivateBucket
    """Results of Athena queries."""
    database: pulumi.Output[str]
    """Name of the Glue database."""
    database_arn: pulumi.Output[str]
    """ARN of the Glue database."""
    workgroup: pulumi.Output[str]
    """Name of the Athena workgroup."""
    workgroup_arn: pulumi.Output[str]
    """ARN of the Athena workgroup."""
    pseudonym_key_arn: pulumi.Output[str] | None
    """ARN of the KMS key that pseudonyms are made with; None where no contract hashes a field."""
    table_arns: dict[str, pulumi.Output[str]]
    """ARN of the processed table of each source."""

    def __init__(self, name: str, args: LakehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Lakehouse", name, {}, opts)
        self._create_buckets(name, args)
        self._create_tables(name, args)
        self._create_workgroup(name, args)
        self.pseudonym_key_arn = self._create_pseudonym_key(name, args)
        self.register_outputs(
            {
                "raw_bucket": self.raw_bucket.bucket,
                "processed_bucket": self.processed_bucket.bucket,
                "curated_bucket": self.curated_bucket.bucket,
                "quarantine_bucket": self.quarantine_bucket.bucket,
                "results_bucket": self.results_bucket.bucket,
                "database": self.database,
                "database_arn": self.database_arn,
                "workgroup": self.workgroup,
                "table_arns": self.table_arns,
                "pseudonym_key_arn": self.pseudonym_key_arn,
            }
        )

    def _create_buckets(self, name: str, args: LakehouseArgs) -> None:
        statements = args.get("bucket_statements", ())

        def bucket(zone: str, expirations: Sequence[Expiration], archivals: Sequence[Archival] = ()) -> PrivateBucket:
            return PrivateBucket(
                f"{name}-{zone}",
                {
                    "expirations": expirations,
                    "archivals": archivals,
                    "statements": statements,
                    "data_protection": args["data_protection"],
                },
                pulumi.ResourceOptions(parent=self),
            )

        by_source = _expirations(args["contracts"], "")
        streamed = [contract for contract in args["contracts"] if contract.streamed]
        self.raw_bucket = bucket("raw", _expirations(streamed, ""), archivals(streamed, ""))
        processed: list[Expiration] = [
            {"prefix": f"{contract.source}/", "days": contract.processed_retention_days}
            for contract in args["contracts"]
        ]
        self.processed_bucket = bucket("processed", [*processed, *_expirations(streamed, "errors/")])
        aws.s3.BucketNotification(
            f"{name}-processed-notification",
            bucket=self.processed_bucket.bucket,
            eventbridge=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Deleting by age would delete live files of an Iceberg table, so nothing expires that is under a table's path.
        self.curated_bucket = bucket("curated", [{"prefix": f"{ERASURE_REQUESTS}/", "days": ERASURE_REQUEST_DAYS}])
        filtering = [contract for contract in args["contracts"] if contract.filter]
        self.quarantine_bucket = bucket("quarantine", [*by_source, *_expirations(filtering, "filtered/")])
        self.results_bucket = PrivateBucket(
            f"{name}-results",
            {
                "expirations": [{"prefix": "", "days": QUERY_RESULT_DAYS}],
                "statements": statements,
                # Results can be had again by asking again: they are not data to protect.
                "data_protection": DataProtection.DESTROY,
            },
            pulumi.ResourceOptions(parent=self),
        )

    @property
    def buckets(self) -> dict[str, PrivateBucket]:
        """The buckets by what they hold."""
        return {
            "raw": self.raw_bucket,
            "processed": self.processed_bucket,
            "curated": self.curated_bucket,
            "quarantine": self.quarantine_bucket,
            "results": self.results_bucket,
        }

    def _create_pseudonym_key(self, name: str, args: LakehouseArgs) -> pulumi.Output[str] | None:
        """An HMAC key, which KMS makes and never gives out: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html.

        It is as durable as the data: without it nobody, not even this stack, makes the same pseudonyms again.
        """
        if not any(contract.hashed for contract in args["contracts"]):
            return None
        protected = args["data_protection"] is DataProtection.PROTECT
        return aws.kms.Key(
            f"{name}-pseudonym-key",
            description="Makes the pseudonyms that stand for personal data in the tables",
            key_usage="GENERATE_VERIFY_MAC",
            customer_master_key_spec="HMAC_256",
            deletion_window_in_days=PSEUDONYM_KEY_DELETION_DAYS,
            opts=pulumi.ResourceOptions(parent=self, protect=protected, retain_on_delete=protected),
        ).arn

    def _create_tables(self, name: str, args: LakehouseArgs) -> None:
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            name=args["database_name"],
            description="Tables of the analytics platform",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.database, self.database_arn = database.name, database.arn
        child = pulumi.ResourceOptions(parent=self)
        self.table_arns = {}
        for contract in args["contracts"]:
            prefix = f"{name}-{contract.source}"
            if contract.streamed:
                raw_table(f"{prefix}-raw", contract, database.name, self.raw_bucket.bucket, child)
            processed = processed_table(
                f"{prefix}-processed", contract, database.name, self.processed_bucket.bucket, child
            )
            self.table_arns[contract.source] = processed.arn
            for view in views.of(contract):
                athena_view(f"{name}-{view.name}-view", contract, view, database.name, child)

    def _create_workgroup(self, name: str, args: LakehouseArgs) -> None:
        workgroup = aws.athena.Workgroup(
            f"{name}-workgroup",
            description="Queries over the tables of the analytics platform",
            # Without it a workgroup that has saved queries or a history cannot be destroyed.
            force_destroy=True,
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": args["athena_scan_limit_bytes"],
                "result_configuration": {
                    "output_location": pulumi.Output.concat("s3://", self.results_bucket.bucket, "/"),
                    "encryption_configuration": {"encryption_option": "SSE_S3"},
                },
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.workgroup, self.workgroup_arn = workgroup.name, workgroup.arn
        for contract in args["contracts"]:
            for query in saved_queries.of(contract):
                self._save(f"{name}-{contract.source}-{query.name}", query)
        for query in overview_queries.of(args["contracts"]):
            self._save(f"{name}-{query.name}", query)

    def _save(self, name: str, query: saved_queries.SavedQuery) -> None:
        aws.athena.NamedQuery(
            name,
            name=query.name,
            description=query.description,
            query=query.sql,
            database=self.database,
            workgroup=self.workgroup,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _expirations(contracts: Sequence[Contract], parent_prefix: str) -> list[Expiration]:
    return [{"prefix": f"{parent_prefix}{contract.source}/", "days": contract.retention_days} for contract in contracts]
