"""Uploading one file: the API's path for files says what is left to send, and S3 takes it."""

import hashlib
import json
import mmap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

from contracts import limits

from .backoff import Backoff
from .connection import TIMEOUT_SECONDS, seconds_of
from .credentials import Credentials
from .errors import CommandError

CHUNK_BYTES = 64 * 1024
"""So often the progress is told."""
_UPLOAD_TIMEOUT = urllib3.Timeout(connect=TIMEOUT_SECONDS, read=300)
_PASSING = (0, 408, 429)


class Uploaded(NamedTuple):
    """A file that is stored."""

    file_id: str
    repeats: int
    """Requests that were sent again."""
    was_stored: bool
    """Whether it had been uploaded before, and nothing of it was sent now."""


class FileUpload:
    """Uploads a file; an upload that ended half-way goes on where it was, since S3 knows which parts it has."""

    def __init__(self, url: str, credentials: Credentials, backoff: Callable[[], Backoff] = Backoff) -> None:
        """`url` is that of the API's path for files; each step gets a new `backoff`."""
        self._url, self._credentials, self._backoff = url, credentials, backoff
        self._http = urllib3.PoolManager(retries=False)
        self._repeats = 0

    def send(self, source: str, path: Path, advanced: Callable[[int], None]) -> Uploaded:
        """Upload a file; `advanced` is given the number of bytes that are there. Raises CommandError."""
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
            if not 0 < size_bytes <= limits.MAX_FILE_BYTES:
                raise CommandError(f"{path} has {size_bytes} bytes; 1 to {limits.MAX_FILE_BYTES} can be uploaded")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                asked = {"source": source, "file_name": path.name, "size_bytes": size_bytes}
                url, key = f"{self._url}?{urlencode(asked)}", hashlib.sha256(content).hexdigest()
                step, backoff, left, failure = self._step(url, key), self._backoff(), 0, ""
                was_stored = step["state"] == "stored"
                while step["state"] != "stored":
                    before, left = left, sum(part["sizeBytes"] for part in step.get("parts", ())) or size_bytes
                    if before:
                        self._repeats += 1
                        backoff = self._backoff() if left < before else backoff
                        if left >= before and not backoff.again():
                            reason = failure or "S3 does not show what was sent"
                            again = "run the same command again, and it goes on from here"
                            raise CommandError(f"{path} was not uploaded: {reason}; {again}")
                    failure = self._carry_out(step, content, advanced)
                    step = self._step(url, key)
                advanced(size_bytes)
                return Uploaded(step["fileId"], self._repeats, was_stored)

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def _step(self, url: str, idempotency_key: str) -> dict[str, Any]:
        """What is left to send. Raises CommandError where the file is refused, or nobody answers."""
        backoff = self._backoff()
        while True:
            headers = self._credentials.headers("POST", url, b"", {"Idempotency-Key": idempotency_key})
            status, answer, content = self._request("POST", url, b"", headers, urllib3.Timeout(TIMEOUT_SECONDS))
            if status in (200, 202) and "state" in content:
                return content
            said = content.get("message") or answer
            if status not in _PASSING and status < 500:
                raise CommandError(f"the file was refused: {status} {said}")
            retry_after = seconds_of(content.get("retryAfter"))
            if not backoff.again(retry_after):
                raise CommandError(f"{self._url} does not take the file: {status or ''} {said}".strip())
            self._repeats += 1

    def _carry_out(self, step: Mapping[str, Any], content: mmap.mmap, advanced: Callable[[int], None]) -> str:
        """Send what a step asks for; what went wrong, empty if nothing did."""
        if step["state"] == "form":
            return self._post(step, content, advanced)
        done = len(content) - sum(part["sizeBytes"] for part in step["parts"])
        for part in step["parts"]:
            start = part["offsetBytes"]
            body = _told(content, start, start + part["sizeBytes"], done, advanced)
            failure = self._send("PUT", part["url"], body, {"Content-Length": str(part["sizeBytes"])})
            if failure:
                return f"part {part['number']}: {failure}"
            done += part["sizeBytes"]
        return ""

    def _post(self, step: Mapping[str, Any], content: mmap.mmap, advanced: Callable[[int], None]) -> str:
        fields = [*step["fields"].items(), ("file", (step["fileName"], b""))]
        form, content_type = urllib3.encode_multipart_formdata(fields)
        # The file's own part is the last: its content goes before the end, which begins with a new line.
        end = form.rindex(b"\r\n--")

        def body() -> Iterator[bytes]:
            yield form[:end]
            yield from _told(content, 0, len(content), 0, advanced)
            yield form[end:]

        headers = {"Content-Type": content_type, "Content-Length": str(len(form) + len(content))}
        return self._send("POST", step["url"], body(), headers)

    def _send(self, method: str, url: str, body: Iterator[bytes], headers: Mapping[str, str]) -> str:
        """Send to S3; what went wrong, empty if nothing did."""
        status, said, _ = self._request(method, url, body, headers, _UPLOAD_TIMEOUT)
        return "" if 200 <= status < 300 else f"{status or ''} {said}".strip()

    def _request(
        self, method: str, url: str, body: bytes | Iterator[bytes], headers: Mapping[str, str], timeout: Any
    ) -> tuple[int, str, dict[str, Any]]:
        """Status (0 without an answer), what was said, and the members of an answer in JSON."""
        try:
            answer = self._http.request(method, url, body=body, headers=dict(headers), timeout=timeout, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return 0, f"no answer: {error}", {}
        text = answer.data.decode(errors="replace")
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        found = content if isinstance(content, dict) else {}
        if retry_after := answer.headers.get("Retry-After"):
            found["retryAfter"] = retry_after
        return answer.status, _message(text), found


def _told(content: mmap.mmap, start: int, end: int, done: int, advanced: Callable[[int], None]) -> Iterator[bytes]:
    """A part of a file in small pieces; `advanced` is given how much is on its way, beside what was done before."""
    for position in range(start, end, CHUNK_BYTES):
        piece = content[position : min(position + CHUNK_BYTES, end)]
        yield piece
        advanced(done + position - start + len(piece))


def _message(text: str) -> str:
    """What S3 says in its XML, in a few words."""
    code = text.partition("<Code>")[2].partition("</Code>")[0]
    message = text.partition("<Message>")[2].partition("</Message>")[0]
    return f"{code}: {message}" if code else text[:200]
