"""Stands in for the Pulumi CLI, which the tests do not have: the same words, done by the local cloud's deployer.

It knows the words that our pages use, and refuses all others. Keys of `config set` must be declared in `Pulumi.yaml`,
and values be of the declared type, as Pulumi wants them. It cannot show what only Pulumi's engine does: its prompts,
its own plan, its state.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = yaml.safe_load(Path("Pulumi.yaml").read_text(encoding="utf-8"))
STACK = os.environ["PULUMI_STACK"]


def main() -> int:
    """Do what a command line says; its status."""
    parser = argparse.ArgumentParser(prog="pulumi", allow_abbrev=False)
    words = parser.add_subparsers(required=True)
    for name, rapid in (("up", "deploy"), ("preview", "preview")):
        word = words.add_parser(name)
        word.add_argument("--stack", "-s", default=STACK)
        word.add_argument("--diff", action="store_true")  # the local deployer always shows it
        word.set_defaults(do=lambda said, rapid=rapid: _deployer(said, rapid))
    stack = words.add_parser("stack").add_subparsers(required=True)
    word = stack.add_parser("init")
    word.add_argument("name")
    word.set_defaults(do=_init)
    config = words.add_parser("config").add_subparsers(required=True)
    word = config.add_parser("set")
    word.add_argument("key")
    word.add_argument("value", nargs="?")
    word.add_argument("--stack", "-s", default=STACK)
    word.set_defaults(do=_set)
    said = parser.parse_args()
    return int(said.do(said))


def _deployer(said: argparse.Namespace, rapid: str) -> int:
    return subprocess.run(["rapid", "local", rapid, "--stack", said.stack], check=False).returncode


def _init(said: argparse.Namespace) -> int:
    file = Path(f"Pulumi.{said.name}.yaml")
    if not file.exists():
        file.write_text("config:\n  aws:region: us-east-1\n", encoding="utf-8")
    return 0


def _set(said: argparse.Namespace) -> int:
    value = sys.stdin.read() if said.value is None else said.value
    namespace, _, key = said.key.rpartition(":")
    if namespace in ("", PROJECT["name"]):
        declared = PROJECT["config"].get(key)
        if declared is None:
            print(f"error: {key} is not declared in Pulumi.yaml", file=sys.stderr)
            return 255
        if declared["type"] == "integer" and not value.removeprefix("-").isdigit():
            print(f"error: {key} must be an integer, not {value!r}", file=sys.stderr)
            return 255
    file = Path(f"Pulumi.{said.stack}.yaml")
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    content.setdefault("config", {})[f"{namespace or PROJECT['name']}:{key}"] = value
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
