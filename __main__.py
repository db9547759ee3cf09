"""The stack: settings, then components, then outputs."""

import pulumi

import components
import dashboards
import settings

config = settings.load()
contracts = components.read_contracts()
components.tag_everything(config.tags)

lakehouse = components.Lakehouse(
    "lakehouse",
    {
        "contracts": contracts,
        "database_name": config.database_name,
        "athena_scan_limit_bytes": config.athena_scan_limit_bytes,
        "data_policy": config.data_policy,
    },
)
pipelines = {
    contract.source: components.DeliveryPipeline(
        contract.source,
        {
            "contract": contract,
            "lakehouse": lakehouse.arns,
            "delivery_interval_seconds": config.delivery_interval_seconds,
            "log_retention_days": config.log_retention_days,
        },
    )
    for contract in contracts
    if contract.streamed
}
curation = components.Curation(
    "curation",
    {
        "contracts": contracts,
        "lakehouse": lakehouse.arns,
        "interval_minutes": config.curate_interval_minutes,
        "table_maintenance": config.table_maintenance,
        "log_retention_days": config.log_retention_days,
    },
)
files = components.FileIngest(
    "files",
    {
        "contracts": contracts,
        "lakehouse": lakehouse.arns,
        "code": curation.code,
        "data_policy": config.data_policy,
        "log_retention_days": config.log_retention_days,
    },
)
ingest = components.IngestApi(
    "ingest",
    {
        "contracts": contracts,
        "stream_arns": {source: pipeline.stream_arn for source, pipeline in pipelines.items()},
        "file_door": files.door,
        "ldap": config.ldap,
        "api_gateway_logging": config.api_gateway_logging,
        "log_retention_days": config.log_retention_days,
    },
)
document = components.ApiDocument("openapi", {"document": ingest.document, "bucket": curation.code.bucket.bucket})
erasure = components.Erasure(
    "erasure",
    {"contracts": contracts, "lakehouse": lakehouse, "curation": curation, "files": files, "ingest": ingest},
)
components.AccessLogs(
    "access-logs",
    {
        "buckets": {**lakehouse.buckets, "files": files.bucket},
        "account_id": lakehouse.account_id,
        "log_retention_days": config.log_retention_days,
    },
)

outputs = {**lakehouse.outputs, **curation.outputs, **files.outputs, **ingest.outputs, **document.outputs}
outputs |= {**erasure.outputs, "dashboards_url": None}
outputs["streams"] = {source: pipeline.stream for source, pipeline in pipelines.items()}
if exported := [contract for contract in contracts if contract.database]:
    outputs |= components.DatabaseExports(
        "exports",
        {"contracts": exported, "files_bucket_arn": files.bucket.arn, "code": curation.code},
    ).outputs
if config.dashboards is settings.DashboardService.QUICKSIGHT:
    outputs |= components.Dashboards(
        "dashboards",
        {
            "dashboards": dashboards.ALL,
            "lakehouse": lakehouse.arns,
            "viewer_principal_arn": config.dashboards_viewer_principal_arn,
        },
    ).outputs
for name, value in outputs.items():
    pulumi.export(name, value)
