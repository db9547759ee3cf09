"""Writes docs/security.md: the security rules of the program, and what is let off them.

`python -m tests.security_page FILE` writes the page into the file.
"""

import sys
from pathlib import Path

from policy.rules import EXEMPTIONS, RULES, WITHOUT_RULES

INTRODUCTION = Path(__file__).parent / "security_page.md"


def render() -> str:
    """The page."""
    rules = [(rule.title, f"`{rule.name}`", ", ".join(map(_asked, rule.ids))) for rule in RULES]
    let_off = [
        (f"`{it.rule}`", f"`{it.resource}`" + (f", {it.part}" if it.part != "*" else ""), it.reason)
        for it in EXEMPTIONS
    ]
    return "\n".join(
        [
            INTRODUCTION.read_text(encoding="utf-8"),
            f"## The {len(RULES)} rules",
            "",
            *_table(("what holds", "rule", "who asks for it"), rules),
            "",
            "## What is let off",
            "",
            *_table(("rule", "resource", "why"), let_off),
            "",
            "## Types of resources without a rule",
            "",
            *_table(("type", "why"), [(f"`{type_}`", reason) for type_, reason in WITHOUT_RULES.items()]),
            "",
        ]
    )


def _asked(id_: str) -> str:
    return f"[AWS]({id_})" if id_.startswith("https:") else id_


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
