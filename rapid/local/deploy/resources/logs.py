"""CloudWatch Logs: log groups, streams and metric filters.

What makes a replacement: internal/service/logs/group.go, stream.go and metric_filter.go.
"""

from __future__ import annotations

from rapid.local.deploy.operations import Created, Creation, Update
from rapid.local.deploy.resource_type import (
    ANY_PROPERTY,
    AutoName,
    ResourceType,
    UpdateRule,
    created,
    deleted,
    tags,
)

_GROUP_ARN = "arn:aws:logs:{region}:{account}:log-group:{logGroupName}"

_make_group = created("CreateLogGroup", "{logGroupName}", {"name": "logGroupName"}, {"arn": _GROUP_ARN})


def _log_group(creation: Creation) -> Created:
    retention = creation.take("retentionInDays")
    policy = creation.convert("PutRetentionPolicy", {"retentionInDays": retention}) if retention else {}
    made = _make_group(creation)
    creation.begun = made.id
    if policy:  # 0 means for ever, to the provider; the API says so by having no policy
        creation.call("PutRetentionPolicy", logGroupName=made.id, **policy)
    return made


def _retention(update: Update) -> None:
    retention = update.take("retentionInDays")
    if retention:
        policy = update.convert("PutRetentionPolicy", {"retentionInDays": retention})
        update.call("PutRetentionPolicy", logGroupName=update.id, **policy)
    else:
        update.call("DeleteRetentionPolicy", logGroupName=update.id)


_put_filter = created(
    "PutMetricFilter",
    "{filterName}",
    {
        "name": "filterName",
        "pattern": "filterPattern",
        "metricTransformation": "metricTransformations",
        "metricTransformation.name": "metricName",
        "metricTransformation.namespace": "metricNamespace",
        "metricTransformation.value": "metricValue",
    },
)


def _metric_filter(creation: Creation) -> Created:
    """The provider takes one transformation and sends a list; it puts a filter anew to change it."""
    creation.give("metricTransformation", [creation.need("metricTransformation")])
    return _put_filter(creation)


ROWS = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        "logs",
        _log_group,
        deleted("DeleteLogGroup", logGroupName="id"),
        AutoName(512),
        replace_on=("logGroupClass", "name", "namePrefix"),
        updates=(UpdateRule(("retentionInDays",), _retention), tags()),
    ),
    ResourceType(
        "aws:cloudwatch/logStream:LogStream",
        "logs",
        created(
            "CreateLogStream",
            "{logStreamName}",
            {"name": "logStreamName"},
            {"arn": f"{_GROUP_ARN}:log-stream:{{logStreamName}}"},
        ),
        deleted("DeleteLogStream", logGroupName="logGroupName", logStreamName="id"),
        AutoName(512),
        replace_on=(ANY_PROPERTY,),
    ),
    ResourceType(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "logs",
        _metric_filter,
        deleted("DeleteMetricFilter", logGroupName="logGroupName", filterName="id"),
        AutoName(512),
        replace_on=("logGroupName", "name"),
        update=_metric_filter,
    ),
)
