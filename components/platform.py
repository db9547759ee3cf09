"""A lake and what brings events into it: lakehouse, delivery pipelines, curation. A stack that moves has two."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, NotRequired, TypedDict

import pulumi

from components.delivery.delivery_pipeline import DEFAULT_INTERVAL_SECONDS, DeliveryPipeline
from components.jobs.curation import Curation, CurationPlan
from components.lakehouse.lakehouse import DEFAULT_SCAN_LIMIT_BYTES, Lakehouse, LakehouseArgs
from components.private_bucket import DataPolicy
from components.runtime import RuntimeArgs
from contracts import Contract


class PlatformPlan(RuntimeArgs):
    """What all lakes of a stack have in common."""

    contracts: Sequence[Contract]
    """The sources."""
    database_name: str
    """Name of the Glue database; that of a lake with a prefix has it at its end."""
    athena_scan_limit_bytes: NotRequired[pulumi.Input[int]]
    """Bytes that one query may scan before Athena stops it; as Lakehouse has it unless given."""
    data_policy: NotRequired[DataPolicy]
    """What may become of the data."""
    delivery_interval_seconds: NotRequired[pulumi.Input[int]]
    """Longest time that events wait before they are written; as DeliveryPipeline has it unless given."""
    curation: NotRequired[CurationPlan]
    """When tables are curated, and who maintains them."""
    guest_sources: NotRequired[Collection[str]]
    """Sources whose events guests put onto delivery streams, beside those whose contracts let browsers."""


class Source(TypedDict):
    """Where a delivery pipeline has its events from, beside its delivery stream: as DeliveryPipelineArgs has them."""

    data_stream: NotRequired[pulumi.Input[str]]
    """ARN of the Kinesis data stream that it reads."""
    mirror: NotRequired[pulumi.Input[str]]
    """ARN of the Kinesis data stream that it keeps in step with."""
    guests: NotRequired[bool]
    """Whether guests have a delivery stream of their own."""


class Platform(NamedTuple):
    """A lake and what brings events into it."""

    lakehouse: Lakehouse
    """Where the data lies."""
    pipelines: Mapping[str, DeliveryPipeline]
    """The delivery pipeline of each source that is sent as events."""
    curation: Curation
    """What makes the curated tables."""

    @property
    def streams(self) -> Mapping[str, pulumi.Output[str]]:
        """Names of the delivery streams by their sources."""
        return {source: pipeline.stream for source, pipeline in self.pipelines.items()}

    @property
    def stream_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """Their ARNs."""
        return {source: pipeline.stream_arn for source, pipeline in self.pipelines.items()}


def lakehouse(
    plan: PlatformPlan,
    prefix: str = "",
    pseudonym_key: pulumi.Input[str] | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> Lakehouse:
    """The lakehouse of a plan, its names after a prefix such as `streaming`, its pseudonyms by a key that exists."""
    args: LakehouseArgs = {
        "contracts": plan["contracts"],
        "database_name": "_".join(filter(None, (plan["database_name"], prefix))),
        "athena_scan_limit_bytes": plan.get("athena_scan_limit_bytes", DEFAULT_SCAN_LIMIT_BYTES),
        "data_policy": plan.get("data_policy", {}),
    }
    if pseudonym_key is not None:
        args["pseudonym_key"] = pseudonym_key
    return Lakehouse(f"{_before(prefix)}lakehouse", args, opts)


def platform(
    plan: PlatformPlan,
    lake: Lakehouse,
    source: Callable[[Contract], Source],
    prefix: str = "",
    opts: pulumi.ResourceOptions | None = None,
) -> Platform:
    """What brings events into a lakehouse; `source` says of each source where they come from."""
    runtime = plan.get("runtime", {})
    pipelines = {
        contract.source: DeliveryPipeline(
            f"{_before(prefix)}{contract.source}",
            {
                "contract": contract,
                "lakehouse": lake.arns,
                "delivery_interval_seconds": plan.get("delivery_interval_seconds", DEFAULT_INTERVAL_SECONDS),
                "runtime": runtime,
                **source(contract),
            },
            opts,
        )
        for contract in plan["contracts"]
        if contract.streamed
    }
    curation = Curation(
        f"{_before(prefix)}curation",
        {"contracts": plan["contracts"], "lakehouse": lake.arns, "runtime": runtime, **plan.get("curation", {})},
        opts,
    )
    return Platform(lake, pipelines, curation)


def _before(prefix: str) -> str:
    return f"{prefix}-" if prefix else ""
