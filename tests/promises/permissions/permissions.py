"""The permissions of the stack's roles as deployed, taken away one at a time; and where a denial is to be seen."""

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rapid.cli.target import LocalStack
from rapid.local.clients import Clients
from tests.deployed.events import ORDER
from tests.deployed.evidence import objects, post
from tests.deployed.guest import guest_client

_RANDOM_SUFFIX = re.compile(r"-role-[0-9a-f]{7}$")
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Permission:
    """One action of one statement of a role's policy; statements are counted from 1."""

    role: str
    action: str
    statement: int

    def __str__(self) -> str:
        return f"{self.role}, {self.action} of statement {self.statement}"


class LogFile:
    """What a local cloud writes into its log from now on."""

    def __init__(self, path: Path) -> None:
        self._path, self._start = path, path.stat().st_size

    @property
    def text(self) -> str:
        """All of it so far."""
        with self._path.open("rb") as file:
            file.seek(self._start)
            return file.read().decode(errors="replace")


@dataclass
class Bench:
    """A deployed stack, and the log of its local cloud."""

    stack: LocalStack
    log: LogFile

    def __post_init__(self) -> None:
        self._iam = self.stack.client("iam")
        self._clients = Clients(self.stack.endpoint_url)
        # Others are roles that a test made.
        deployed = [role for role in self._iam.list_roles()["Roles"] if _RANDOM_SUFFIX.search(role["RoleName"])]
        self._roles = {_RANDOM_SUFFIX.sub("", role["RoleName"]): role for role in deployed}

    def permissions(self) -> set[Permission]:
        """All that the deployed roles may do."""
        return {
            Permission(role, action, number)
            for role in self._roles
            for number, statement in enumerate(self._policy(role)["Statement"], start=1)
            for action in statement["Action"]
        }

    @contextmanager
    def without(self, *permissions: Permission) -> Iterator[None]:
        """The stack while a role may not do something."""
        before = {permission.role: self._policy(permission.role) for permission in permissions}
        for permission in permissions:
            policy = self._policy(permission.role)
            statement = policy["Statement"][permission.statement - 1]
            # IAM takes no empty list; what stands in its place needs no permission anyway.
            left = [action for action in statement["Action"] if action != permission.action]
            statement["Action"] = left or ["sts:GetCallerIdentity"]
            self._put(permission.role, policy)
        try:
            yield
        finally:
            for role, policy in before.items():
                self._put(role, policy)

    def seen(self, text: str, look: Callable[[], str]) -> bool:
        """Whether a text comes to be seen in time."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while text not in look():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def as_quicksight(self, service: str) -> Any:
        """A client as QuickSight has it: with the role of the data source."""
        return self._clients.of_service("quicksight.amazonaws.com").client(
            service, self._roles["dashboards-query"]["Arn"]
        )

    def as_guest(self, service: str) -> Any:
        """A client as the script of a page has it."""
        return guest_client(self.stack, service)

    def set_logging_role(self, role: str) -> None:
        """Give API Gateway a role for its logs."""
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": self._roles[role]["Arn"]}
        self.stack.client("apigateway").update_account(patchOperations=[patch])

    def post_order(self) -> str:
        """Post an order; the answer and its status."""
        answer = post(self.stack, json.dumps(ORDER))
        return f"{answer.status} {answer.data.decode()}"

    def deliver(self, source: str, event: dict[str, Any]) -> None:
        """Put one event onto a source's stream, past the API, and deliver what can be delivered."""
        envelope = {"id": f"p-{time.time_ns()}", "receivedAt": "2026-03-14T18:30:00.000Z", "body": event}
        name = self.stack.outputs["streams"][source]
        data = json.dumps(envelope).encode() + b"\n"
        self.stack.client("firehose").put_record(DeliveryStreamName=name, Record={"Data": data})
        self.stack.flush()

    def run_job(self, output: str, **arguments: str) -> str:
        """Run the job that an output of the stack names; how it ended, and with which message."""
        glue, job = self.stack.client("glue"), self.stack.outputs[output]
        given = {f"--{name}": value for name, value in arguments.items()}
        run_id = glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
        while True:
            run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if run["JobRunState"] not in ("STARTING", "RUNNING"):
                return f"{run['JobRunState']} {run.get('ErrorMessage', '')}"
            time.sleep(0.05)

    def erase(self, source: str, field: str, value: str) -> str:
        """Run the erasure job for a person; how it ended, and with which message."""
        request_id, bucket = str(uuid.uuid4()), self.stack.outputs["curated_bucket"]
        body = json.dumps({"field": field, "value": value})
        key = f"erasure-requests/{source}/{request_id}.json"
        self.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())
        return self.run_job("erasure_job", source=source, request=request_id)

    def put_dead_letter(self, *events: dict[str, Any]) -> None:
        """Put a record of orders onto the dead-letter queue, as the ingest function does."""
        lines = [
            {"id": f"d-{time.time_ns()}-{number}", "receivedAt": "2026-03-14T18:30:00.000Z", "body": event}
            for number, event in enumerate(events)
        ]
        record = base64.b64encode("".join(json.dumps(line) + "\n" for line in lines).encode()).decode()
        message = json.dumps({"source": "orders", "reason": "none", "record": record})
        queue_url = self.stack.outputs["dead_letter_queue_url"]
        self.stack.client("sqs").send_message(QueueUrl=queue_url, MessageBody=message)

    def ask_as_quicksight(self, sql: str) -> str:
        """Ask Athena with QuickSight's role; how the query ended, and its result or why there is none."""
        athena, workgroup = self.as_quicksight("athena"), self.stack.outputs["workgroup"]
        try:
            query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
            while True:
                status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
                if status["State"] not in ("QUEUED", "RUNNING"):
                    break
                time.sleep(0.01)
            if status["State"] != "SUCCEEDED":
                return f"{status['State']} {status['StateChangeReason']}"
            return f"SUCCEEDED {athena.get_query_results(QueryExecutionId=query)['ResultSet']['Rows']}"
        except ClientError as error:
            return str(error)

    def put(self, bucket: str, key: str) -> None:
        """Put an empty object into the bucket that an output of the stack names."""
        self.stack.client("s3").put_object(Bucket=self.stack.outputs[bucket], Key=key, Body=b"")

    def group(self, beginning: str) -> str:
        """The log group whose name begins so."""
        [found] = self.stack.client("logs").describe_log_groups(logGroupNamePrefix=beginning)["logGroups"]
        return str(found["logGroupName"])

    def lines(self, beginning: str) -> str:
        """All lines of a log group."""
        events = self.stack.client("logs").filter_log_events(logGroupName=self.group(beginning))["events"]
        return "\n".join(event["message"] for event in events)

    def failed_records(self, source: str) -> str:
        """What lies under a source's error prefix."""
        return "".join(body.decode() for body in objects(self.stack, "processed_bucket", f"errors/{source}/"))

    def dead_letters(self) -> str:
        """The messages of the dead-letter queue, which they leave."""
        queue = {"QueueUrl": self.stack.outputs["dead_letter_queue_url"]}
        sqs, found = self.stack.client("sqs"), ""
        for message in sqs.receive_message(**queue, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(**queue, ReceiptHandle=message["ReceiptHandle"])
            found += message["Body"]
        return found

    def restart(self, function: str) -> None:
        """Let the next invocation of a function begin in a new environment, with a new log stream."""
        found = self.stack.client("lambda")
        [name] = [
            item["FunctionName"]
            for item in found.list_functions()["Functions"]
            if item["FunctionName"].startswith(function)
        ]
        seconds = found.get_function_configuration(FunctionName=name)["Timeout"]
        found.update_function_configuration(FunctionName=name, Timeout=seconds - 1)

    def _policy(self, role: str) -> dict[str, Any]:
        name = self._roles[role]["RoleName"]
        [policy] = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        found: dict[str, Any] = self._iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        return found

    def _put(self, role: str, policy: dict[str, Any]) -> None:
        name = self._roles[role]["RoleName"]
        [policy_name] = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        self._iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=json.dumps(policy))
