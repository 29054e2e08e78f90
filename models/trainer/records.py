"""Samples as they come through a pipe: a header, then records of one size. See models/README.md."""

from typing import BinaryIO

import numpy as np

from layout import Layout

MAGIC = b"FHSAMP01"
HEADER_BYTES = 32


def record_type(layout: Layout) -> np.dtype:
    return np.dtype(
        [
            ("scenario", "<u8"),
            ("step", "<u4"),
            ("reserved", "<u4"),
            ("senses", "<f4", (layout.features,)),
            ("costs", "<f4", (layout.scores,)),
        ]
    )


def header(layout: Layout) -> bytes:
    name = layout.name.encode().ljust(16, b"\0")
    return MAGIC + layout.features.to_bytes(4, "little") + layout.scores.to_bytes(4, "little") + name


def read_all(stream: BinaryIO, layout: Layout, most: int, progress=lambda count: None) -> np.ndarray:
    """All records up to the end of the stream, but no more than `most`. Anything that is not whole and finite is an error."""
    found = _read_exactly(stream, HEADER_BYTES)
    if found != header(layout):
        raise ValueError(f"these are not samples for {layout.name}: the stream begins with {found[:HEADER_BYTES]!r}")
    kind, chunks, count = record_type(layout), [], 0
    while count < most:
        wanted = min(most - count, CHUNK)
        data = _read_exactly(stream, wanted * kind.itemsize)
        if len(data) % kind.itemsize:
            raise ValueError(f"the stream ends inside record {count + len(data) // kind.itemsize}: its producer has failed")
        if not data:
            break
        chunk = np.frombuffer(data, kind)
        check(chunk, layout, count)
        chunks.append(chunk)
        count += len(chunk)
        progress(count)
        if len(chunk) < wanted:
            break
    return np.concatenate(chunks) if chunks else np.empty(0, kind)


def check(chunk: np.ndarray, layout: Layout, first: int) -> None:
    senses, costs = chunk["senses"], chunk["costs"]
    slack = 1e-4
    in_range = ((senses >= layout.low - slack) & (senses <= layout.high + slack)).all(axis=1)
    whole = in_range & np.isfinite(costs).all(axis=1) & (costs >= 0.0).all(axis=1) & (chunk["reserved"] == 0)
    if not whole.all():
        number = int(np.flatnonzero(~whole)[0])
        raise ValueError(f"record {first + number} (scenario {chunk['scenario'][number]:#x}) has a number out of its range")


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Fewer bytes only at the end of the stream: a pipe gives what it has."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


CHUNK = 4096
