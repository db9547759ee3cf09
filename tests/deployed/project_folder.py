"""A copy of the project whose contracts and configuration a test may change, deployed onto a local cloud of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from .clouds import ROOT

_FOLDERS = ("components", "contracts", "dashboards", "etl", "functions", "settings", "sources", "web")
_FILES = ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "requirements-local.txt")


def copy(folder: Path, sources: set[str], **config: str) -> None:
    """Copy the project with these sources alone, and no storefront; `config` goes into the stack `dev`."""
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, folder)
    for contract in (folder / "sources").glob("*.yaml"):
        if contract.stem not in sources:
            contract.unlink()
            shutil.rmtree(folder / "sources" / "queries" / contract.stem, ignore_errors=True)
    stack = folder / "Pulumi.dev.yaml"
    settings = yaml.safe_load(stack.read_text())
    chosen = {"storefront": "none", **config}
    settings["config"] |= {f"rapid-analytics:{key}": value for key, value in chosen.items()}
    stack.write_text(yaml.safe_dump(settings))


def deploy(folder: Path, url: str, stack: str = "dev", *options: str) -> str:
    """Deploy a stack of a copy, as `rapid local deploy` does; what it printed for people."""
    deployer = [sys.executable, "-m", "rapid.local.deploy", "--stack", stack, "--endpoint", url, *options]
    ended = subprocess.run([*deployer, "--project", str(folder)], cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return ended.stderr
