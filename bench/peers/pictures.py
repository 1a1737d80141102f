"""Writes the pictures of every program's first answer: one to predict, two to compare."""

import random
import struct
import zlib
from pathlib import Path

PICTURES = {"picture.png": 224, "reference.png": 256, "image.png": 256}  # and their sides


def write_pngs(folder: Path) -> None:
    for seed, (name, side) in enumerate(PICTURES.items(), start=1):
        _write_png(folder / name, side, seed)


def _write_png(path: Path, side: int, seed: int) -> None:
    """Random RGB pixels, in rows without a filter."""
    pixels = random.Random(seed)
    rows = b"".join(b"\0" + pixels.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) +
                     _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
