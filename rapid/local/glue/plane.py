"""The Glue API: job runs, the race for a table and table optimizers are ours, definitions and the rest of the catalog
are moto's.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api.html
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from .. import input_constraints
from ..clients import Clients
from ..iam.operations import json_body
from ..server.planes import Forward
from ..service_error import ServiceError
from ..vpc import Network
from . import connection_changes, definition, job_updates, roles
from .definition import JobDefinition
from .runner import Runner
from .runs import JobRun
from .state_changes import Publish
from .table_optimizers import TableOptimizers
from .tables import Tables

MAX_PAGE_RUNS = 200
"""https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html, GetJobRuns."""
_CONTENT_TYPE = "application/x-amz-json-1.1"
_TABLE_CHANGES = frozenset({"BatchDeleteTable", "CreateTable", "DeleteTable"})
# moto would take them, and nothing would ever come of it.
_UNSUPPORTED = frozenset(
    {
        "BatchGetTableOptimizer", "BatchStopJobRun", "CreateTrigger", "CreateWorkflow", "DeleteTableOptimizer",
        "GetJobBookmark", "ListTableOptimizerRuns", "ResetJobBookmark", "StartTrigger", "StartWorkflowRun",
        "UpdateTrigger",
    }
)  # fmt: skip


class GluePlane:
    """Runs jobs as they were deployed, each with the credentials of its role."""

    def __init__(self, clients: Clients, network: Network, publish: Publish = lambda _event: None) -> None:
        """`publish` gives an event to EventBridge."""
        self._clients = clients
        self._tables = Tables(clients)
        self._runner = Runner(clients, network, publish)
        self._optimizers = TableOptimizers(clients)
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateTableOptimizer": self._optimizers.create,
            "DeleteConnection": lambda body: connection_changes.delete(body, clients.region),
            "GetJobRun": self._get_run,
            "GetJobRuns": self._get_runs,
            "GetTableOptimizer": self._optimizers.get,
            "StartJobRun": self._start_run,
            "UpdateConnection": lambda body: connection_changes.update(body, clients.region),
            "UpdateJob": lambda body: job_updates.update(body, clients.region),
            "UpdateTableOptimizer": self._optimizers.update,
        }

    def stop(self) -> None:
        """End all runs."""
        self._runner.stop()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the Glue API."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        model = self._clients.client("glue").meta.service_model
        input_constraints.check(model, name, request, "ValidationException")
        if name in _UNSUPPORTED:
            raise ServiceError("InvalidInputException", f"The local cloud does not support Glue's {name}")
        if name in self._operations:
            return Response(json.dumps(self._operations[name](json_body(request))), content_type=_CONTENT_TYPE)
        if name == "UpdateTable":
            return self._tables.update(json_body(request), forward)
        if name in _TABLE_CHANGES:
            return self._change_table(name, json_body(request), forward)
        if name == "CreateJob":
            self._check_new_job(json_body(request))
        return forward()

    def _change_table(self, name: str, body: dict[str, Any], forward: Forward) -> Response:
        response = self._tables.change(forward)
        if response.status_code < 300:
            # Even of a new one: what was stored of an earlier table of the name is gone.
            named = [body.get("Name"), (body.get("TableInput") or {}).get("Name"), *(body.get("TablesToDelete") or ())]
            self._optimizers.forget(str(body.get("DatabaseName")), [str(table) for table in named if table])
        return response

    def _check_new_job(self, body: dict[str, Any]) -> None:
        new = definition.parse_new(body)
        try:
            existing = definition.parse(self._clients.client("glue").get_job(JobName=new.name)["Job"])
        except ClientError:
            return
        if existing != new:
            message = f"Job with name '{new.name}' already submitted with different configuration"
            raise ServiceError("IdempotentParameterMismatchException", message)

    def _start_run(self, body: dict[str, Any]) -> dict[str, Any]:
        job = self._job(_text(body, "JobName"))
        definition.check_run(job, body)
        role_arn = roles.arn_for_glue(self._clients, job.role)
        run = JobRun(job, role_arn, body.get("Arguments") or {})
        self._runner.start(run)
        return {"JobRunId": run.id}

    def _job(self, name: str) -> JobDefinition:
        try:
            return definition.parse(self._clients.client("glue").get_job(JobName=name)["Job"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            message = "Failed to start job run due to missing metadata."
            raise ServiceError("EntityNotFoundException", message) from None

    def _get_run(self, body: dict[str, Any]) -> dict[str, Any]:
        name, run_id = _text(body, "JobName"), _text(body, "RunId")
        run = self._runner.history.find(name, run_id)
        if run is None:
            raise ServiceError("EntityNotFoundException", f"Job run {run_id} of job {name} not found.")
        return {"JobRun": self._runner.history.document(run)}

    def _get_runs(self, body: dict[str, Any]) -> dict[str, Any]:
        name = _text(body, "JobName")
        runs = self._runner.history.newest_first(name)
        if not runs:
            self._job(name)
        token, size = body.get("NextToken"), body.get("MaxResults") or MAX_PAGE_RUNS
        if not isinstance(size, int) or not 1 <= size <= MAX_PAGE_RUNS:
            raise ServiceError("InvalidInputException", f"MaxResults must be between 1 and {MAX_PAGE_RUNS}")
        if token:
            position = next((number for number, run in enumerate(runs) if run.id == token), None)
            if position is None:
                raise ServiceError("InvalidInputException", f"NextToken {token!r} is not one of this list")
            runs = runs[position + 1 :]
        answer: dict[str, Any] = {"JobRuns": [self._runner.history.document(run) for run in runs[:size]]}
        if len(runs) > size:
            answer["NextToken"] = runs[size - 1].id
        return answer


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ServiceError("InvalidInputException", f"{name} is missing")
    return value
