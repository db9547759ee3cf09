"""`python -m rapid.local.deploy`; see `command`."""

import gc
import sys


def main() -> int:
    """Deploy, and return the exit status."""
    # This process lives for seconds and frees little: walking its hundreds of thousands of classes and service model
    # entries, over and over while it works and once more when it ends, took a third of its time.
    gc.disable()
    from rapid.local.deploy.command import run

    status = run(sys.argv[1:])
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
