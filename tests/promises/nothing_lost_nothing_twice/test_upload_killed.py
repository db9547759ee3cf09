"""A client is killed while it uploads a file: the next goes on with what is missing."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contracts import file_door
from rapid.cli import files, project, samples
from rapid.cli.target import LocalStack

MIB = 1024 * 1024
ORDERS = project.contract_of("orders")
KILLED_AFTER_BYTES = 12_000_000
UPLOAD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from rapid.cli import credentials, target
from rapid.cli.file_upload import FileUpload

def advanced(done):
    if done > int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

FileUpload(sys.argv[1], credentials.signature(target.find(), "")).send("orders", Path(sys.argv[2]), advanced)
"""


def test_an_upload_whose_client_was_killed_goes_on_with_what_is_missing(
    own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    path = tmp_path / "large.csv"
    rows = (f"{event}{' ' * 900}\n" for event in samples.events(ORDERS, 20_000, seed=2))
    path.write_text("".join(rows), encoding="utf-8")
    assert path.stat().st_size > 16 * MIB
    url = own_stack.outputs["ingest_url"] + file_door.PATH
    command = [sys.executable, "-c", UPLOAD_AND_DIE, url, str(path), str(KILLED_AFTER_BYTES)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    uploads = own_stack.client("s3").list_multipart_uploads(Bucket=own_stack.outputs["files_bucket"])["Uploads"]
    assert len(uploads) == 1

    assert files.send("orders", path) == 0
    output = capsys.readouterr()
    first = int(next(line for line in output.err.splitlines() if " of " in line).split()[0])
    # What was there before the client was killed is not sent again.
    assert first > 8 * MIB
    stored = re.search(r"Stored as file ([0-9a-f]{32})", output.out)
    assert stored, output.out
    key = f"incoming/orders/{stored[1]}/large.csv"
    found = own_stack.client("s3").get_object(Bucket=own_stack.outputs["files_bucket"], Key=key)["Body"].read()
    assert found == path.read_bytes()
