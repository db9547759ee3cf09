"""CloudWatch Logs: log groups and streams."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName


def _log_group(creation: Creation) -> Created:
    creation.take("skipDestroy")  # speaks of the log group's end, which creation does not meet
    retention = creation.take("retentionInDays")
    parameters = creation.convert("CreateLogGroup", creation.rest(), {"name": "logGroupName"})
    name = parameters["logGroupName"]
    creation.call("CreateLogGroup", **parameters)
    if retention:  # 0 means for ever, to the provider; the API says so by having no policy
        policy = creation.convert("PutRetentionPolicy", {"retentionInDays": retention})
        creation.call("PutRetentionPolicy", logGroupName=name, **policy)
    arn = f"arn:aws:logs:{creation.cloud.region}:{creation.cloud.account_id}:log-group:{name}"
    return Created(name, {"arn": arn})


def _log_stream(creation: Creation) -> Created:
    parameters = creation.convert("CreateLogStream", creation.rest(), {"name": "logStreamName"})
    creation.call("CreateLogStream", **parameters)
    group, name = parameters["logGroupName"], parameters["logStreamName"]
    place = f"{creation.cloud.region}:{creation.cloud.account_id}"
    return Created(name, {"arn": f"arn:aws:logs:{place}:log-group:{group}:log-stream:{name}"})


ROWS = (
    ResourceType("aws:cloudwatch/logGroup:LogGroup", "logs", _log_group, AutoName(512)),
    ResourceType("aws:cloudwatch/logStream:LogStream", "logs", _log_stream, AutoName(512)),
)
