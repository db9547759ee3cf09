"""`rapid init`: the file of configuration of another customer."""

import os
import pty
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from components.private_bucket import DataProtection
from components.storefront.settings import StorefrontSettings, WayIn
from rapid.cli import project
from rapid.cli.app import app

ROOT = project.ROOT
IN_FOLDER = (
    "import sys, pathlib; from rapid.cli import main, project; project.ROOT = pathlib.Path(sys.argv.pop(1)); main()"
)


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("sources", "web/languages"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["init", *words])


def config(customer: str) -> dict[str, str]:
    """What a customer's file says, without the project's name."""
    said = yaml.safe_load((project.ROOT / f"Pulumi.{customer}.yaml").read_text(encoding="utf-8"))
    assert list(said) == ["config"]
    return {key.removeprefix("rapid-analytics:"): str(value) for key, value in said["config"].items()}


def files() -> set[str]:
    return {path.name for path in project.ROOT.iterdir() if path.is_file()}


def test_a_name_is_enough_where_nobody_is_asked_and_the_stack_is_one_for_production(load: Callable[..., Any]) -> None:
    said = run("bella-napoli", "--yes")
    assert said.exit_code == 0, said.output
    for line in ("rapid local up --stack bella-napoli", "pulumi stack init bella-napoli", "pulumi up --stack bella-"):
        assert f"\n  {line}" in said.stdout
    found = load(**config("bella-napoli"))
    assert found.storefront == StorefrontSettings(WayIn.API, "Bella Napoli", ("en",), "#14532d", "USD")
    assert found.data_policy["protection"] is DataProtection.PROTECT
    assert (found.sources, found.log_retention_days) == ((), 90)


def test_every_option_goes_into_the_file_and_the_stack_s_settings_take_it(load: Callable[..., Any]) -> None:
    given = {
        "storefront": "guest",
        "business-name": "Żółć: & #1",
        "languages": "de,en",
        "brand-color": "#7c2d12",
        "currency": "PLN",
        "sources": "feedback, clickstream",
        "notification-email": "operations@example.com",
        "region": "eu-central-1",
        "kind": "dev",
    }
    said = run("zolc", *(word for name, value in given.items() for word in (f"--{name}", value)))
    assert said.exit_code == 0, said.output
    written = config("zolc")
    assert written["aws:region"] == "eu-central-1"
    found = load(**written)
    assert found.storefront == StorefrontSettings(WayIn.GUEST, "Żółć: & #1", ("de", "en"), "#7c2d12", "PLN")
    assert found.sources == ("feedback", "clickstream")
    assert found.mail == {"email": "operations@example.com"}
    assert found.data_policy["protection"] is DataProtection.DESTROY


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["Bella"], "CUSTOMER 'Bella' must be 1 to 40 small letters, digits and hyphens"),
        (["../x"], "CUSTOMER '../x' must be 1 to 40 small letters"),
        (["b", "--storefront", "yes"], "--storefront 'yes' must be one of none, api, guest"),
        (["b", "--business-name", ""], "--business-name '' must be a name of 1 to 80 characters"),
        (
            ["b", "--languages", "en,fr"],
            "--languages 'en,fr' names 'fr', which has no file web/languages/fr.json; there",
        ),
        (["b", "--brand-color", "#ffffff"], "--brand-color '#ffffff' must be darker"),
        (["b", "--currency", "euro"], "--currency 'euro' must be a currency's three letters"),
        (["b", "--sources", "feedbak,clickstream"], "names 'feedbak', which is not known; near: feedback"),
        (["b", "--sources", "orders"], "--sources 'orders' must have clickstream and feedback too"),
        (["b", "--notification-email", "me"], "--notification-email 'me' must be an e-mail address"),
        (["b", "--region", "eu-central-7"], "--region 'eu-central-7' must be a region of AWS"),
        (["b", "--kind", "test"], "--kind 'test' must be one of dev, prod"),
        ([], "name the customer, which is the stack's name too: rapid init bella-napoli"),
        (["prod"], "Pulumi.prod.yaml is there already; say --force to write it anew, or name another customer"),
    ],
)
def test_what_the_settings_would_refuse_is_refused_here_and_nothing_is_written(words: list[str], fix: str) -> None:
    before, production = files(), (project.ROOT / "Pulumi.prod.yaml").read_bytes()
    said = run(*words, "--yes")
    assert said.exit_code == 1, said.output
    assert fix in said.stderr
    assert (files(), (project.ROOT / "Pulumi.prod.yaml").read_bytes()) == (before, production)


