"""The command: answers, and the file they make."""

import sys
from pathlib import Path
from typing import Any

import typer
import yaml

from .. import project
from ..console import say, say_error
from ..errors import CommandError
from .options import Options
from .questions import QUESTIONS, Question, chosen_sources, has_pages

_OF_KIND = (
    "data_protection",
    "deletion_keys",
    "delivery_interval_seconds",
    "curate_interval_minutes",
    "log_retention_days",
)
"""Keys that a new stack takes from the file of `dev` or `prod`, where they stand there."""


def run(options: Options) -> int:
    """Ask, write, say what comes next; returns the exit status. Raises CommandError."""
    asks = not options.yes and sys.stdin.isatty()
    _require_someone(options, asks)
    answers: dict[str, str] = {}
    try:
        for question in QUESTIONS:
            given = options.answers.get(question.name)
            if given is None and question.of_pages and not has_pages(answers):
                continue
            if given is None and asks:
                answers[question.name] = _asked(question, answers)
            else:
                answers[question.name] = _taken(question, given, answers)
            if question.name == "customer" and not _may_write(_file(answers), options, asks):
                say_error("Nothing was written.")
                return 1
        _write(_file(answers), _config(answers))
    except (KeyboardInterrupt, typer.Abort):
        say_error("\nNothing was written.")
        return 1
    _say_what_next(answers["customer"], _file(answers))
    return 0


def _require_someone(options: Options, asks: bool) -> None:
    missing = [
        question.option
        for question in QUESTIONS
        if question.name not in options.answers and (has_pages(options.answers) or not question.of_pages)
    ]
    if missing and not asks and not options.yes:
        raise CommandError(
            f"nobody is there to be asked; say --yes to take the defaults, or give {', '.join(missing)} too"
        )


def _taken(question: Question, given: str | None, before: dict[str, str]) -> str:
    """What an option says, else the default. Raises CommandError."""
    text = question.default(before) if given is None else given.strip()
    if given is None and question.name == "customer":
        raise CommandError("name the customer, which is the stack's name too: rapid init bella-napoli")
    try:
        question.check(text, before)
    except ValueError as error:
        raise CommandError(f"{question.option} {text!r} {error}") from None
    return text


def _asked(question: Question, before: dict[str, str]) -> str:
    default = question.default(before)
    while True:
        text = str(typer.prompt(question.text, default=default, show_default=bool(default), err=True)).strip()
        try:
            question.check(text, before)
        except ValueError as error:
            say_error(f"{text!r} {error}.")
        else:
            return text


def _file(answers: dict[str, str]) -> Path:
    return project.ROOT / f"Pulumi.{answers['customer']}.yaml"


def _may_write(file: Path, options: Options, asks: bool) -> bool:
    if not file.exists() or options.force:
        return True
    if not asks:
        raise CommandError(f"{file.name} is there already; say --force to write it anew, or name another customer")
    return typer.confirm(f"{file.name} is there already. Write it anew?", default=False, err=True)


def _config(answers: dict[str, str]) -> dict[str, Any]:
    """The configuration, by full key."""
    own = project.name()
    kind = yaml.safe_load((project.ROOT / f"Pulumi.{answers['kind']}.yaml").read_text(encoding="utf-8"))["config"]
    config: dict[str, Any] = {f"{own}:{key}": kind[f"{own}:{key}"] for key in _OF_KIND if f"{own}:{key}" in kind}
    for question in QUESTIONS:
        text = answers.get(question.name, "")
        if question.name == "sources":
            text = ",".join(chosen_sources(text))
        if question.key and text:
            config[question.key if ":" in question.key else f"{own}:{question.key}"] = text
    return dict(sorted(config.items()))


def _write(file: Path, config: dict[str, Any]) -> None:
    """Whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    try:
        text = yaml.safe_dump({"config": config, **_of_pulumi(file)}, allow_unicode=True, width=1000, sort_keys=False)
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _of_pulumi(file: Path) -> dict[str, Any]:
    """What the Pulumi CLI keeps beside the configuration, such as the salt of the stack's secrets."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{file} is not YAML: {' '.join(str(error).split())}; mend it, or move it away") from None
    return {key: value for key, value in found.items() if key != "config"} if isinstance(found, dict) else {}


def _say_what_next(customer: str, file: Path) -> None:
    say(f"Wrote {file.name}. To try it on this machine:")
    say(f"  rapid local up --stack {customer}")
    say("To deploy it, with AWS credentials of the customer's account (docs/customers.md):")
    say(f"  pulumi stack init {customer}")
    say(f"  pulumi up --stack {customer}")
