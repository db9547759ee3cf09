"""A local cloud as a process of its own: prints its URL, then each answer that is not as its service's model says.

It ends when its standard input does. An argument names a file for its log.

Moto keeps one account's state a process, so two local clouds in one would be one.
"""

import logging
import sys
from functools import partial

from rapid.local import LocalCloud
from tests import response_checks

if __name__ == "__main__":
    if sys.argv[1:]:
        logging.basicConfig(filename=sys.argv[1])
    response_checks.install(tell=partial(print, flush=True))
    with LocalCloud(0) as cloud:
        # No test is about what happens to be due while it runs.
        cloud.hold_schedules()
        print(cloud.url, flush=True)
        sys.stdin.read()
