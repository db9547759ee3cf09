"""Operations of control planes that moto lacks, or carries out by halves: tags and usage plans of API Gateway, KMS keys
of log groups, the architecture of a function's new code and where its logs go, the account's root user, Athena's own
data catalog and work groups that there are not, the end of tags on what ends in Glue, a queue's policy when its other
attributes change.

https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html,
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_ListDataCatalogs.html and
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from moto.apigateway.models import APIGatewayBackend, UsagePlan
from moto.apigateway.responses import APIGatewayResponse
from moto.apigateway.urls import url_paths
from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse
from moto.awslambda.models import LambdaFunction
from moto.glue.models import GlueBackend
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.sqs.models import Queue
from moto.sts.models import STSBackend

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError

_TAGGED = re.compile(r"/tags/arn:aws:apigateway:[^:]+::/(?P<kind>\w+)/(?P<id>[^/]+)(?:/stages/(?P<stage>[^/]+))?")
_NUMBERS = {"/quota/limit": int, "/quota/offset": int, "/throttle/rateLimit": float, "/throttle/burstLimit": int}
_plain_patches = UsagePlan.apply_patch_operations
_file_systems: WeakKeyDictionary[LambdaFunction, list[dict[str, str]]] = WeakKeyDictionary()
_logging_configs: WeakKeyDictionary[LambdaFunction, dict[str, str]] = WeakKeyDictionary()
_plain_function = LambdaFunction.__init__
_plain_code = LambdaFunction.update_function_code
_plain_update = LambdaFunction.update_configuration
_plain_configuration = LambdaFunction.get_configuration
_plain_catalogs = AthenaBackend.list_data_catalogs
_plain_work_group = AthenaResponse.get_work_group
_plain_delete_database = GlueBackend.delete_database
_plain_delete_job = GlueBackend.delete_job
_plain_identity = STSBackend.get_caller_identity
_plain_attributes = Queue._set_attributes


def fill() -> None:
    """Give moto what it lacks."""
    url_paths["{0}/tags/(?P<resourceArn>arn:.+)$"] = APIGatewayResponse.dispatch
    for name in ("get_tags", "tag_resource", "untag_resource"):
        setattr(APIGatewayResponse, name, globals()[f"_{name}"])
    APIGatewayBackend.delete_usage_plan_key = _delete_usage_plan_key  # type: ignore[method-assign,assignment]
    UsagePlan.apply_patch_operations = _patch_usage_plan  # type: ignore[method-assign,assignment]
    LambdaFunction.__init__ = _create_function  # type: ignore[method-assign,assignment]
    LambdaFunction.update_function_code = _update_function_code  # type: ignore[method-assign,assignment]
    LambdaFunction.update_configuration = _update_configuration  # type: ignore[method-assign,assignment]
    LambdaFunction.get_configuration = _configuration  # type: ignore[method-assign,assignment]
    AthenaBackend.list_data_catalogs = _list_data_catalogs  # type: ignore[method-assign,assignment]
    AthenaResponse.get_work_group = _get_work_group  # type: ignore[method-assign,assignment]
    GlueBackend.delete_database = _delete_database  # type: ignore[method-assign,assignment]
    GlueBackend.delete_job = _delete_job  # type: ignore[method-assign,assignment]
    STSBackend.get_caller_identity = _get_caller_identity  # type: ignore[method-assign,assignment]
    Queue._set_attributes = _set_queue_attributes  # type: ignore[method-assign,assignment]
    LogsResponse.associate_kms_key = _associate_kms_key  # type: ignore[attr-defined]
    LogsResponse.disassociate_kms_key = _associate_kms_key  # type: ignore[attr-defined]


def _tagged(asked: APIGatewayResponse) -> Any:
    """The resource that a request about tags names."""
    match = _TAGGED.fullmatch(unquote(asked.path))
    backend = asked.backend
    kinds: dict[str, Any] = {"restapis": backend.apis, "apikeys": backend.keys, "usageplans": backend.usage_plans}
    found: Any = kinds.get(match["kind"], {}).get(match["id"]) if match else None
    if found and match and match["stage"]:
        found = found.stages.get(match["stage"])
    if found is None:
        raise ServiceError("NotFoundException", "Invalid Resource identifier specified", 404)
    return found


def _get_tags(asked: APIGatewayResponse) -> str:
    return json.dumps({"tags": _tagged(asked).tags or {}})


def _tag_resource(asked: APIGatewayResponse) -> tuple[int, dict[str, str], str]:
    found = _tagged(asked)
    found.tags = {**(found.tags or {}), **json.loads(asked.body)["tags"]}
    return 204, {}, ""


def _untag_resource(asked: APIGatewayResponse) -> tuple[int, dict[str, str], str]:
    found, keys = _tagged(asked), asked.querystring.get("tagKeys", [])
    found.tags = {key: value for key, value in (found.tags or {}).items() if key not in keys}
    return 204, {}, ""


def _delete_usage_plan_key(backend: APIGatewayBackend, usage_plan_id: str, key_id: str) -> None:
    if backend.usage_plan_keys.get(usage_plan_id, {}).pop(key_id, None) is None:
        raise ServiceError("NotFoundException", "Invalid Usage Plan ID specified", 404)


def _patch_usage_plan(plan: UsagePlan, operations: list[dict[str, Any]]) -> None:
    """Numbers become numbers, which moto keeps as text or as whole numbers alone."""
    for operation in operations:
        path = operation["path"]
        if operation["op"] in ("add", "replace") and path in _NUMBERS:
            _, settings, name = path.split("/")
            getattr(plan, settings)[name] = _NUMBERS[path](operation["value"])
        else:
            _plain_patches(plan, [operation])


def _create_function(function: LambdaFunction, account_id: str, spec: dict[str, Any], *more: Any, **named: Any) -> None:
    _plain_function(function, account_id, spec, *more, **named)
    _logging_configs[function] = spec.get("LoggingConfig") or {}
    _file_systems[function] = spec.get("FileSystemConfigs") or []


def _update_configuration(function: LambdaFunction, asked: dict[str, Any]) -> dict[str, Any]:
    _logging_configs[function] = asked.get("LoggingConfig") or _logging_configs[function]
    _file_systems[function] = asked.get("FileSystemConfigs", _file_systems[function])
    return _plain_update(function, asked)


def _configuration(function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html; moto writes null for what is not set."""
    found = {name: value for name, value in _plain_configuration(function, on_create).items() if value is not None}
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **_logging_configs[function]}
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if logging["LogFormat"] == "JSON" else {}
    files = {"FileSystemConfigs": _file_systems[function]} if _file_systems[function] else {}
    return {**found, **_vpc(found), **files, "LoggingConfig": {**levels, **logging}}


