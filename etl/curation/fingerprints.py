"""64-bit hashes of keys: they find at once which few keys could be equal; whether those are is looked up exactly."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.iceberg.row_order import Numbers

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

_WORD_BYTES = 8
# Odd constants of splitmix64 (https://prng.di.unimi.it/splitmix64.c).
_INCREMENT, _MULTIPLIER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_MASKS = np.array([(1 << (8 * used)) - 1 for used in range(_WORD_BYTES + 1)], np.uint64)
_BITS = 22


def of(keys: pa.ChunkedArray | pa.Array) -> Hashes:
    """The hash of each key's text, the same on every machine and in every run; keys are never null."""
    chunks = keys.chunks if isinstance(keys, pa.ChunkedArray) else [keys]
    return np.concatenate([np.empty(0, np.uint64), *(_of(chunk) for chunk in chunks if len(chunk))])


def repeated(hashes: Hashes) -> Numbers:
    """Where those hashes are that occur more than once."""
    order = np.argsort(hashes)
    ascending = hashes[order]
    same = ascending[1:] == ascending[:-1]
    found: Numbers = order[np.concatenate([same, [False]]) | np.concatenate([[False], same])]
    return found


class Sieve:
    """Finds which of many hashes are among some."""

    def __init__(self, hashes: Hashes) -> None:
        self._ascending = np.sort(hashes)
        # Most of what is not among them is told by a look at a table that fits into the processor's cache.
        self._heads = np.zeros(1 << _BITS, np.bool_)
        self._heads[_head(hashes)] = True

    def among(self, hashes: Hashes) -> Numbers:
        """Where those are that are among them."""
        if not len(self._ascending):
            return np.empty(0, np.intp)
        likely = np.flatnonzero(self._heads[_head(hashes)])
        wanted = hashes[likely]
        nearest = np.searchsorted(self._ascending, wanted)
        found: Numbers = likely[self._ascending[np.minimum(nearest, len(self._ascending) - 1)] == wanted]
        return found


def _head(hashes: Hashes) -> Numbers:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.intp)


def _of(keys: pa.Array) -> Hashes:
    text = pc.cast(keys, pa.large_string()) if not pa.types.is_string(keys.type) else keys
    offset_type = np.int64 if pa.types.is_large_string(text.type) else np.int32
    _, offsets_buffer, data = text.buffers()
    offsets = np.frombuffer(offsets_buffer, offset_type)[text.offset : text.offset + len(text) + 1].astype(np.int64)
    lengths = np.diff(offsets)
    # Eight bytes from any place on, the last words of which reach past the end.
    held = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data else np.empty(0, np.uint8)
    padded = np.concatenate([held, np.zeros(_WORD_BYTES, np.uint8)])
    words = np.ndarray((len(held) + 1,), "<u8", padded, strides=(1,))
    starts = offsets[:-1] - offsets[0]
    hashes = lengths.astype(np.uint64) * _INCREMENT
    longer = np.arange(len(text))
    place = 0
    while len(longer):
        rest = lengths[longer] - place
        word = words[starts[longer] + place] & _MASKS[np.clip(rest, 0, _WORD_BYTES)]
        mixed = (hashes[longer] ^ word) * _MULTIPLIER
        hashes[longer] = mixed ^ (mixed >> np.uint64(32))
        longer = longer[rest > _WORD_BYTES]
        place += _WORD_BYTES
    return hashes
