"""The stack: settings, then components, then outputs."""

import pulumi

import components
import dashboards
import settings

config = settings.load()
contracts = components.read_contracts(chosen=config.sources)
runtime: components.Runtime = {"log_retention_days": config.log_retention_days}
components.tag_everything(config.tags)
if config.network:
    network = components.Network(
        "network", {"ids": config.network, "directory": config.ldap, "contracts": contracts, "logs": runtime}
    )
    runtime["network"] = network.placement

policy = config.data_policy
plan: components.PlatformPlan = {
    "contracts": contracts,
    "database_name": config.database_name,
    "athena_scan_limit_bytes": config.athena_scan_limit_bytes,
    "data_policy": policy,
    "delivery_interval_seconds": config.delivery_interval_seconds,
    "curation": config.curation,
    "guest_sources": config.guest_sources,
    "runtime": runtime,
}
lakes = components.platforms(plan, config.migration)
lakehouse, pipelines, curation = lakes.platform
files = components.FileIngest(
    "files", {"contracts": contracts, "lakehouse": lakehouse.arns, "code": curation.code, "data_policy": policy}
)
ingest = components.IngestApi(
    "ingest",
    {
        "contracts": contracts,
        **lakes.doors,
        "file_door": files.door,
        "ldap": config.ldap,
        "api_gateway_logging": config.api_gateway_logging,
        "guest_sources": config.guest_sources,
        "runtime": runtime,
    },
)
document = components.ApiDocument("openapi", {"document": ingest.document, "bucket": curation.code.bucket.bucket})
erasing: components.ErasingArgs = {"contracts": contracts, "files": files, "ingest": ingest}
erasure = components.Erasure("erasure", {**erasing, "lakehouse": lakehouse, "curation": curation})
buckets = {**lakes.lake_buckets, "files": files.bucket, **lakes.code_buckets}
budget = components.Budget("budget", {"account_id": lakehouse.account_id, **config.spending})
reports, chosen = [curation.reports], dict[str, object](dashboards_url=None)
if beside := lakes.beside:
    second: components.ErasureArgs = {**erasing, "lakehouse": beside.lakehouse, "curation": beside.curation}
    chosen["streaming_erasure_job"] = components.Erasure("streaming-erasure", second).job_name
if exported := [contract for contract in contracts if contract.database]:
    exports = components.DatabaseExports(
        "exports", {"contracts": exported, "files_bucket_arn": files.bucket.arn, "code": curation.code}
    )
    reports.append(exports.reports)
    chosen |= exports.outputs
if config.network:
    components.ReportCopies("report-copies", {"files": network.files, "reports": reports, "runtime": runtime})
    chosen |= network.outputs
if shown := config.storefront:
    storefront = components.Storefront(
        "storefront",
        {"settings": shown, "doors": ingest.doors, "data_policy": policy, "runtime": runtime, **config.mail},
    )
    buckets |= storefront.buckets
    chosen |= storefront.outputs
components.AccessLogs(
    "access-logs",
    {"buckets": buckets, "account_id": lakehouse.account_id, "log_retention_days": config.log_retention_days},
)
watched: components.Watched = {"lakehouse": lakehouse, "ingest": ingest, "pipelines": pipelines, "curation": curation}
if config.dashboards:
    components.OperationsData("operations-data", {**watched, "lakehouse": lakes.shown, "budget": budget})
    asks = storefront.survey_url if shown else None
    shows: components.DashboardsArgs = {
        "dashboards": dashboards.ALL,
        "contracts": contracts,
        "lakehouse": lakes.shown.arns,
    }
    shows |= {"settings": config.dashboards, "survey_url": asks}
    chosen |= components.Dashboards("dashboards", shows).outputs
if beside:
    watched["beside"] = beside
operations = components.Operations("operations", {**watched, **config.mail})

outputs = {**lakehouse.outputs, **curation.outputs, **files.outputs, **ingest.outputs, **document.outputs}
outputs |= {**erasure.outputs, **budget.outputs, **chosen, **operations.outputs}
outputs |= {"deletion_keys": config.deletion_keys.value, "streams": lakes.platform.streams, **lakes.outputs}
for name, value in outputs.items():
    pulumi.export(name, value)
pulumi.run(components.begin_registrations)