def _vpc(configuration: dict[str, Any]) -> dict[str, Any]:
    """Where a function is connected to, with the VPC of its subnets."""
    subnet_ids = (configuration.get("VpcConfig") or {}).get("SubnetIds")
    if not subnet_ids:
        return {}
    # It takes long to import, and few stacks have a VPC.
    from moto.ec2.models import ec2_backends

    vpc_id = next(
        (
            subnet.vpc_id
            for backend in ec2_backends[ACCOUNT_ID].values()
            for zone in backend.subnets.values()
            for subnet in zone.values()
            if subnet.id in subnet_ids
        ),
        "",
    )
    return {"VpcConfig": {**configuration["VpcConfig"], "VpcId": vpc_id}}


def _update_function_code(function: LambdaFunction, asked: dict[str, Any]) -> dict[str, Any]:
    function.architectures = asked.get("Architectures") or function.architectures
    return _plain_code(function, asked)


def _associate_kms_key(asked: LogsResponse) -> str:
    """Set a log group's key, or take it away where none is given."""
    request = json.loads(asked.body)
    group = asked.logs_backend.groups.get(request.get("logGroupName"))
    if group is None:
        raise ResourceNotFoundException()
    group.kms_key_id = request.get("kmsKeyId")
    return "{}"


def _set_queue_attributes(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    """What is not among the attributes stays as it is, the policy too, which moto takes away."""
    kept = {"Policy": queue.policy} if "_policy_json" in vars(queue) else {}
    _plain_attributes(queue, {**kept, **attributes}, now)


def _list_data_catalogs(backend: AthenaBackend) -> list[dict[str, str]]:
    """Every account has the catalog of Glue."""
    return [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}, *_plain_catalogs(backend)]


def _get_work_group(asked: AthenaResponse) -> Any:
    name = asked._get_param("WorkGroup")
    if name not in asked.athena_backend.work_groups:
        return asked.error(f"WorkGroup {name} is not found.", 400)
    return _plain_work_group(asked)


def _delete_database(backend: GlueBackend, database_name: str) -> None:
    _plain_delete_database(backend, database_name)
    _forget_tags(backend, f"database/{database_name}")


def _delete_job(backend: GlueBackend, name: str) -> None:
    _plain_delete_job(backend, name)
    _forget_tags(backend, f"job/{name}")


def _forget_tags(backend: GlueBackend, resource: str) -> None:
    backend.tagger.delete_all_tags_for_resource(f"arn:aws:glue:{backend.region_name}:{ACCOUNT_ID}:{resource}")


def _get_caller_identity(backend: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    """The account's own keys, which moto takes for those of a user of its invention, are the root user's."""
    found = _plain_identity(backend, access_key_id, region)
    return (ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID) if found[1].endswith(":user/moto") else found
