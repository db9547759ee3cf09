"""One event through a door of its source: by HTTP as its contract has it, as a guest's browser does, or in a file."""

import datetime
import json
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts import Authentication, Contract, file_door

from .. import credentials, generate, source_streams
from ..errors import CommandError
from ..file_upload import FileUpload
from ..send import client_of
from ..target import Target
from .checks import NotMadeError
from .marked import event


@dataclass(frozen=True)
class Sent:
    """An event that was accepted."""

    contract: Contract
    event_id: str
    accepted_at: datetime.datetime
    accepted: float
    """The same moment by `time.monotonic`."""
    door: str = ""
    """What its checks are called by, beside the source: `file`, `guest`, `page`, or nothing."""
    file_id: str = ""


def by_http(stack: Target, contract: Contract) -> tuple[Sent, str]:
    """Post an event; also what was answered. Raises CommandError unless it was accepted."""
    made, client = event(contract), client_of(stack, contract)
    try:
        outcome = client.send([made])
    finally:
        client.close()
    if outcome.accepted != 1:
        reasons = [f"{refusal.field} {refusal.reason}" for refusal in outcome.refusals]
        raise CommandError("; ".join(reasons) or outcome.failure or "the event was not accepted")
    again = f", sent {outcome.repeats + 1} times" if outcome.repeats else ""
    return accepted(contract, made), f"accepted, request {outcome.request_id}{again}"


def by_file(stack: Target, contract: Contract) -> tuple[Sent, str]:
    """Upload a file of one event; also what was answered. Raises CommandError unless it was stored."""
    made = event(contract)
    url = str(stack.masked_outputs["ingest_url"]).rstrip("/") + file_door.PATH
    upload = FileUpload(url, credentials.signature(stack, file_door.PATH))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "smoke-test.ndjson"
        path.write_text(json.dumps(made) + "\n", encoding="utf-8")
        try:
            uploaded = upload.send(contract.source, path, lambda _done: None)
        finally:
            upload.close()
    return accepted(contract, made, door="file", file_id=uploaded.file_id), f"stored as file {uploaded.file_id}"


def by_guest(stack: Target, contract: Contract) -> tuple[Sent, str]:
    """Put an event onto the source's stream as a page does. Raises as `as_guest`."""
    stream = source_streams.of_guests(stack, contract.source)
    return as_guest(stack, contract, stack.masked_outputs["identity_pool_id"], stream, door="guest")


def as_guest(stack: Target, contract: Contract, pool_id: str, stream: str, *, door: str) -> tuple[Sent, str]:
    """Put an event onto a stream with the credentials of a guest of Cognito, as web/guest-sender.js does.

    Raises CommandError where Firehose does not take it, and botocore's errors.
    """
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    place = {"region_name": stack.region, "endpoint_url": stack.endpoint_url}
    cognito = boto3.client("cognito-identity", config=Config(signature_version=UNSIGNED), **place)
    identity_id = cognito.get_id(IdentityPoolId=pool_id)["IdentityId"]
    keys = cognito.get_credentials_for_identity(IdentityId=identity_id)["Credentials"]
    firehose = boto3.client(
        "firehose",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretKey"],
        aws_session_token=keys["SessionToken"],
        **place,
    )
    made, envelope_id = event(contract), f"guest-{uuid.uuid4()}"
    line = {"id": envelope_id, "receivedAt": generate.iso(datetime.datetime.now(datetime.UTC)), "body": made}
    answer = firehose.put_record_batch(
        DeliveryStreamName=stream,
        Records=[{"Data": json.dumps(line, separators=(",", ":")).encode() + b"\n"}],
    )
    if answer["FailedPutCount"]:
        [entry] = answer["RequestResponses"]
        raise CommandError(f"Firehose: {entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")
    return accepted(contract, made, door=door), f"accepted, envelope {envelope_id}"


def require_opening(stack: Target, contract: Contract, *, named: bool) -> None:
    """Raise what is to be said where a door cannot be opened: a failure only if the source was named."""
    has_path = contract.source in (stack.masked_outputs.get("paths") or {})
    if contract.authentication is Authentication.LDAP and not has_path:
        reason = "no directory is configured (config key ldap_url), so there is no path; docs/ldap.md says how"
    elif has_path and not credentials.can_open(contract):
        user, password, secret = (
            credentials.USER_VARIABLE,
            credentials.PASSWORD_VARIABLE,
            credentials.SECRET_VARIABLE,
        )
        asked = f"{user} and {password}" if contract.authentication is Authentication.LDAP else secret
        reason = f"the door wants a login or a signature: set {asked} in the environment"
    else:
        return
    raise CommandError(reason) if named else NotMadeError(reason)


def accepted(contract: Contract, made: dict[str, Any], **more: str) -> Sent:
    """An event that a door took just now; `more` are the door and the file."""
    name = contract.primary_key.name
    return Sent(contract, made[name], datetime.datetime.now(datetime.UTC), time.monotonic(), **more)
