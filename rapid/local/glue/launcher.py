"""Runs a job's script in a process of its own: `launcher.py CHANNEL PORTS SCRIPT ARGUMENT...`.

PORTS is JSON: null, or first and last of the TCP ports that the script may connect to beside the local cloud's.
CHANNEL is the file descriptor of a socket to the local cloud. When its other end closes, the local cloud is gone, by
whatever death, and this process and its children go with it. If the script fails, the reason is sent there.
"""

import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from types import TracebackType

MAX_REASON_BYTES = 8192
_NETWORK_GUARD = os.path.join(os.path.dirname(os.path.dirname(__file__)), "vpc", "network_guard.py")


def main() -> int:
    """Run the script; returns the exit status."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_die_with_parent, args=(channel,), daemon=True).start()
    open_ports = json.loads(sys.argv[2])
    if open_ports is not None:
        guard = runpy.run_path(_NETWORK_GUARD)
        guard["install"](open_ports, os.environ["AWS_ENDPOINT_URL"])
    script = sys.argv[3]
    sys.argv = sys.argv[3:]
    sys.path.insert(0, os.path.dirname(script))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        _send(channel, f"SystemExit: {error.code}")
        if isinstance(error.code, int):
            return error.code & 0xFF or 1
        print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:
        lines = traceback.format_exception(type(error), error, _from_script(error.__traceback__, script))
        sys.stderr.write("".join(lines))
        _send(channel, f"{type(error).__name__}: {error}")
        return 1
    return 0


def _die_with_parent(channel: socket.socket) -> None:
    try:
        while channel.recv(1):
            pass
    except OSError:
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _send(channel: socket.socket, reason: str) -> None:
    channel.sendall(reason.encode(errors="replace")[:MAX_REASON_BYTES])


def _from_script(trace: TracebackType | None, script: str) -> TracebackType | None:
    """The traceback from the script's own first frame on; None where it never ran, as after a syntax error."""
    while trace and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    return trace


if __name__ == "__main__":
    sys.exit(main())
