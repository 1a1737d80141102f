#!/usr/bin/env python3
"""Makes JPEGs that cost a decoder what photographs cost: 500x375, quality 90, 4:2:0, 50 to 110 KB.

    make_photographs.py FOLDER [COUNT]      (needs numpy and Pillow)

Textures have a photograph's spectrum (amplitude falling as 1/f, channels correlated), over soft
gradients and shapes with hard edges. FOLDER gets ten class folders; the same images every time.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, CLASSES = 500, 375, 10


def texture(random: np.random.Generator) -> np.ndarray:
    """(HEIGHT, WIDTH) of mean 0 and deviation 1."""
    y, x = np.meshgrid(np.fft.fftfreq(HEIGHT), np.fft.rfftfreq(WIDTH), indexing="ij")
    frequency = np.maximum(np.hypot(x, y), 1 / WIDTH)
    shape = frequency.shape
    noise = random.normal(size=shape) + 1j * random.normal(size=shape)
    plane = np.fft.irfft2(noise / frequency ** random.uniform(1.0, 1.3), s=(HEIGHT, WIDTH))
    return (plane - plane.mean()) / plane.std()


def shapes(random: np.random.Generator) -> np.ndarray:
    image = Image.new("RGB", (WIDTH, HEIGHT), tuple(random.integers(60, 200, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(4, 12)):
        x, y = random.integers(-50, WIDTH), random.integers(-50, HEIGHT)
        box = (x, y, x + random.integers(20, 250), y + random.integers(20, 250))
        color = tuple(random.integers(20, 236, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=color)
    return np.asarray(image, dtype=float)


def photograph(number: int) -> Image.Image:
    random = np.random.default_rng(number)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    slope = random.normal(size=2) * 60
    light = slope[0] * (x / WIDTH - 0.5) + slope[1] * (y / HEIGHT - 0.5)
    common = texture(random)
    strength = random.uniform(22, 42)
    planes = [common + 0.35 * texture(random) for _ in range(3)]
    pixels = 0.5 * shapes(random) + 60 + light[..., None] + strength * np.stack(planes, axis=-1)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def main(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"class{number % CLASSES}" / f"{number:05}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            photograph(number).save(path, quality=90)  # Pillow's 4:2:0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1200)
