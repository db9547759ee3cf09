"""Lets moto's CloudWatch show the metrics of our planes beside those of its own services."""

from collections.abc import Iterator
from datetime import UTC, datetime

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.core.common_models import CloudWatchMetricProvider

from .clients import ACCOUNT_ID
from .metrics import Metrics, ResourceMetrics


class _Provider(CloudWatchMetricProvider):
    """moto asks every subclass of its provider, so that nothing is copied until someone reads metrics."""

    shown: tuple[Metrics, str] = (Metrics(), "")

    @classmethod
    def get_cloudwatch_metrics(cls, account_id: str, region: str) -> list[MetricAggregatedDatum]:  # type: ignore[override]
        metrics, region_of_metrics = cls.shown
        if (account_id, region) != (ACCOUNT_ID, region_of_metrics):
            return []
        return [datum for resource in metrics for datum in _data(resource)]


def show(metrics: Metrics, region: str) -> None:
    """Shows these metrics from now on, in place of any others."""
    _Provider.shown = (metrics, region)


def _data(resource: ResourceMetrics) -> Iterator[MetricAggregatedDatum]:
    dimensions = [{"Name": name, "Value": value} for name, value in resource.dimensions.items()]
    for datum in resource:
        yield MetricAggregatedDatum(
            resource.namespace,
            datum.name,
            datum.statistics.minimum,
            datum.statistics.maximum,
            datum.statistics.sample_count,
            datum.statistics.sum,
            dimensions,
            # moto compares with naive times in UTC.
            datetime.fromtimestamp(datum.epoch_seconds, UTC).replace(tzinfo=None),
            datum.unit,
        )
