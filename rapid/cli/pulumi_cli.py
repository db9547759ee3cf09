"""Running the Pulumi CLI in front of a person: it prints, asks and is interrupted by itself."""

import subprocess

from . import target
from .errors import CommandError
from .project import ROOT


def run(*arguments: str) -> int:
    """Run it on the terminal of this command, and return its exit status. Raises CommandError where there is none."""
    try:
        process = subprocess.Popen(["pulumi", *arguments], cwd=ROOT)
    except FileNotFoundError:
        raise CommandError(target.no_pulumi()) from None
    is_interrupted = False
    while True:
        try:
            status = process.wait()
            break
        except KeyboardInterrupt:
            # The terminal told the CLI too, which now ends what is under way; killed, it would leave the stack locked.
            is_interrupted = True
    if is_interrupted:
        raise KeyboardInterrupt
    return status
