"""docs/queries.md has every saved query with what it answers."""

import re
from pathlib import Path

from tests.unit.sources.shop import SAVED, SOURCES

PAGE = (Path(__file__).parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")


def listed() -> dict[str, str]:
    """What the page says that each query answers, by source and name."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        source = {"All sources": "all"}.get(title := section.partition("\n")[0], title.strip("`"))
        for name, answers in re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE):
            found[f"{source}/{name}"] = answers
    return found


def test_the_page_has_every_saved_query_with_what_it_answers() -> None:
    to_the_minute = {
        name: " *To the minute.*" if re.search(r"_now\b", query.sql) else "" for name, query in SAVED.items()
    }
    assert listed() == {name: query.description + to_the_minute[name] for name, query in SAVED.items()}


def test_what_a_user_changes_in_a_query_is_marked_and_on_the_page() -> None:
    edited = {file.stem for file in SOURCES.glob("queries/*/*.sql") if "-- EDIT" in file.read_text(encoding="utf-8")}
    assert {name for name in edited if f"`{name}`" in PAGE.partition("\n## ")[0]} == edited
