"""A stack that moves by the product's own commands, run as a person runs them in a checkout, and killed."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rapid.cli import config_edit
from rapid.cli.target import LocalStack
from tests.deployed import project_folder
from tests.deployed.clouds import ROOT

_LOOK_SECONDS = 0.05


class MovingStack:
    """The stack `dev` of a checkout of its own, whose configuration the commands change."""

    def __init__(self, folder: Path, url: str, sources: set[str]) -> None:
        self._folder, self._url = folder, url
        project_folder.copy(folder, sources, dashboards="none")
        shutil.copytree(ROOT / "rapid", folder / "rapid")
        self.seconds: list[tuple[str, float]] = []
        """How long each command took that ran to its end, in their order."""

    @property
    def stack(self) -> LocalStack:
        """It as it is now: a deployment changes outputs."""
        return LocalStack(self._url, "dev")

    def deploy(self, phase: str) -> None:
        """Deploy it, in a phase that no command takes it to."""
        config_edit.set_key(self._folder / "Pulumi.dev.yaml", "rapid-analytics", "migration", phase)
        self.run("local", "deploy", "--stack", "dev")

    def run(self, *words: str) -> str:
        """Run a command to its end; what it printed as its result. It must end well."""
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as told, self._process(words, told) as process:
            _, progress = process.communicate()
            told.seek(0)
            result = told.read()
        assert process.returncode == 0, f"{words}: status {process.returncode}\n{progress}\n{result}"
        self.seconds.append((" ".join(words), time.monotonic() - began))
        return result

    def kill(self, *words: str, due: Callable[[float], bool]) -> bool:
        """Start a command and kill it when it is time, by the seconds that it has run; whether it still ran then.

        One that ends before by itself must end well.
        """
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as told, self._process(words, told) as process:
            while process.poll() is None and not due(time.monotonic() - began):
                time.sleep(_LOOK_SECONDS)
            process.kill()
            _, progress = process.communicate()
            told.seek(0)
            result = told.read()
        assert process.returncode in (0, -9), f"{words}: status {process.returncode}\n{progress}\n{result}"
        return process.returncode == -9

    def _process(self, words: tuple[str, ...], told: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rapid", *words],
            cwd=self._folder,
            env={**os.environ, "AWS_ENDPOINT_URL": self._url, "PULUMI_STACK": "dev"},
            stdout=told,
            stderr=subprocess.PIPE,
            text=True,
        )


def sync_killed_copying(
    moving: MovingStack, copied: Callable[[], int], kills: int, objects: int, seed: int
) -> list[int]:
    """Kill `rapid migrate sync` so often, each time when more of so many objects are copied, the first before half.

    How many were copied when it was dead, for each time.
    """
    randomness, found = random.Random(seed), list[int]()
    for number in range(kills):
        enough = int(objects * (number + randomness.random()) / (kills + 1))
        moving.kill("migrate", "sync", due=lambda _, enough=enough: copied() > enough)
        found.append(copied())
    return found


def sync_killed_at_any_moment(moving: MovingStack, kills: int, longest_seconds: float, seed: int) -> None:
    """Kill `rapid migrate sync` so often in its first seconds, whatever it does then."""
    randomness, killed = random.Random(seed), 0
    while killed < kills:
        moment = randomness.uniform(0, longest_seconds)
        killed += moving.kill("migrate", "sync", due=lambda seconds, moment=moment: seconds > moment)


def keys_of(s3: Any, bucket: str) -> set[str]:
    """The keys of all objects in a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}
