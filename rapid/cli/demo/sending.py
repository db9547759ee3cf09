"""Demo data through the doors of a stack: by HTTP as the contracts ask, in a file, else straight onto the stream."""

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts import Contract, file_door
from contracts.limits import MAX_EVENTS

from .. import credentials, generate, source_streams
from ..console import progress_bar, say
from ..errors import CommandError
from ..failed_events import envelopes
from ..file_upload import FileUpload
from ..send import batches, client_of, ingest_url, limits, post, report
from ..target import Target

_FILE_NAME = "demo-campaign-costs.csv"


def events(stack: Target, contract: Contract, made: Sequence[dict[str, Any]]) -> bool:
    """Send a source's events; whether all were accepted. Raises CommandError where there is no way in."""
    if contract.source in stack.masked_outputs["paths"] and credentials.can_open(contract):
        return _by_http(stack, contract, made)
    return _onto_the_stream(stack, contract, made)


def file(stack: Target, source: str, text: str) -> None:
    """Upload a CSV file. Raises CommandError."""
    url = str(stack.masked_outputs["ingest_url"]).rstrip("/") + file_door.PATH
    upload = FileUpload(url, credentials.signature(stack, file_door.PATH))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _FILE_NAME
        path.write_text(text, encoding="utf-8")
        with progress_bar(f"{source}: to {url}", path.stat().st_size) as advanced:
            try:
                uploaded = upload.send(source, path, advanced)
            finally:
                upload.close()
    rows = text.count("\n") - 1
    _tell(source, f"{rows:,} rows stored {'before' if uploaded.was_stored else 'as file ' + uploaded.file_id}")


def _by_http(stack: Target, contract: Contract, made: Sequence[dict[str, Any]]) -> bool:
    client = client_of(stack, contract)
    try:
        with progress_bar(f"{contract.source}: to {ingest_url(stack, contract)}", len(made)) as advanced:
            most_events, most_bytes = limits(contract, MAX_EVENTS)
            summary = post(client, made, len(made), most_events, advanced, most_bytes)
    finally:
        client.close()
    _tell(contract.source, f"{summary.accepted:,} accepted")
    if not summary.complete:
        report(summary)
    return summary.complete


def _onto_the_stream(stack: Target, contract: Contract, made: Sequence[dict[str, Any]]) -> bool:
    """Put events onto the source's stream with the caller's own AWS credentials; behind it they are checked."""
    stream, refused, done = source_streams.taking(stack, contract.source), dict[int, str](), 0
    received_at = generate.iso(datetime.datetime.now(datetime.UTC))
    with progress_bar(f"{contract.source}: onto the stream {stream.name}", len(made)) as advanced:
        for part in batches(made, MAX_EVENTS):
            lines = [envelopes.write(envelopes.Envelope(_id_of(contract, it), received_at, it)) for it in part]
            refused |= {done + index: reason for index, reason in stream.put(lines).items()}
            done += len(part)
            advanced(done)
    _tell(contract.source, f"{len(made) - len(refused):,} accepted, past the door that wants a login")
    if refused:
        raise CommandError(f"the stream {stream.name}: {next(iter(refused.values()))}; run the same command again")
    return True


def _id_of(contract: Contract, event: dict[str, Any]) -> str:
    return str(event[contract.primary_key.name])


def _tell(source: str, what: str) -> None:
    say(f"{source:<16}{what}")
