"""Runs the benches, one after the other, or one of them with arguments of its own.

    python -m bench [--short | NAME [ARGUMENT...]]

`--short` gives each the least work that still shows something; its figures are for looking at, not for comparing.
"""

import subprocess
import sys
import time

SHORT = {
    "requests": ["1"],
    "queries": ["3"],
    "memory": ["60000"],
    "curate": ["1", "100000", "500000"],
    "files": ["100000", "1"],
    "functions": ["5"],
    "imports": ["5"],
    "start": ["1"],
    "billing": [],
    "cost": ["1", "50"],
    "clicks": ["1"],
    "scan": ["20000", "7"],
    "menu": ["2"],
    "migrate": ["1200", "1"],
    "dashboards": ["1"],
}
"""Each bench, in the order in which they run, and its arguments where time is short."""


def main(words: list[str]) -> int:
    """Run; the exit status is 1 if any bench failed."""
    if words and words[0] != "--short":
        if words[0] not in SHORT:
            print(f"error: there is no bench {words[0]!r}; there are {', '.join(SHORT)}", file=sys.stderr)
            return 2
        return _run(words[0], words[1:])
    failed = []
    for number, (name, arguments) in enumerate(SHORT.items(), start=1):
        print(f"\n=== {name} ({number} of {len(SHORT)}) ===", flush=True)
        began = time.monotonic()
        if _run(name, arguments if words else []):
            failed.append(name)
        print(f"=== {name}: {time.monotonic() - began:.0f} s ===", flush=True)
    if failed:
        print(f"error: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *arguments], check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
