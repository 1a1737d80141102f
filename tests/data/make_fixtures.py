#!/usr/bin/env python3
"""Makes the images in fixtures/ and what Pillow reads and resizes them to (PPM and PGM files).

    /usr/bin/python3 tests/data/make_fixtures.py      (Debian: python3-pil, python3-numpy)
"""
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "fixtures"


def photograph(width, height):
    """Soft gradients, edges and a little noise: something like a photograph, RGB."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    random = np.random.default_rng(2012)
    planes = []
    for c in range(3):
        plane = 128 + 70 * np.sin(x / (9 + 4 * c) + c) * np.cos(y / (7 + 3 * c))
        plane += np.where((x - width / 2) ** 2 + (y - height / 3) ** 2 < (height / 4) ** 2, 60, 0)
        plane += np.where((x // 5 + y // 5) % 2 == c % 2, 25, -25) * (x > 0.7 * width)
        planes.append(plane + random.normal(0, 3, plane.shape))
    return Image.fromarray(np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8))


def expect(name, image):
    image.save(OUT / f"{name}.{'pgm' if image.mode == 'L' else 'ppm'}")


def expect_decoded(file):
    """What the file holds as RGB and as grey."""
    image = ImageOps.exif_transpose(Image.open(OUT / file))
    expect(file, image.convert("RGB"))
    expect(file, image.convert("L"))


def write_png(file, array, color_type, interlaced=False):
    """A PNG of kinds that Pillow does not write: 16 bits a channel, interlaced."""
    def scan(part):
        return b"".join(b"\0" + row.astype(array.dtype.newbyteorder(">")).tobytes() for row in part)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
             (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    passes = [array[y::dy, x::dx] for y, x, dy, dx in adam7] if interlaced else [array]
    height, width = array.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8 * array.itemsize, color_type, 0, 0, interlaced)
    (OUT / file).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                             chunk(b"IDAT", zlib.compress(b"".join(map(scan, passes)))) +
                             chunk(b"IEND", b""))


def resizes():
    photo = photograph(90, 67)
    expect("photo", photo)
    expect("photo", photo.convert("L"))
    for width, height in [(64, 64), (40, 30), (7, 5), (90, 20), (131, 67), (100, 80)]:
        expect(f"photo_{width}x{height}", photo.resize((width, height), Image.BILINEAR))
    digit = photo.convert("L").crop((0, 0, 28, 28))
    expect("digit", digit)
    expect("digit_64x64", digit.resize((64, 64), Image.BILINEAR))
    # torchvision: Resize(48), CenterCrop(33)
    resized = photo.resize((int(48 * 90 / 67), 48), Image.BILINEAR)
    left, top = int(round((resized.width - 33) / 2.0)), int(round((48 - 33) / 2.0))
    expect("photo_input", resized.crop((left, top, left + 33, top + 33)))


def jpegs(photo):
    photo.save(OUT / "color.jpg", quality=85)
    photo.save(OUT / "progressive.jpg", quality=85, progressive=True)
    photo.convert("L").save(OUT / "grey.jpg", quality=85)
    photo.convert("CMYK").save(OUT / "cmyk.jpg", quality=85)
    for file in ["color.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg"]:
        expect_decoded(file)


def pngs(photo):
    rgb = np.asarray(photo)
    alpha = np.linspace(0, 255, rgb[..., 0].size).reshape(rgb.shape[:2]).astype(np.uint8)
    photo.save(OUT / "color.png")
    photo.convert("L").save(OUT / "grey.png")
    photo.convert("1").save(OUT / "bilevel.png")
    photo.quantize(16).save(OUT / "palette.png", transparency=3)
    Image.fromarray(np.dstack([rgb, alpha])).save(OUT / "alpha.png")
    Image.fromarray(np.dstack([rgb[..., 0], alpha]), "LA").save(OUT / "grey_alpha.png")
    write_png("interlaced.png", rgb, color_type=2, interlaced=True)
    for file in ["color.png", "grey.png", "bilevel.png", "palette.png", "alpha.png",
                 "grey_alpha.png", "interlaced.png"]:
        expect_decoded(file)
    # 16 bits: the upper 8 count. (Pillow clips 16-bit grey instead, which is of no use.)
    noise = np.random.default_rng(1).integers(0, 256, rgb.shape)
    wide = (rgb.astype(np.uint16) * 256 + noise).astype(np.uint16)
    write_png("color16.png", wide, color_type=2)
    write_png("grey16.png", wide[..., 0], color_type=0)
    expect("color16.png", photo)
    expect("grey16.png", Image.fromarray(rgb[..., 0]))


def orientations(photo):
    small = photo.resize((20, 14))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        small.save(OUT / f"orientation{orientation}.jpg", quality=90, exif=exif)
        expect(f"orientation{orientation}.jpg",
               ImageOps.exif_transpose(Image.open(OUT / f"orientation{orientation}.jpg")))
    small.save(OUT / "orientation6.png", exif=b"Exif\0\0" + bytes.fromhex(
        "4d4d002a00000008" "0001" "011200030000000100060000" "00000000"))
    expect("orientation6.png", ImageOps.exif_transpose(Image.open(OUT / "orientation6.png")))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    resizes()
    picture = photograph(45, 33)
    jpegs(picture)
    pngs(picture)
    orientations(picture)
