"""What a fixture keeps of a tensor: its norm, 64 random ±1 projections, 256 samples.

Element e of parameter p has the sign s(e): bit e % 32 of word e / 32 of the stream SIGNS. Projection
j is the sum over e of s(e) · (-1)^popcount(j & (e % 64)) · x(e): random signs, then a Hadamard
transform of 64 partial sums. So the mean square of the projections of x estimates |x|², without bias.
golden.cpp computes the same.
"""

import numpy as np

from philox import Key, below, words

PROJECTIONS = 64
SAMPLES = 256
POSITIONS, SIGNS = 2, 3  # `major` of the streams


def hadamard() -> np.ndarray:
    """(64, 64) of ±1: the sign is the parity of the bits that row and column share."""
    matrix = np.ones((1, 1))
    while len(matrix) < PROJECTIONS:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def projections(values: np.ndarray, seed: int, parameter: int) -> np.ndarray:
    """The 64 projections of a flat float64 array."""
    padded = -(-len(values) // PROJECTIONS) * PROJECTIONS
    sign_words = words(Key(seed, major=SIGNS, minor=parameter), padded // 32)
    bits = np.unpackbits(sign_words.view(np.uint8), bitorder="little")
    signed = np.zeros(padded)
    signed[:len(values)] = np.where(bits[:len(values)] == 1, -values, values)
    return hadamard() @ signed.reshape(-1, PROJECTIONS).sum(axis=0)


def sample_positions(count: int, seed: int, parameter: int) -> np.ndarray:
    """All positions of a small tensor, else 256 random ones (some may repeat)."""
    if count <= SAMPLES:
        return np.arange(count)
    return below(Key(seed, major=POSITIONS, minor=parameter), SAMPLES, count)


def digest(values: np.ndarray, seed: int, parameter: int) -> dict:
    """The digest of a tensor, which is parameter number `parameter` of its network."""
    flat = values.ravel()
    return {"norm": float(np.linalg.norm(flat)),
            "projections": projections(flat, seed, parameter),
            "samples": flat[sample_positions(len(flat), seed, parameter)]}
