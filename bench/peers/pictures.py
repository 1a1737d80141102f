"""Writes the picture that every program predicts first."""

import random
import struct
import zlib
from pathlib import Path

SIDE = 224


def write_png(path: Path) -> None:
    """Random RGB pixels, in rows without a filter."""
    pixels = random.Random(1)
    rows = b"".join(b"\0" + pixels.randbytes(3 * SIDE) for _ in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) +
                     _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
