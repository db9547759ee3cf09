"""A job as deployed, and what of Glue's jobs the local cloud does not run."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..service_error import ServiceError
from . import arguments as job_arguments
from .s3_objects import S3Object, parse_uri

# The members of CreateJob that are read here, or that say nothing about how a run goes.
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html#aws-glue-api-jobs-job-CreateJob
_JOB_MEMBERS = frozenset(
    {
        "Command", "Connections", "DefaultArguments", "Description", "ExecutionClass", "ExecutionProperty",
        "GlueVersion", "JobMode", "Name", "NumberOfWorkers", "Role", "Tags", "Timeout", "WorkerType",
    }
)  # fmt: skip
_RUN_MEMBERS = frozenset({"Arguments", "JobName"})
_GLUE_VERSION = re.compile(r"5\.\d+")
# https://docs.aws.amazon.com/glue/latest/dg/worker-types.html: data processing units a worker.
_WORKER_DPUS = {
    "G.025X": 0.25,
    **{f"G.{size}X": float(size) for size in (1, 2, 4, 8, 12, 16)},
    **{f"R.{size}X": float(size) for size in (1, 2, 4, 8)},
}
_DEFAULT_WORKER_TYPE, _DEFAULT_WORKERS = "G.1X", 10
# "For Glue version 5.0 or greater", CreateJob's Timeout; both in minutes.
_DEFAULT_TIMEOUT, _MAX_TIMEOUT = 480, 10_080


@dataclass(frozen=True)
class JobDefinition:
    """All that running a job needs to know."""

    name: str
    role: str
    """The role's name or ARN, as deployed."""
    script: S3Object
    default_arguments: Mapping[str, str]
    max_concurrent_runs: int
    timeout_minutes: int
    worker_type: str
    number_of_workers: int
    glue_version: str
    connections: tuple[str, ...] = ()
    """Names of connections; the first with a network is where a run's workers are."""

    @property
    def id(self) -> str:
        """What a script gets as `--JOB_ID`."""
        return f"j_{hashlib.sha256(self.name.encode()).hexdigest()}"

    @property
    def max_capacity_dpus(self) -> float:
        """Data processing units of a run."""
        return _WORKER_DPUS[self.worker_type] * self.number_of_workers

    @property
    def least_dpus(self) -> float:
        """Data processing units of a run whose work all happens in the driver, as it does here.

        With auto scaling Glue lets all workers go but the driver and one
        (https://docs.aws.amazon.com/glue/latest/dg/auto-scaling.html).
        """
        workers = min(self.number_of_workers, 2) if self.scales else self.number_of_workers
        return _WORKER_DPUS[self.worker_type] * workers

    @property
    def scales(self) -> bool:
        """Whether Glue gives it as many workers as it has tasks for."""
        return self.default_arguments.get("--enable-auto-scaling") == "true"

    def arguments(self, given: Mapping[str, str]) -> dict[str, str]:
        """All arguments of a run that was given these."""
        return {**self.default_arguments, **given}


def parse_new(body: Mapping[str, Any]) -> JobDefinition:
    """The job of a CreateJob request. Raises ServiceError, naming what the local cloud does not support."""
    for member, supported in (("JobMode", "SCRIPT"), ("ExecutionClass", "STANDARD")):
        if body.get(member) not in (None, supported):
            raise _invalid(f"The local cloud does not support {member} {body[member]!r}, {supported!r} alone")
    _refuse_unsupported(body, _JOB_MEMBERS)
    missing = [name for name in ("Name", "Role", "Command") if not body.get(name)]
    if missing:
        raise _invalid(f"CreateJob: {', '.join(missing)} is missing")
    return parse(body)


def parse(job: Mapping[str, Any]) -> JobDefinition:
    """The job that Glue's GetJob describes. Raises ServiceError, naming what the local cloud does not support."""
    definition = JobDefinition(
        name=job["Name"],
        role=job["Role"],
        script=_script(job.get("Command") or {}),
        default_arguments=dict(job.get("DefaultArguments") or {}),
        max_concurrent_runs=(job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1,
        timeout_minutes=job.get("Timeout") or _DEFAULT_TIMEOUT,
        worker_type=job.get("WorkerType") or _DEFAULT_WORKER_TYPE,
        number_of_workers=job.get("NumberOfWorkers") or _DEFAULT_WORKERS,
        glue_version=job.get("GlueVersion") or "0.9",
        connections=tuple((job.get("Connections") or {}).get("Connections") or ()),
    )
    _check(definition)
    return definition


def check_run(job: JobDefinition, body: Mapping[str, Any]) -> None:
    """Raise ServiceError for a StartJobRun request that cannot be had here."""
    _refuse_unsupported(body, _RUN_MEMBERS)
    job_arguments.check(job.arguments(body.get("Arguments") or {}))


def _script(command: Mapping[str, Any]) -> S3Object:
    if command.get("Name") != "glueetl":
        name = command.get("Name")
        raise _invalid(f"The local cloud does not run the job command {name!r}; Command.Name must be 'glueetl'")
    if command.get("PythonVersion") not in (None, "3"):
        raise _invalid(f"Command.PythonVersion {command['PythonVersion']!r} is not one of Glue 5's; it must be '3'")
    if command.get("Runtime"):
        raise _invalid("The local cloud does not support Command.Runtime: it does not run Ray jobs")
    location = command.get("ScriptLocation") or ""
    script = parse_uri(location)
    if script is None:
        raise _invalid(f"Command.ScriptLocation {location!r} is not the s3://bucket/key of a script")
    return script


def _check(job: JobDefinition) -> None:
    if not _GLUE_VERSION.fullmatch(job.glue_version):
        raise _invalid(f"The local cloud does not run GlueVersion {job.glue_version!r}; it must be 5.0 or 5.1")
    if job.worker_type not in _WORKER_DPUS:
        known = ", ".join(_WORKER_DPUS)
        raise _invalid(f"The local cloud does not know the WorkerType {job.worker_type!r}, but {known}")
    if not 1 <= job.timeout_minutes <= _MAX_TIMEOUT:
        raise _invalid(f"Timeout is {job.timeout_minutes} minutes; it must be between 1 and {_MAX_TIMEOUT}")
    job_arguments.check(job.arguments({}))


def _refuse_unsupported(body: Mapping[str, Any], known: frozenset[str]) -> None:
    unsupported = sorted(name for name, value in body.items() if value and name not in known)
    if unsupported:
        raise _invalid(f"The local cloud does not support {', '.join(unsupported)} of a job or a job run")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidInputException", message)
