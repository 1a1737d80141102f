#!/usr/bin/env python3
"""The largest difference of a pixel from torchvision's with Pillow.

    build/bin/bench_pixels FOLDER FILE && compare_pixels.py FOLDER FILE      (in peers.txt's VENV)
"""

import sys
from pathlib import Path

import numpy
from PIL import Image
from torchvision.transforms import functional as F

SIDE, SHORT = 224, 256
PIXELS = SIDE * SIDE * 3


def difference(ours: numpy.ndarray, image: Image.Image) -> numpy.ndarray:
    return abs(ours.reshape(SIDE, SIDE, 3).astype(int) - numpy.asarray(image).astype(int))


def main(folder: str, file: str) -> None:
    worst, other, values = {"training": 0, "evaluation": 0}, 0, 0
    with open(file, "rb") as stream:
        for path in sorted(path for path in Path(folder).rglob("*.jpg")):
            top, left, height, width, mirrored = numpy.frombuffer(stream.read(20), numpy.int32)
            ours = [numpy.frombuffer(stream.read(PIXELS), numpy.uint8) for _ in worst]
            image = Image.open(path).convert("RGB")
            part = F.resized_crop(image, int(top), int(left), int(height), int(width),
                                  [SIDE, SIDE])
            theirs = [F.hflip(part) if mirrored else part,
                      F.center_crop(F.resize(image, SHORT), SIDE)]
            for name, a, b in zip(worst, ours, theirs):
                gap = difference(a, b)
                worst[name] = max(worst[name], int(gap.max()))
                other += int((gap > 0).sum())
                values += gap.size
    print(f"largest difference: {worst}; {other:,} of {values:,} values differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
