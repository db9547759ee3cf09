"""A local cloud as a process of its own: prints its URL, and ends when its standard input does.

Moto keeps one account's state a process, so two local clouds in one would be one.
"""

import sys

from rapid.local import LocalCloud

if __name__ == "__main__":
    with LocalCloud(0) as cloud:
        print(cloud.url, flush=True)
        sys.stdin.read()
