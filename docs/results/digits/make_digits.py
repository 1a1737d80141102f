#!/usr/bin/python3
"""Writes scikit-learn's handwritten digits as a folder of class folders.

    python3 docs/results/digits/make_digits.py digits

The first 1,000 of its 1,797 images (8x8 pixels) become digits/train, the others digits/test. Needs
scikit-learn and Pillow.
"""

import sys
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits


def main() -> None:
    root = Path(sys.argv[1])
    digits = load_digits()
    for i, (pixels, label) in enumerate(zip(digits.images, digits.target)):
        folder = root / ("train" if i < 1000 else "test") / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 255 / 16).round().astype("uint8")).save(folder / f"{i}.png")


if __name__ == "__main__":
    main()
