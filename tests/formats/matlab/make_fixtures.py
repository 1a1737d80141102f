#!/usr/bin/python3
"""Makes the files in tests/formats/matlab/fixtures/: the narrow networks of tests/formats/caffe, as
MatConvNet's import-caffe.py would have made them, so that what OpenCV computes with those
(tests/formats/caffe/fixtures/expected.json) is right for these too.

    /usr/bin/python3 tests/formats/matlab/make_fixtures.py

Needs python3-scipy and python3-numpy. Made with SciPy 1.17.
"""

from pathlib import Path

import numpy as np
import scipy.io

FOLDER = Path(__file__).parent / "fixtures"
CHANNELS, FEATURES, CLASSES, SIZE = 8, 16, 5, 227


def uniform(count: int, seed: int) -> np.ndarray:
    """As in tests/formats/caffe/make_fixtures.py."""
    numbers = (np.arange(count, dtype=np.uint64) + np.uint64(seed * 100003)) * np.uint64(2654435761)
    return ((numbers % np.uint64(2**32)).astype(np.float64) / 2**32 - 0.5).astype(np.float32)


def filled(shape: tuple, seed: int) -> np.ndarray:
    count = int(np.prod(shape))
    scale = 4.9 / np.sqrt(count / shape[0]) if len(shape) > 1 else 0.1
    return (uniform(count, seed) * np.float32(scale)).reshape(shape)


def row(*numbers: float) -> np.ndarray:
    return np.array([numbers], float)


def cell(*values) -> np.ndarray:
    cells = np.empty((1, len(values)), object)
    for i, value in enumerate(values):
        cells[0, i] = value
    return cells


class Maker:
    """Layers with the numbers that their places in the Caffe network give."""

    def __init__(self, old: bool):
        self.old = old
        self.number = 0
        self.layers = []

    def add(self, **layer) -> None:
        self.layers.append(layer)
        self.number += 1

    def conv(self, name: str, shape: tuple, padding: int = 0, stride: int = 1,
             matrix: tuple = ()) -> None:
        """`shape` (outputs, inputs, height, width); `matrix`: that of Caffe's InnerProduct."""
        filters = filled(matrix or shape, 10 * self.number).reshape(shape).transpose(2, 3, 1, 0)
        biases = filled((shape[0],), 10 * self.number + 1).reshape(1, -1)
        sides = {"pad": row(*[padding] * 4), "stride": row(stride, stride)}
        if self.old:
            self.add(name=name, type="conv", filters=filters, biases=biases, stride=float(stride),
                     pad=float(padding))
        else:
            self.add(name=name, type="conv", weights=cell(filters, biases), **sides)

    def relu(self, number: int) -> None:
        self.add(name=f"relu{number}", type="relu", **({} if self.old else {"leak": 0.0}))

    def norm(self, number: int) -> None:
        self.add(name=f"norm{number}", type="normalize" if self.old else "lrn",
                 param=row(5, 1, 1e-4 / 5, 0.75))

    def pool(self, number: int) -> None:
        self.add(name=f"pool{number}", type="pool", method="max", pool=row(3, 3), stride=row(2, 2),
                 pad=row(0, 0, 0, 0) if self.old else row(0, 1, 0, 1))

    def linear(self, name: str, inputs: int, outputs: int, side: int = 1) -> None:
        self.conv(name, (outputs, inputs // side**2, side, side), matrix=(outputs, inputs))

    def network(self) -> list[dict]:
        first, second = (self.pool, self.norm) if self.old else (self.norm, self.pool)
        self.conv("conv1", (CHANNELS, 3, 11, 11), stride=4)
        self.relu(1)
        first(1)
        second(1)
        self.conv("conv2", (CHANNELS, CHANNELS // 2, 5, 5), padding=2)
        self.relu(2)
        first(2)
        second(2)
        self.conv("conv3", (CHANNELS, CHANNELS, 3, 3), padding=1)
        self.relu(3)
        for number in (4, 5):
            self.conv(f"conv{number}", (CHANNELS, CHANNELS // 2, 3, 3), padding=1)
            self.relu(number)
        self.pool(5)
        self.linear("fc6", CHANNELS * 36, FEATURES, side=6)
        self.relu(6)
        self.number += 1  # Caffe's dropout
        self.linear("fc7", FEATURES, FEATURES)
        self.relu(7)
        self.number += 1
        self.linear("fc8", FEATURES, CLASSES)
        self.add(name="prob", type="softmax")
        return self.layers


def names() -> np.ndarray:
    return cell(*[f"class {i}, or {i}" for i in range(CLASSES)])


def average_image() -> np.ndarray:
    """RGB; a slope that is packed well."""
    rows = np.arange(SIZE, dtype=np.float32).reshape(-1, 1, 1) // 8
    columns = np.arange(SIZE, dtype=np.float32).reshape(1, -1, 1) // 16
    return (100 + rows + columns + 10 * np.arange(3, dtype=np.float32)).astype(np.float32)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    normalization = {"imageSize": row(SIZE, SIZE, 3), "averageImage": average_image(),
                     "interpolation": "bilinear", "keepAspect": True, "border": row(29, 29)}
    scipy.io.savemat(FOLDER / "alexnet.mat",
                     {"layers": cell(*Maker(old=False).network()),
                      "meta": {"normalization": normalization, "classes": {"description": names()}}},
                     do_compression=True)
    old = {"imageSize": row(SIZE, SIZE, 3), "averageImage": row(123, 117, 104).reshape(1, 1, 3)}
    scipy.io.savemat(FOLDER / "caffenet.mat",
                     {"net": {"layers": cell(*Maker(old=True).network()), "normalization": old,
                              "classes": {"description": names()}}})


if __name__ == "__main__":
    main()
