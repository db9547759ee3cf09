"""The saved queries, asked of the local Athena over a lake of generated events."""

from collections.abc import Iterator

import pytest

from tests.unit.sources.shop import MOMENTS, SAVED, Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.rig.close()


@pytest.mark.parametrize("name", SAVED)
def test_every_saved_query_has_an_answer(shop: Shop, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.ask(SAVED[name].sql, MOMENTS[0], monkeypatch) != []
