#!/usr/bin/env python3
"""What convolutions would lose by sums in fp16 (AVX512-FP16): simulated, needs numpy.

Prints relative errors (root mean square) of products whose operands are halves and whose sums are
halves for some terms, then added up in double precision.
"""

from fractions import Fraction

import numpy as np

POINTS = [Fraction(p) for p in ("0", "1", "-1", "2", "-2", "1/2", "-1/2")]  # and infinity
CHAINS = (16, 64, 192)  # terms that are summed up in fp16
LAYERS = (("conv2", 64, 5, (2, 4)), ("conv3", 192, 3, (2, 4, 5)), ("conv4", 384, 3, (2, 4, 5)))
OUTPUTS, TILES = 64, 8


def times(p, q):
    product = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            product[i + j] += a * b
    return product


def transforms(outputs, taps):
    """The matrices of y = A [(G g) (B d)], docs/engine.md: Points."""
    n = outputs + taps - 1
    points = POINTS[:n - 1]
    a = [[p**j for p in points] + [Fraction(j == outputs - 1)] for j in range(outputs)]
    g, b = [], []
    for p in points:
        row, norm = [Fraction(1)], Fraction(1)
        for q in points:
            if q != p:
                row, norm = times(row, [-q, Fraction(1)]), norm * (p - q)
        g.append([p**j / norm for j in range(taps)])
        b.append(row + [Fraction(0)] * (n - len(row)))
    row = [Fraction(1)]
    for q in points:
        row = times(row, [-q, Fraction(1)])
    g.append([Fraction(0)] * (taps - 1) + [Fraction(1)])
    b.append(row)
    return [np.array([[float(x) for x in row] for row in matrix]) for matrix in (a, g, b)]


def half(values):
    return values.astype(np.float16).astype(np.float64)


def products(v, u, chain):
    """v (tiles, frequencies, depth) by u (frequencies, depth, outputs)."""
    total = 0
    for begin in range(0, v.shape[2], chain):
        partial = np.zeros((*v.shape[:2], u.shape[2]))
        for k in range(begin, min(v.shape[2], begin + chain)):
            partial = half(partial + v[:, :, k, None] * u[None, :, k])  # fused: rounded once
        total = total + partial
    return total


def errors(v, u, finish):
    """Of halves with exact sums, then of sums in fp16. u is scaled into the halves' range."""
    scale = 2.0**np.floor(np.log2(16 / np.abs(u).max()))
    exact = finish(np.einsum("tfc,fco->tfo", v, u))
    v, u = half(v), half(u * scale)
    sums = [np.einsum("tfc,fco->tfo", v, u), *(products(v, u, chain) for chain in CHAINS)]
    return [np.sqrt(np.mean((finish(s / scale) - exact)**2) / np.mean(exact**2)) for s in sums]


def winograd(random, depth, taps, outputs):
    n = outputs + taps - 1
    a, g, b = transforms(outputs, taps)
    d = np.maximum(random.standard_normal((TILES, n, n, depth)), 0)
    w = random.standard_normal((taps, taps, depth, OUTPUTS))
    v = np.einsum("ia,tabc,jb->tijc", b, d, b).reshape(TILES, n * n, depth)
    u = np.einsum("ia,abco,jb->ijco", g, w, g).reshape(n * n, depth, OUTPUTS)
    return errors(v, u, lambda m: np.einsum("ia,tabo,jb->tijo", a,
                                            m.reshape(TILES, n, n, OUTPUTS), a))


def direct(random, depth, taps):
    x = np.maximum(random.standard_normal((4 * TILES, 1, depth * taps**2)), 0)
    return errors(x, random.standard_normal((1, depth * taps**2, OUTPUTS)), lambda y: y)


def main():
    random = np.random.default_rng(1)
    chains = " | ".join(f"fp16 for {chain}" for chain in CHAINS)
    print(f"| layer | outputs a tile | exact sums | {chains} |\n|---|---:|" + "---:|" * 4)
    for name, depth, taps, tiles in LAYERS:
        rows = {"direct": direct(random, depth, taps)}
        rows |= {str(m): winograd(random, depth, taps, m) for m in tiles}
        for kind, found in rows.items():
            print(f"| {name} | {kind} | " + " | ".join(f"{e:.1e}" for e in found) + " |")


if __name__ == "__main__":
    main()
