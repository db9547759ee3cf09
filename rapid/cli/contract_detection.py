"""`rapid contract detect`: a contract written from what a file holds, by the code of the files job."""

import tempfile
from pathlib import Path

import contracts
from etl.files import detect as detection
from etl.files.names import field_name
from etl.files.recognise import recognise
from etl.files.records import Refused

from .console import say, say_error
from .errors import CommandError

_MAX_NAME = 32


def detect(file: Path, source: str | None, output: Path | None) -> int:
    """Print a contract for a file, or write it; returns the exit status. Raises CommandError."""
    if output is not None:
        if output.suffix != ".yaml":
            raise CommandError(f"--output {output}: a contract's file is called <source>.yaml")
        if output.exists():
            raise CommandError(f"{output} exists already; delete it first, or name another file")
        if source is not None and source != output.stem:
            raise CommandError(
                f"--source {source} and --output {output} name two sources; a contract's file has its name"
            )
        source = output.stem
    if not file.is_file():
        raise CommandError(f"{file}: there is no such file")
    text = contract_of(file, source or _source_of(file))
    if output is None:
        say(text.rstrip("\n"))
        return 0
    output.write_text(text, encoding="utf-8")
    say_error(f"Wrote {output}. Read it: its keys, limits and personal data are guesses from one file.")
    return 0


def contract_of(file: Path, source: str) -> str:
    """The text of a contract that this house can load. Raises CommandError."""
    with tempfile.TemporaryDirectory(prefix="rapid-detect-") as name:
        folder = Path(name)
        try:
            text = detection.contract_for(recognise(file, folder), source, file.name).text
        except Refused as refused:
            raise CommandError(f"{file} {refused}") from None
        written = folder / f"{source}.yaml"
        written.write_text(text, encoding="utf-8")
        try:
            contracts.load(written)
        except contracts.ContractError as error:
            raise CommandError(f"{file}: no contract can be made of it: {error.place}: {error.reason}") from None
    return text


def _source_of(file: Path) -> str:
    """A source's name from the name of a file, without its endings."""
    return field_name(file.name.partition(".")[0]).lower()[:_MAX_NAME].strip("_") or "events"
