"""A local cloud with a second port, from which it is far away: there every answer waits first.

A model of a region: each request waits as long as any other, as many at once as come, and the wait takes no processor.

    python -m bench.far_cloud PORT FAR_PORT WAIT_MS
"""

import signal
import sys
import time
from collections.abc import Iterable
from typing import Any

from rapid.local import LocalCloud
from rapid.local.server.http_server import HttpServer


def main() -> None:
    """Serve until a signal comes."""
    port, far_port, wait_ms = map(int, sys.argv[1:])
    cloud = LocalCloud(port)
    cloud.start()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        time.sleep(wait_ms / 1000)
        answered: Iterable[bytes] = cloud._application(environ, start_response)
        return answered

    HttpServer(far_port).start(answer)
    signal.pause()


if __name__ == "__main__":
    main()
