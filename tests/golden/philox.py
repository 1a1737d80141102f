"""The project's random numbers (include/alexnet/random.h) in numpy, bit for bit.

Philox4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

BLOCKS_AT_ONCE = 1 << 18  # keeps the working set in the cache

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Purpose(IntEnum):
    """What a random number is for; as in random.h."""

    TENSOR = 0
    PARAMETERS = 1


@dataclass(frozen=True)
class Key:
    """Names a stream, as RandomKey does."""

    seed: int
    purpose: Purpose = Purpose.TENSOR
    major: int = 0
    minor: int = 0


def random_blocks(key: Key, first: int, count: int) -> np.ndarray:
    """Blocks first … first + count - 1 of the stream: uint32 (count, 4)."""
    index = np.arange(first, first + count, dtype=np.uint64) & _LOW
    c = [index, *(np.full(count, v, np.uint64) for v in (key.minor, key.major, key.purpose))]
    k = [key.seed & 0xFFFFFFFF, key.seed >> 32]
    for _ in range(10):
        first_product, second_product = c[0] * _MULTIPLIERS[0], c[2] * _MULTIPLIERS[1]
        c = [(second_product >> _HALF) ^ c[1] ^ np.uint64(k[0]), second_product & _LOW,
             (first_product >> _HALF) ^ c[3] ^ np.uint64(k[1]), first_product & _LOW]
        k = [(word + weyl) & 0xFFFFFFFF for word, weyl in zip(k, _WEYL)]
    return np.stack(c, axis=1).astype(np.uint32)


def words(key: Key, count: int) -> np.ndarray:
    """The first `count` words of the stream, as RandomStream::word yields them."""
    result = np.empty((count + 3) // 4 * 4, np.uint32)
    for first in range(0, len(result) // 4, BLOCKS_AT_ONCE):
        blocks = min(BLOCKS_AT_ONCE, len(result) // 4 - first)
        result[4 * first:4 * (first + blocks)] = random_blocks(key, first, blocks).ravel()
    return result[:count]


def below(key: Key, count: int, bound: int) -> np.ndarray:
    """`count` draws of RandomStream::below(bound)."""
    return ((words(key, count).astype(np.uint64) * np.uint64(bound)) >> _HALF).astype(np.int64)


def uniform(key: Key, count: int, low: np.float32, high: np.float32) -> np.ndarray:
    """fill_uniform: float32 in [low, high), in the same float32 operations."""
    unit = (words(key, count) >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
    return low + (high - low) * unit


def check_known_answer() -> None:
    """Random123's own known answer for a counter and a key of zeros."""
    expected = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    if random_blocks(Key(seed=0), 0, 1).tolist() != [expected]:
        raise AssertionError("philox.py does not compute Philox4x32-10")


if __name__ == "__main__":
    check_known_answer()
    print("Philox4x32-10: known answer matches")
