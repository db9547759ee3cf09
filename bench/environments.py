"""Virtual environments for peers, each with its own packages, under `.venv/bench`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_DIRECTORY = ROOT / ".venv" / "bench"


def bin_directory(*packages: str) -> Path:
    """The programs of an environment that holds these packages (`name==version`); it is made when it is not there."""
    environment = _DIRECTORY / "+".join(packages)
    complete = environment / "complete"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
        complete.touch()
    return environment / "bin"
