"""Lambda: queues that invoke functions, and what becomes of events that are invoked asynchronously.

What makes a replacement: internal/service/lambda/event_source_mapping.go and function_event_invoke_config.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import KEPT, Update

_MAPPING_RENAMES = {"destinationConfig.onFailure.destinationArn": "Destination"}
# What each is where it is not given: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
_WHEN_REMOVED = {
    "batchSize": 10,
    "bisectBatchOnFunctionError": False,
    "destinationConfig": {"onFailure": {}},
    "enabled": True,
    "filterCriteria": {"filters": []},
    "functionResponseTypes": [],
    "maximumBatchingWindowInSeconds": 0,
    "maximumRecordAgeInSeconds": KEPT,
    "maximumRetryAttempts": KEPT,
    "metricsConfig": {"metrics": []},
    "parallelizationFactor": KEPT,
    "scalingConfig": {},
}
_UPDATED = ("functionName", "kmsKeyArn", *_WHEN_REMOVED)


def _mapping(creation: Creation) -> Created:
    properties = {"enabled": True, **creation.rest()}
    parameters = creation.convert("CreateEventSourceMapping", properties, _MAPPING_RENAMES)
    made = creation.call("CreateEventSourceMapping", **parameters)
    return Created(made["UUID"], _mapping_outputs(creation, made))


def _mapping_outputs(creation: Creation, mapping: dict[str, Any]) -> dict[str, Any]:
    region, account = creation.cloud.region, creation.cloud.account_id
    return {
        "arn": f"arn:aws:lambda:{region}:{account}:event-source-mapping:{mapping['UUID']}",
        "functionArn": mapping.get("FunctionArn"),
        "state": mapping.get("State"),
        "uuid": mapping["UUID"],
    }


def _update_mapping(update: Update) -> dict[str, Any]:
    values = update.pick(_UPDATED, _WHEN_REMOVED)
    parameters = update.convert("UpdateEventSourceMapping", values, _MAPPING_RENAMES)
    return _mapping_outputs(update, update.call("UpdateEventSourceMapping", UUID=update.id, **parameters))


def _delete_mapping(deletion: Deletion) -> None:
    deletion.call("DeleteEventSourceMapping", UUID=deletion.id)


def _invoke_config(creation: Creation) -> Created:
    properties = {"maximumRetryAttempts": 2, **creation.rest()}  # the provider's default
    parameters = creation.convert("PutFunctionEventInvokeConfig", properties)
    creation.call("PutFunctionEventInvokeConfig", **parameters)
    return Created(":".join([parameters["FunctionName"], *filter(None, [parameters.get("Qualifier")])]))


def _delete_invoke_config(deletion: Deletion) -> None:
    qualifier = deletion.value("qualifier")
    place = {"Qualifier": qualifier} if qualifier else {}
    deletion.call("DeleteFunctionEventInvokeConfig", FunctionName=deletion.value("functionName"), **place)


ROWS = (
    ResourceType(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "lambda",
        _mapping,
        _delete_mapping,
        replace_on=("eventSourceArn", "queues", "startingPosition", "startingPositionTimestamp", "topics"),
        updates=(UpdateRule(_UPDATED, _update_mapping), tags()),
        volatile_outputs=("functionArn", "state"),
        find=lambda made: made.listed(
            "ListEventSourceMappings",
            "UUID",
            {"EventSourceArn": "eventSourceArn"},
            FunctionName=made.value("functionName"),
        ),
    ),
    ResourceType(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "lambda",
        _invoke_config,
        _delete_invoke_config,
        replace_on=("functionName", "qualifier"),
        updates=(
            UpdateRule(
                ("destinationConfig", "maximumEventAgeInSeconds", "maximumRetryAttempts"), whole(_invoke_config)
            ),
        ),
        id_property="functionName",
    ),
)
