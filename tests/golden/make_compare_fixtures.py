#!/usr/bin/python3
"""Makes compare.json: how much alike random features are, by others' formulas.

    pip install rsatoolbox==0.3.2
    python3 tests/golden/make_compare_fixtures.py

RSA is rsatoolbox's. Linear CKA is equation 4 of Kornblith et al. 2019 over features, and its debiased
form that of their demonstration: the squared norms of products of features, each less what an image
adds to it by being compared with itself, as Székely and Rizzo 2014 centre distances. The features
come from the project's counter-based generator, so the file holds only answers.
"""

import json
from pathlib import Path

import numpy as np
import rsatoolbox

import philox
from philox import Key

SEED = 19
CASES = ((40, 30, 20), (12, 200, 150), (25, 3, 7))  # images, features of the one and the other


def features(case: int, images: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """The second has half of each of its first features from the first."""
    one, two = (philox.uniform(Key(SEED, major=case, minor=minor), images * count, np.float32(0),
                               np.float32(1)).reshape(images, count)
                for minor, count in enumerate((first, second)))
    shared = min(first, second)
    two[:, :shared] += np.float32(0.5) * one[:, :shared]
    return one, two


def cka(one: np.ndarray, two: np.ndarray) -> float:
    one, two = (values - values.mean(0) for values in (one, two))

    def norm(a: np.ndarray, b: np.ndarray) -> float:
        return np.linalg.norm(a.T @ b)
    return float(norm(one, two)**2 / (norm(one, one) * norm(two, two)))


def debiased_product(one: np.ndarray, two: np.ndarray) -> float:
    """n (n − 3) times the unbiased estimate of HSIC, of centred features."""
    n = len(one)
    squares = [(values**2).sum(1) for values in (one, two)]
    return (np.linalg.norm(one.T @ two)**2 - n / (n - 2) * squares[0] @ squares[1] +
            squares[0].sum() * squares[1].sum() / ((n - 1) * (n - 2)))


def debiased_cka(one: np.ndarray, two: np.ndarray) -> float:
    one, two = (values - values.mean(0) for values in (one, two))
    return float(debiased_product(one, two) /
                 np.sqrt(debiased_product(one, one) * debiased_product(two, two)))


def distances(values: np.ndarray, method: str) -> rsatoolbox.rdm.RDMs:
    rdm = rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(values), method=method)
    if method == "correlation":
        return rdm
    return rsatoolbox.rdm.RDMs(np.sqrt(rdm.dissimilarities))  # squared, and over the features


def rsa(one: np.ndarray, two: np.ndarray, method: str) -> dict[str, float]:
    both = distances(one, method), distances(two, method)
    return {name: float(rsatoolbox.rdm.compare(*both, method=kind)[0, 0])
            for name, kind in (("spearman", "spearman"), ("pearson", "corr"))}


def main() -> None:
    answers = []
    for case, shape in enumerate(CASES):
        one, two = (values.astype(np.float64) for values in features(case, *shape))
        answers.append({"shape": shape, "cka": cka(one, two), "debiased_cka": debiased_cka(one, two),
                        **{method: rsa(one, two, method) for method in ("correlation", "euclidean")}})
    text = json.dumps({"seed": SEED, "cases": answers}, indent=1)
    (Path(__file__).parent / "compare.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
