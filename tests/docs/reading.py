"""The commands of a page, as a reader meets them: blocks of shell, SQL, and whole commands within the text.

A block says what it is: `sh` (an indented block is that too), `console` (commands behind `$ ` and their output), `sql`,
or `text`, which is the output of the command before it. One that says nothing is what it looks like. Within the text,
code that begins with a program and has something behind it is a command (`rapid query --list`); the name alone
(`rapid query`) is a name. An ellipsis makes it a sketch that nobody can type.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from typer.main import get_command

from rapid.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/how-to/*.md",
        "*/README.md",
        "functions/*/README.md",
        "tests/*/README.md",
    )
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"
)
PROGRAMS = ("rapid", "pulumi", "make", "aws", "curl", "python", "jq", "git", "openssl", "apt-get", "pip", "pytest")
NO_COMMANDS = {"html", "json", "mermaid", "python", "yaml"}
"""Languages of blocks that are held by tests of their own."""

_PROGRAM = re.compile(rf"(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?(?:{'|'.join(PROGRAMS)}) ")
_SKETCH = re.compile(r"…|\.\.\.")
_MORE = re.compile(r"(?<=[A-Z])\.\.\.(?=\])|(?<=\]) \.\.\.$")
"""Of a synopsis: that there can be more of the same."""


@dataclass(frozen=True)
class Command:
    """A command of a page."""

    page: str
    line: int
    text: str
    output: str | None = None
    """What the page shows of its standard output."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Block:
    """A block of code."""

    page: str
    line: int
    language: str
    text: str


@cache
def commands(page: str) -> tuple[Command, ...]:
    """All commands of a page in its order."""
    found: list[Command] = []
    for part in _parts(page):
        if isinstance(part, Command):
            text = _MORE.sub("", part.text)
            if _PROGRAM.match(text) and not _is_name(text) and not _SKETCH.search(text):
                found += [replace(part, text=form) for form in forms(text)]
        elif part.language == "text" and found:
            found[-1] = replace(found[-1], output=part.text)
        else:
            found += _of_block(part)
    return tuple(found)


def blocks(page: str) -> list[Block]:
    """All blocks of code of a page."""
    return [part for part in _parts(page) if isinstance(part, Block)]


def unclear(page: str) -> list[str]:
    """What is wrong with blocks that do not say whether they are commands."""
    known = {"sh", "console", "sql", *NO_COMMANDS}
    problems, before = [], False
    for block in blocks(page):
        before = before or any(command.line < block.line for command in commands(page))
        if block.language == "text" and not before:
            problems.append(f"{page}:{block.line}: `text` is the output of a command, and none comes before it")
        elif block.language not in {"text", *known}:
            problems.append(f"{page}:{block.line}: {block.language!r} is none of text, {', '.join(sorted(known))}")
        elif block.language == "sh" and not _is_whole(block.text):
            problems.append(f"{page}:{block.line}: not whole commands of the shell; another language has a word for it")
    return problems


def forms(synopsis: str) -> list[str]:
    """A command line as it is called: without what stands in brackets and with it, and of `a|b` the first."""
    first = re.sub(r"\|[^\]| ]+(?: [A-Z-]+)?", "", synopsis) if "[" in synopsis else synopsis
    if not re.search(r" \[[A-Z-]", first):
        return [synopsis]
    without = re.sub(r" \[[^\]]*\]", "", first)
    return [without, re.sub(r"[\[\]]", "", first)]


@cache
def _parts(page: str) -> tuple[Block | Command, ...]:
    return tuple(_read(page))


def _read(page: str) -> Iterator[Block | Command]:
    text = (ROOT / page).read_text(encoding="utf-8")
    line = 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else line
        if token.type == "fence":
            yield Block(page, line, token.info.strip() or _language(token.content), token.content)
        elif token.type == "code_block":
            yield Block(page, line, "sh", token.content)
        for child in token.children or []:
            if child.type == "code_inline":
                yield Command(page, line, child.content)


def _is_name(text: str) -> bool:
    """Whether a text within prose names a command and says nothing of how it is called."""
    program, *words = text.split()
    if program != "rapid":
        return bool(re.fullmatch(r"make [a-z]+|pulumi (?:(?:stack|config) )?[a-z]+|aws [a-z0-9]+ [a-z-]+", text))
    command = _rapid()
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    return True


@cache
def _rapid() -> Any:
    return get_command(app)


def _language(text: str) -> str:
    """What a block that does not say so is."""
    if text.startswith("$ "):
        return "console"
    return "sh" if _PROGRAM.match(text) else "text"


def _of_block(block: Block) -> Iterator[Command]:
    if block.language == "sh":
        yield from _of_shell(block)
    elif block.language == "console":
        yield from _of_console(block)
    elif block.language == "sql":
        quoted = block.text.strip().replace("'", "'\\''")
        yield Command(block.page, block.line, f"rapid query '{quoted}'")


def _of_shell(block: Block) -> Iterator[Command]:
    lines: list[str] = []
    for number, line in enumerate(block.text.splitlines(), block.line):
        if not lines and (not line.strip() or line.startswith("#")):
            continue
        lines.append(line)
        text = "\n".join(lines)
        if not line.endswith("\\") and _is_whole(text):
            yield Command(block.page, number - len(lines) + 1, text)
            lines = []


def _of_console(block: Block) -> Iterator[Command]:
    for text in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = text.partition("\n")
        yield Command(block.page, block.line, command, output or None)


def _is_whole(text: str) -> bool:
    """Whether the shell would not wait for another line."""
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return checked.returncode == 0 and not checked.stderr
