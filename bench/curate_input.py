"""Orders as Firehose delivers them: Parquet with Snappy and INT96 times, an object a minute; some twice, some late."""

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

OBJECT_ORDERS = 10_000
"""What 167 orders a second make in the 60 seconds that a delivery stream of the stack buffers."""
REPEATED = 0.01
LATE = 0.02
LATEST_DAYS = 10

_START = datetime.datetime(2026, 3, 14)
_CUSTOMERS, _RESTAURANTS = 20_000, 50
_MENU = {
    "Margherita": "11.50",
    "Pasta Carbonara": "15.99",
    "Mushroom Risotto": "17.25",
    "Caesar Salad": "9.80",
    "Chef's Burger": "14.40",
    "Grilled Salmon": "22.90",
    "Crème Brûlée": "7.60",
    "Espresso": "2.90",
}
_POPULARITY = np.array([20, 14, 8, 12, 16, 6, 9, 25]) / 110
_REMEMBERED = 50_000
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DASHES = (8, 13, 18, 23)
_UUID_CHARACTERS = 36
_MILLISECONDS_PER_DAY = 86_400_000


def write(folder: Path, orders: int, object_orders: int = OBJECT_ORDERS) -> None:
    """Write so many orders below a folder, the same for the same figures; keys are those of the stream of orders."""
    randomness = np.random.default_rng(1)
    recent = np.empty((0, _UUID_CHARACTERS), np.uint8)
    for number in range(-(-orders // object_orders)):
        count = min(object_orders, orders - number * object_orders)
        delivered = _START + datetime.timedelta(minutes=number)
        ids = _uuids(randomness, count)
        if len(recent):
            repeats = randomness.random(count) < REPEATED
            ids[repeats] = recent[randomness.integers(0, len(recent), repeats.sum())]
        path = folder / f"orders/{delivered:%Y/%m/%d/%H}/orders-1-{delivered:%Y-%m-%d-%H-%M-%S}-{number:06}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            _orders(randomness, ids, delivered),
            path,
            compression="snappy",
            use_deprecated_int96_timestamps=True,
            store_schema=False,
        )
        recent = np.concatenate([recent, ids])[-_REMEMBERED:]


def _orders(randomness: np.random.Generator, ids: np.ndarray, delivered: datetime.datetime) -> pa.Table:
    count = len(ids)
    start = int(delivered.replace(tzinfo=datetime.UTC).timestamp() * 1000)
    received = start + np.sort(randomness.integers(0, 60_000, count))
    times = received - randomness.integers(200, 3000, count)
    late = randomness.random(count) < LATE
    times[late] -= randomness.integers(1, LATEST_DAYS * _MILLISECONDS_PER_DAY, late.sum())
    items = pa.array(randomness.choice(len(_MENU), count, p=_POPULARITY))
    prices = pa.array([Decimal(price) for price in _MENU.values()], pa.decimal128(10, 2))
    return pa.table(
        {
            "event_id": _strings(ids),
            "timestamp": pa.array(times, pa.timestamp("ms")),
            "menuitem": pa.array(list(_MENU)).take(items),
            "quantity": pa.array(randomness.integers(1, 5, count)),
            "price": prices.take(items),
            "customerid": _numbered("cust", randomness.integers(0, _CUSTOMERS, count)),
            "restaurantid": _numbered("rest", randomness.integers(0, _RESTAURANTS, count)),
            "extra": pa.nulls(count, pa.string()),
            "received_at": pa.array(received, pa.timestamp("ms")),
            "ingest_id": _strings(_uuids(randomness, count)),
        }
    )


def _numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array([f"{prefix}{number}" for number in numbers])


def _uuids(randomness: np.random.Generator, count: int) -> np.ndarray:
    """Ids as rows of characters."""
    digits = _HEX[randomness.integers(0, 16, (count, _UUID_CHARACTERS))]
    digits[:, _DASHES] = ord("-")
    return digits


def _strings(characters: np.ndarray) -> pa.Array:
    offsets = np.arange(0, characters.size + 1, _UUID_CHARACTERS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(characters), pa.py_buffer(offsets), pa.py_buffer(characters.tobytes()))
