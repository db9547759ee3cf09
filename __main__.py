"""The stack: settings, then components, then outputs."""

from pathlib import Path

import pulumi

import dashboards
import settings
from components import sources
from components.access_logs import AccessLogs
from components.dashboards.dashboards import Dashboards
from components.data_guard import DataGuard
from components.delivery.delivery_pipeline import DeliveryPipeline
from components.ingest.api_document import ApiDocument
from components.ingest.ingest_api import IngestApi
from components.jobs.curation import PREFIX, Curation
from components.jobs.database_exports import DatabaseExports
from components.jobs.erasure import Erasure
from components.jobs.file_ingest import FileIngest
from components.lakehouse.lakehouse import Lakehouse

config = settings.load()
contracts = sources.read(Path(__file__).parent / "sources")
guard = DataGuard(config.data_access_principal_arns)

lakehouse = Lakehouse(
    "lakehouse",
    {
        "contracts": contracts,
        "database_name": config.database_name,
        "athena_scan_limit_bytes": config.athena_scan_limit_bytes,
        "bucket_statements": guard.statements,
        "data_protection": config.data_protection,
    },
)

pipelines = {
    contract.source: DeliveryPipeline(
        contract.source,
        {
            "contract": contract,
            "raw_bucket_arn": lakehouse.raw_bucket.arn,
            "processed_bucket_arn": lakehouse.processed_bucket.arn,
            "quarantine_bucket_arn": lakehouse.quarantine_bucket.arn,
            "database": lakehouse.database,
            "table_arn": lakehouse.table_arns[contract.source],
            "pseudonym_key_arn": lakehouse.pseudonym_key_arn,
            "delivery_interval_seconds": config.delivery_interval_seconds,
            "log_retention_days": config.log_retention_days,
        },
    )
    for contract in contracts
    if contract.streamed
}

curation = Curation(
    "curation",
    {
        "contracts": contracts,
        "processed_bucket_arn": lakehouse.processed_bucket.arn,
        "curated_bucket_arn": lakehouse.curated_bucket.arn,
        "database_arn": lakehouse.database_arn,
        "interval_minutes": config.curate_interval_minutes,
        "table_maintenance": config.table_maintenance,
        "log_retention_days": config.log_retention_days,
    },
)

files = FileIngest(
    "files",
    {
        "contracts": contracts,
        "processed_bucket_arn": lakehouse.processed_bucket.arn,
        "quarantine_bucket_arn": lakehouse.quarantine_bucket.arn,
        "artifacts_bucket_arn": curation.artifacts_bucket.arn,
        "artifacts_prefix": PREFIX,
        "code_arguments": curation.code_arguments,
        "bucket_statements": guard.statements,
        "data_protection": config.data_protection,
        "log_retention_days": config.log_retention_days,
    },
)

ingest = IngestApi(
    "ingest",
    {
        "contracts": contracts,
        "streams": {source: pipeline.stream for source, pipeline in pipelines.items()},
        "stream_arns": {source: pipeline.stream_arn for source, pipeline in pipelines.items()},
        "log_retention_days": config.log_retention_days,
        "api_gateway_logging": config.api_gateway_logging,
        "ldap": config.ldap,
        "file_door": {"function_name": files.function.function_name, "invoke_arn": files.function.invoke_arn},
    },
)

erasure = Erasure(
    "erasure",
    {"contracts": contracts, "lakehouse": lakehouse, "curation": curation, "files": files, "ingest": ingest},
)

if exported := [contract for contract in contracts if contract.database]:
    exports = DatabaseExports(
        "exports",
        {
            "contracts": exported,
            "files_bucket_arn": files.bucket.arn,
            "artifacts_bucket_arn": curation.artifacts_bucket.arn,
            "artifacts_prefix": PREFIX,
            "package_uri": curation.code_arguments["--extra-py-files"],
            "log_retention_days": config.log_retention_days,
        },
    )
    pulumi.export("exports_job", exports.job_name)
    pulumi.export("database_secrets", exports.secret_arns)

if config.dashboards is settings.DashboardService.QUICKSIGHT:
    shown = Dashboards(
        "dashboards",
        {
            "dashboards": dashboards.ALL,
            "id_prefix": config.resource_prefix,
            "workgroup": lakehouse.workgroup,
            "workgroup_arn": lakehouse.workgroup_arn,
            "results_bucket_arn": lakehouse.results_bucket.arn,
            "processed_bucket_arn": lakehouse.processed_bucket.arn,
            "database": lakehouse.database,
            "table_arns": lakehouse.table_arns,
            "viewer_principal_arn": config.dashboards_viewer_principal_arn,
        },
    )
    pulumi.export("dashboards_url", shown.url)
else:
    pulumi.log.info("No dashboards: the config key dashboards is none. With a QuickSight subscription, set quicksight.")
    pulumi.export("dashboards_url", None)

AccessLogs(
    "access-logs",
    {
        "buckets": {**lakehouse.buckets, "files": files.bucket},
        "database_arn": lakehouse.database_arn,
        "retention_days": config.log_retention_days,
    },
)

document = ApiDocument("openapi", {"document": ingest.document, "bucket": curation.artifacts_bucket.bucket})

pulumi.export("openapi", document.uri)
pulumi.export("ingest_url", ingest.url)
pulumi.export("api_key", ingest.api_key)
pulumi.export("invoke_arns", ingest.invoke_arns)
pulumi.export("identity_pool_id", ingest.identity_pool_id)
pulumi.export("signing_secret_arns", ingest.signing_secret_arns)
for zone in ("raw", "processed", "curated", "quarantine"):
    pulumi.export(f"{zone}_bucket", lakehouse.buckets[zone].bucket)
pulumi.export("artifacts_bucket", curation.artifacts_bucket.bucket)
pulumi.export("dead_letter_queue_url", ingest.dead_letter_queue_url)
pulumi.export("curate_job", curation.job_name)
pulumi.export("files_invoke_arn", ingest.files_invoke_arn)
pulumi.export("files_bucket", files.bucket.bucket)
pulumi.export("files_job", files.job_name)
pulumi.export("erasure_job", erasure.job_name)
pulumi.export("database", lakehouse.database)
pulumi.export("workgroup", lakehouse.workgroup)
pulumi.export("sources", [contract.source for contract in contracts])
pulumi.export("paths", ingest.paths)
pulumi.export("streams", {source: pipeline.stream for source, pipeline in pipelines.items()})