def test_where_guests_have_no_pages_nothing_is_said_of_them(load: Callable[..., Any]) -> None:
    assert run("bella", "--yes", "--storefront", "none").exit_code == 0
    assert set(config("bella")) == {
        "aws:region",
        "data_protection",
        "deletion_keys",
        "delivery_interval_seconds",
        "log_retention_days",
        "storefront",
    }
    assert load(**config("bella")).storefront is None


def test_without_a_terminal_and_without_yes_the_command_says_what_is_missing() -> None:
    missing = "--business-name, --languages, --brand-color, --currency, --sources, --notification-email, --kind"
    for choice, names in (("guest", missing), ("none", "--sources, --notification-email, --kind")):
        said = run("b", "--region", "eu-west-1", "--storefront", choice)
        assert said.exit_code == 1
        assert f"nobody is there to be asked; say --yes to take the defaults, or give {names} too\n" in said.stderr


def test_a_file_that_is_there_is_written_anew_by_force_alone() -> None:
    assert run("bella", "--yes").exit_code == 0
    assert run("bella", "--yes", "--force", "--currency", "CHF").exit_code == 0
    assert config("bella")["currency"] == "CHF"


def test_what_pulumi_keeps_in_a_stack_s_file_stays_when_it_is_written_anew() -> None:
    file = project.ROOT / "Pulumi.bella.yaml"
    file.write_text("encryptionsalt: v1:abc=\nconfig:\n  rapid-analytics:currency: EUR\n")
    assert run("bella", "--yes", "--force").exit_code == 0
    written = yaml.safe_load(file.read_text())
    assert (written["encryptionsalt"], written["config"]["rapid-analytics:currency"]) == ("v1:abc=", "USD")
    file.write_text("a: [")
    said = run("bella", "--yes", "--force")
    assert "Pulumi.bella.yaml is not YAML" in said.stderr
    assert file.read_text() == "a: ["


class Terminal:
    """A person at a terminal, where `rapid init` runs."""

    def __init__(self, end: int) -> None:
        self._end, self.seen = end, ""

    def answers(self, prompt: str, text: str) -> None:
        """Wait for a question, then type."""
        self.sees(prompt)
        os.write(self._end, text.encode())

    def sees(self, text: str) -> None:
        """Wait for a text, and look past it from then on."""
        while text not in self.seen:
            ready, _, _ = select.select([self._end], [], [], 120)
            assert ready, f"{text!r} does not come after {self.seen!r}"
            self.seen += os.read(self._end, 4096).decode()
        self.seen = self.seen.partition(text)[2]


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", IN_FOLDER, str(folder), "init", *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as run:
        try:
            yield Terminal(ours), run
        finally:
            run.kill()
            os.close(theirs)
            os.close(ours)


def test_a_person_is_asked_question_by_question_and_again_after_a_wrong_answer(checkout: Path) -> None:
    with terminal(checkout) as (person, command):
        person.answers("Name of the stack: ", "prod\n")
        person.answers("Pulumi.prod.yaml is there already. Write it anew? [y/N]: ", "n\n")
        person.sees("Nothing was written.")
        assert command.wait() == 1
    with terminal(checkout, "--region", "eu-west-1") as (person, command):
        person.answers("Name of the stack: ", "bella\n")
        person.answers("Pages for guests", "\n")
        person.answers("Name that guests see [Bella]: ", "Café Bella\n")
        person.answers("Languages", "en,fr\n")
        person.sees("there are de, en")
        person.answers("Languages", "en,de\n")
        person.answers("Colour", "\n")
        person.answers("Currency", "EUR\n")
        person.answers("Sources", "\n")
        person.answers("Address", "\n")
        person.answers("Values of dev", "dev\n")
        person.sees("rapid local up --stack bella")
        assert command.wait() == 0
    assert config("bella") == {
        "aws:region": "eu-west-1",
        "brand_color": "#14532d",
        "business_name": "Café Bella",
        "currency": "EUR",
        "curate_interval_minutes": "5",
        "data_protection": "destroy",
        "deletion_keys": "one",
        "languages": "en,de",
        "log_retention_days": "7",
        "storefront": "api",
    }


def test_interrupted_it_leaves_nothing(checkout: Path) -> None:
    before = files()
    with terminal(checkout, "bella") as (person, command):
        person.answers("Pages for guests", "\n")
        person.sees("Name that guests see")
        command.send_signal(2)
        # Python overlooks one that comes just before it waits for input, until the next one.
        again = threading.Timer(5.0, command.send_signal, [2])
        again.start()
        person.sees("Nothing was written.")
        again.cancel()
        assert command.wait() == 1
    assert files() == before
