"""Metrics by source, which CloudWatch counts in log lines that are written anyway.

What is billed is the hour in which a metric is sent at all, so that what should not happen costs nothing as long as it
does not: https://aws.amazon.com/cloudwatch/pricing/.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.delivery.delivery_pipeline import DeliveryPipeline
from components.ingest.ingest_api import IngestApi
from components.names import NAMESPACE, STACK_DIMENSION
from contracts import Delivery

SOURCE_DIMENSION = "Source"
PATH_DIMENSION = "Path"


def source_metrics(
    name: str, ingest: IngestApi, pipelines: Mapping[str, DeliveryPipeline], opts: pulumi.ResourceOptions
) -> None:
    """Count by source what functions tell of events, and by path the requests that the API refused or failed at.

    What the functions count by stack alone: functions/ingest, functions/transform. That a row of a file was quarantined
    is told by its report.
    """
    by_source = {STACK_DIMENSION: f"$.{STACK_DIMENSION}", SOURCE_DIMENSION: "$.source"}
    by_path = {STACK_DIMENSION: "$.stack", PATH_DIMENSION: "$.path"}

    def count(what: str, group: pulumi.Input[str], pattern: str, value: str, dimensions: Mapping[str, str]) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{name}-{what.lower()}",
            log_group_name=group,
            pattern=pattern,
            metric_transformation={
                "name": what.rpartition("-")[2],
                "namespace": NAMESPACE,
                "value": value,
                "unit": "Count",
                "dimensions": dimensions,
            },
            opts=opts,
        )

    if ingest.ingest_log_group:
        for what in ("Accepted", "Refused", "DeadLettered"):
            count(what, ingest.ingest_log_group, f"{{ $.{what} > 0 }}", f"$.{what}", by_source)
    for digit in ("4", "5"):
        count(f"{digit}XXError", ingest.access_log_group, f'{{ $.status = "{digit}*" }}', "1", by_path)
    for source, pipeline in pipelines.items():
        group = pipeline.transform_log_group
        count(f"{source}-Quarantined", group, "{ $.Quarantined > 0 }", "$.Quarantined", by_source)
        if pipeline.contract.delivery is Delivery.DIRECT:
            # A record that Firehose counts can hold a batch; each event of it ends as one of these, which add up.
            for fate in ("Rows", "Quarantined", "Filtered"):
                count(f"{source}-{fate}-Accepted", group, f"{{ $.{fate} > 0 }}", f"$.{fate}", by_source)
