"""The price file: dated, sourced, and no figure without a word about who else has it."""

import datetime

import pytest
import yaml

from rapid.cost.prices import FILE, price_list

ENTRIES = yaml.safe_load(FILE.read_text(encoding="utf-8"))["prices"]


def test_the_price_file_has_a_date_and_a_region() -> None:
    assert isinstance(price_list().date, datetime.date)
    assert price_list().region == "us-east-1"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_price_names_its_source_and_whether_it_was_verified(name) -> None:
    entry, price = ENTRIES[name], price_list()[name]
    assert price.source.startswith("https://aws.amazon.com/")
    assert entry["verified"] is False or price.verified
    assert ("usd" in entry) != ("tiers" in entry)
    assert all(usd >= 0 for _, usd in price.tiers)


@pytest.mark.parametrize("name", ENTRIES)
def test_tiers_go_up_to_no_end(name) -> None:
    ends = [end for end, _ in price_list()[name].tiers]
    assert ends == sorted(set(ends))
    assert ends[-1] == float("inf")
