"""What pages show of contracts, configuration and JSON is what the program takes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import contracts

from .reading import PAGES, ROOT, Block, blocks

_DECLARED = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
_MODEL = ROOT / "sources" / "orders.yaml"
_PARTS = ("schema", "slaProperties", "customProperties")
"""Lists of a contract. A page may show one of them, or items of one."""


def _of(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def _name(block: Block) -> str:
    return f"{block.page}:{block.line}"


@pytest.mark.parametrize("block", _of("json"), ids=_name)
def test_json_of_a_page_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", _of("yaml"), ids=_name)
def test_yaml_of_a_page_is_a_contract_a_part_of_one_or_a_stack_s_configuration(block: Block, tmp_path: Path) -> None:
    shown = yaml.safe_load(block.text)
    if "config" in shown:
        keys = [key.removeprefix("rapid-analytics:") for key in shown["config"] if not key.startswith("aws:")]
        assert set(keys) <= set(_DECLARED)
        return
    document = _contract(shown)
    file = tmp_path / f"{document['id']}.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    contracts.load(file)


def _contract(shown: Any) -> dict[str, Any]:
    """What is shown, put into the contract of the orders unless it is a whole one."""
    if isinstance(shown, dict) and shown.get("kind") == "DataContract":
        return shown
    document: dict[str, Any] = yaml.safe_load(_MODEL.read_text(encoding="utf-8"))
    parts = shown if isinstance(shown, dict) else {_list_of(shown): shown}
    assert set(parts) <= set(_PARTS), f"neither a contract's nor a stack's: {set(parts) - set(_PARTS)}"
    for part, items in parts.items():
        if part == "schema":
            document["schema"][0]["properties"] += items
        else:
            given = {(item["property"], item.get("element")) for item in items}
            # The orders' quota is of callers with a key.
            given |= {("quota", None)} if ("authentication", None) in given else set()
            kept = [item for item in document[part] if (item["property"], item.get("element")) not in given]
            document[part] = kept + items
    return document


def _list_of(items: list[dict[str, Any]]) -> str:
    if "name" in items[0]:
        return "schema"
    known = yaml.safe_load(_MODEL.read_text(encoding="utf-8"))["slaProperties"]
    service_levels = {item["property"] for item in known} | {"frequency"}
    return "slaProperties" if items[0]["property"] in service_levels else "customProperties"


def test_pages_have_contracts_and_configuration_to_look_at() -> None:
    assert len(_of("yaml")) > 5
    assert len(_of("json")) > 1
    assert [block for block in _of("yaml") if re.search("kind: DataContract", block.text)]
