#!/usr/bin/env python3
"""Makes the images in fixtures/ and what Pillow reads and resizes them to (PPM and PGM files).

    /usr/bin/python3 tests/data/image/make_fixtures.py      (Debian: python3-pil, python3-numpy)
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


def odd_resizes(photo):
    """Tiny, extreme and enlarged: of the upper left corner of photo.ppm."""
    for source, target in [((1, 1), (5, 7)), ((1, 1), (1, 1)), ((1, 40), (9, 9)),
                           ((67, 1), (3, 20)), ((90, 2), (64, 64)), ((2, 67), (100, 3)),
                           ((13, 11), (101, 77)), ((90, 67), (3, 1)), ((90, 67), (1, 1)),
                           ((31, 17), (30, 18)), ((90, 5), (7, 5)), ((64, 64), (63, 65))]:
        name = "corner_{}x{}_to_{}x{}".format(*source, *target)
        expect(name, photo.crop((0, 0, *source)).resize(target, Image.BILINEAR))


def inputs(photo):
    """torchvision: Resize(side), CenterCrop(side - 7) of odd sizes; Pad, then a crop of a part."""
    for width, height, side in [(90, 67, 40), (67, 41, 33), (31, 66, 30), (11, 67, 24), (9, 8, 25)]:
        source = photo.crop((0, 0, width, height))
        short = min(width, height)
        size = (int(side * width / short), int(side * height / short))
        crop = side - 7
        left, top = (int(round((extent - crop) / 2.0)) for extent in size)
        expect(f"input_{width}x{height}_{side}", source.resize(size, Image.BILINEAR).crop(
            (left, top, left + crop, top + crop)))
    # RandomResizedCrop's resized_crop, then a flip
    part = photo.crop((23, 11, 23 + 30, 11 + 40)).resize((21, 21), Image.BILINEAR)
    expect("part_21x21", part)
    expect("part_21x21_flipped", ImageOps.mirror(part))
    expect("padded", ImageOps.expand(photo, 4).crop((1, 2, 61, 72)))


def adobe_transform(data, transform):
    """The file with another colour transform in its Adobe marker, or without the marker."""
    start = data.index(b"\xff\xee")
    length = struct.unpack(">H", data[start + 2:start + 4])[0]
    if transform is None:
        return data[:start] + data[start + 2 + length:]
    return data[:start + 1 + length] + bytes([transform]) + data[start + 2 + length:]


def odd_jpegs(photo):
    for sampling, name in enumerate(["color444.jpg", "color422.jpg"]):
        photo.save(OUT / name, quality=85, subsampling=sampling)
    cmyk = (OUT / "cmyk.jpg").read_bytes()
    (OUT / "ycck.jpg").write_bytes(adobe_transform(cmyk, 2))  # its inks become luma and chroma
    (OUT / "cmyk_unmarked.jpg").write_bytes(adobe_transform(cmyk, None))
    for file in ["color444.jpg", "color422.jpg", "ycck.jpg", "cmyk_unmarked.jpg"]:
        expect_decoded(file)


def odd_pngs(photo):
    rgb = np.asarray(photo)
    photo.quantize(4).save(OUT / "palette2.png", bits=2)
    photo.quantize(2).save(OUT / "palette1.png", bits=1)
    photo.save(OUT / "color_key.png", transparency=tuple(map(int, rgb[5, 5])))
    photo.convert("L").save(OUT / "grey_key.png", transparency=int(rgb[5, 5, 0]))
    palette = photo.quantize(16)
    palette.save(OUT / "palette_alpha.png", transparency=bytes(range(0, 256, 16)))
    for file in ["palette2.png", "palette1.png", "color_key.png", "grey_key.png",
                 "palette_alpha.png"]:
        expect_decoded(file)
    alpha = np.full(rgb.shape[:2], 0x1234, np.uint16)
    wide = np.dstack([rgb.astype(np.uint16) * 256 + 77, alpha]).astype(np.uint16)
    write_png("alpha16.png", wide, color_type=6)
    expect("alpha16.png", photo)


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
    odd_resizes(photograph(90, 67))
    inputs(photograph(90, 67))
    odd_jpegs(picture)
    odd_pngs(picture)
