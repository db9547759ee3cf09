"""The child process of a run, and what it finds in its environment."""

import contextlib
import json
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import IO, Any

from ..clients import Clients
from .launcher import MAX_REASON_BYTES

_LAUNCHER = Path(__file__).with_name("launcher.py")
_MAX_LINE_BYTES = 262_144
_PUMP_JOIN_SECONDS = 5


class Output(Enum):
    """What a script writes to, with the last part of the log group's name that it goes to.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
    """

    STDOUT = "output"
    STDERR = "error"


class TimedOutError(Exception):
    """The script did not end in time; its process was killed."""


class JobProcess:
    """A script that runs, with all that it starts."""

    def __init__(
        self,
        script: Path,
        arguments: list[str],
        environment: dict[str, str],
        log: Callable[[Output, str], None],
        open_ports: Sequence[tuple[int, int]] | None = None,
    ) -> None:
        """Start it in the script's folder. Raises OSError or ValueError if the system refuses.

        `open_ports` are first and last of the TCP ports that it may connect to; None: to all.
        """
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, "-u", "-P", "-X", "utf8", str(_LAUNCHER), str(theirs.fileno())]
        command += [json.dumps(open_ports), str(script)]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                    cwd=script.parent,
                    env=environment,
                    start_new_session=True,
                )
        except BaseException:
            self._channel.close()
            raise
        streams = ((Output.STDOUT, self._process.stdout), (Output.STDERR, self._process.stderr))
        self._pumps = [
            threading.Thread(target=_pump, args=(stream, output, log), name="glue-log", daemon=True)
            for output, stream in streams
        ]
        for pump in self._pumps:
            pump.start()

    def wait(self, timeout_seconds: float) -> str | None:
        """Wait until the script has ended; why it failed, or None if it did not. Raises TimedOutError."""
        try:
            status = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
            raise TimedOutError from None
        finally:
            self._close()
        if status == 0:
            return None
        return self._reason or f"Command failed with exit code {status if status > 0 else 128 - status}"

    def kill(self) -> None:
        """End the script and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _close(self) -> None:
        # What the script left running would hold the pipes open.
        self.kill()
        for pump in self._pumps:
            pump.join(_PUMP_JOIN_SECONDS)
        with self._channel:
            self._channel.setblocking(False)
            try:
                self._reason = self._channel.recv(MAX_REASON_BYTES).decode(errors="replace")
            except OSError:
                self._reason = ""


def _pump(stream: IO[bytes], output: Output, log: Callable[[Output, str], None]) -> None:
    with stream:
        while line := stream.readline(_MAX_LINE_BYTES):
            log(output, line.decode(errors="replace").rstrip("\r\n"))


def environment(clients: Clients, credentials: dict[str, Any], zips: list[Path], folder: Path) -> dict[str, str]:
    """The variables of a run: the local cloud, and nothing of the user's own configuration.

    `credentials` are the role's, as STS gives them, `zips` hold Python packages.
    """
    variables = {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": clients.region,
        "AWS_DEFAULT_REGION": clients.region,
        "AWS_ENDPOINT_URL": clients.endpoint_url,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, zips)),
        "TZ": "UTC",
    }
    if site.ENABLE_USER_SITE:
        # The interpreter's packages may lie under the user's home, which HOME does not name here.
        variables["PYTHONUSERBASE"] = site.getuserbase()
    return variables
