"""UpdateJob, which moto lacks.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html#aws-glue-api-jobs-job-UpdateJob: "Unspecified
configuration is removed or reset to default values."
"""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from moto.core.utils import utcnow
from moto.glue.models import glue_backends

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError
from . import definition

_DEFAULTS: dict[str, Any] = {
    "Command": None,
    "Connections": {},
    "DefaultArguments": {},
    "Description": None,
    "ExecutionClass": "STANDARD",
    "ExecutionProperty": {},
    "GlueVersion": None,
    "NumberOfWorkers": None,
    "Role": None,
    "Timeout": None,
    "WorkerType": None,
}


def update(body: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Change a job; runs under way go on as they were started. Raises ServiceError."""
    name, asked = body.get("JobName", ""), body.get("JobUpdate") or {}
    job = glue_backends[ACCOUNT_ID][region].jobs.get(name)
    if job is None:
        raise ServiceError("EntityNotFoundException", f"Job {name} not found.")
    definition.parse_new({**asked, "Name": name})
    for member, default in _DEFAULTS.items():
        setattr(job, xform_name(member), asked.get(member, default))
    job.last_modified_on = utcnow()
    return {"JobName": name}
