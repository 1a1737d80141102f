#!/usr/bin/env python3
"""Makes the images in fixtures/formats/ (WebP, TIFF, GIF, BMP, orientations without EXIF) and what Pillow reads them to.

    python3 -m venv venv && venv/bin/pip install pillow==13.0 numpy
    venv/bin/python tests/data/image/make_format_fixtures.py
"""
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin

import make_fixtures
from make_fixtures import photograph

OUT = make_fixtures.OUT / "formats"
make_fixtures.OUT = OUT


def decoded(file, expected=None):
    """What the file holds as RGB, upright."""
    if expected is None:
        expected = ImageOps.exif_transpose(Image.open(OUT / file)).convert("RGB")
    expected.save(OUT / f"{file}.ppm")


def alpha_of(photo):
    size = photo.width * photo.height
    return Image.fromarray(np.linspace(0, 255, size).reshape(photo.height, photo.width).astype(np.uint8))


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data


def xmp(orientation, element=False):
    inner = f"><tiff:Orientation>{orientation}</tiff:Orientation></" if element else f' tiff:Orientation="{orientation}"/'
    close = "rdf:Description>" if element else ">"
    return ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
            f"{inner}{close}</rdf:RDF></x:xmpmeta>").encode()


def webps(photo):
    with_alpha = photo.copy()
    with_alpha.putalpha(alpha_of(photo))
    photo.save(OUT / "lossy.webp", quality=80)
    photo.save(OUT / "lossless.webp", lossless=True)
    with_alpha.save(OUT / "alpha.webp", quality=80)
    with_alpha.save(OUT / "lossless_alpha.webp", lossless=True, exact=True)
    photo.save(OUT / "orientation6.webp", quality=80, exif=exif(6))
    photo.save(OUT / "xmp8.webp", quality=80, xmp=xmp(8))
    frames = [with_alpha, ImageOps.mirror(with_alpha), ImageOps.flip(with_alpha)]
    frames[0].save(OUT / "animated.webp", save_all=True, append_images=frames[1:], lossless=True)
    # The first frame lies within the canvas.
    still = io.BytesIO()
    photo.crop((0, 0, 10, 8)).save(still, "WEBP", lossless=True)
    picture = still.getvalue()[12:]  # its chunk

    def u24(value):
        return struct.pack("<I", value)[:3]

    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    frame = u24(4 // 2) + u24(6 // 2) + u24(9) + u24(7) + u24(100) + b"\0" + picture
    body = b"WEBP" + chunk(b"VP8X", bytes([2, 0, 0, 0]) + u24(22) + u24(16)) + chunk(b"ANIM", b"\xff" * 4 + b"\0\0") + chunk(b"ANMF", frame)
    (OUT / "inset.webp").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    for file in ["lossy", "lossless", "alpha", "lossless_alpha", "orientation6", "xmp8", "animated", "inset"]:
        decoded(f"{file}.webp")


def write_tiff(file, planes, tags, rows=None, big_endian=False, tile=None):
    """A TIFF of kinds that Pillow does not write: `planes` holds the strips' bytes, one after the other."""
    order = ">" if big_endian else "<"
    entries = []
    data = b"MM\0*" if big_endian else b"II*\0"
    data += struct.pack(order + "I", 0)
    offsets = []
    for plane in planes:
        offsets.append(len(data))
        data += plane + b"\0" * (len(plane) % 2)
    tags = dict(tags)
    tags[324 if tile else 273] = ("I", offsets)
    tags[325 if tile else 279] = ("I", [len(plane) for plane in planes])
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(packed) > 4:
            position = len(data)
            data += packed + b"\0" * (len(packed) % 2)
            packed = struct.pack(order + "I", position)
        entries.append(struct.pack(order + "HHI", tag, {"H": 3, "I": 4, "B": 1}[kind], len(values)) + packed.ljust(4, b"\0"))
    directory = len(data)
    data += struct.pack(order + "H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    data = data[:4] + struct.pack(order + "I", directory) + data[8:]
    (OUT / file).write_bytes(data)


def tags_of(photo, bits, photometric, samples, **more):
    tags = {256: ("I", [photo.width]), 257: ("I", [photo.height]), 258: ("H", [bits] * samples), 259: ("H", [1]),
            262: ("H", [photometric]), 277: ("H", [samples]), 278: ("I", [photo.height])}
    tags.update({int(tag[1:]): value for tag, value in more.items()})
    return tags


def pack_bits(array, bits):
    """Rows of `array` with so many bits a sample, each row from a byte on."""
    rows = []
    for row in array:
        text = "".join(f"{value:0{bits}b}" for value in row)
        text += "0" * (-len(text) % 8)
        rows.append(bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8)))
    return b"".join(rows)


def tiffs(photo):
    rgb = np.asarray(photo)
    grey = photo.convert("L")
    with_alpha = photo.copy()
    with_alpha.putalpha(alpha_of(photo))
    photo.save(OUT / "raw.tif")
    photo.save(OUT / "lzw.tif", compression="tiff_lzw")
    photo.save(OUT / "deflate.tif", compression="tiff_adobe_deflate")
    photo.save(OUT / "packbits.tif", compression="packbits")
    photo.save(OUT / "jpeg.tif", compression="jpeg", quality=90)
    photo.convert("YCbCr").save(OUT / "ycbcr_jpeg.tif", compression="jpeg", quality=90)
    grey.save(OUT / "grey.tif", compression="tiff_lzw")
    photo.convert("1").save(OUT / "bilevel.tif")
    photo.convert("1").save(OUT / "group4.tif", compression="group4")
    photo.convert("1").save(OUT / "group3.tif", compression="group3")
    photo.quantize(16).save(OUT / "palette.tif")
    with_alpha.save(OUT / "alpha.tif", compression="tiff_lzw")
    Image.merge("LA", (grey, alpha_of(photo))).save(OUT / "grey_alpha.tif")
    photo.convert("CMYK").save(OUT / "cmyk.tif", compression="tiff_lzw")
    photo.save(OUT / "pages.tif", compression="tiff_lzw", save_all=True, append_images=[ImageOps.flip(photo)])
    photo.save(OUT / "big.tif", big_tiff=True, compression="tiff_lzw")
    for orientation in range(2, 9):
        photo.save(OUT / f"orientation{orientation}.tif", compression="tiff_lzw", tiffinfo={274: orientation})
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[700] = xmp(6)
    info.tagtype[700] = 1
    photo.save(OUT / "xmp6.tif", compression="tiff_lzw", tiffinfo=info)
    white = 255 - np.asarray(grey)
    write_tiff("white.tif", [white.tobytes()], tags_of(photo, 8, 0, 1))
    write_tiff("big_endian.tif", [rgb.tobytes()], tags_of(photo, 8, 2, 3), big_endian=True)
    write_tiff("separate.tif", [rgb[..., c].tobytes() for c in range(3)],
               tags_of(photo, 8, 2, 3, _284=("H", [2])))
    for bits in (2, 4):
        levels = np.asarray(grey) >> (8 - bits)
        write_tiff(f"grey{bits}.tif", [pack_bits(levels, bits)], tags_of(photo, bits, 1, 1))
    premultiplied = np.dstack([rgb // 2, np.full(rgb.shape[:2], 128, np.uint8)]).astype(np.uint8)
    write_tiff("premultiplied.tif", [premultiplied.tobytes()], tags_of(photo, 8, 2, 4, _338=("H", [1])))
    runs = rgb.tobytes() + b"more"  # than there are pixels
    packed = b"".join(bytes([len(runs[i:i + 100]) - 1]) + runs[i:i + 100] for i in range(0, len(runs), 100))
    write_tiff("packbits_more.tif", [packed], tags_of(photo, 8, 2, 3, _259=("H", [32773])))
    strips = [rgb[y:y + 5].tobytes() for y in range(0, photo.height, 5)]
    write_tiff("strips.tif", strips, tags_of(photo, 8, 2, 3, _278=("I", [5])))
    tiles = []
    for top in range(0, photo.height, 16):
        for left in range(0, photo.width, 16):
            tile = np.zeros((16, 16, 3), np.uint8)
            part = rgb[top:top + 16, left:left + 16]
            tile[:part.shape[0], :part.shape[1]] = part
            tiles.append(tile.tobytes())
    tags = tags_of(photo, 8, 2, 3, _322=("I", [16]), _323=("I", [16]))
    del tags[278]
    write_tiff("tiles.tif", tiles, tags, tile=True)
    for file in ["raw", "lzw", "deflate", "packbits", "packbits_more", "jpeg", "ycbcr_jpeg", "grey", "bilevel", "group4", "group3",
                 "palette", "alpha", "grey_alpha", "cmyk", "pages", "big", "xmp6", "white", "big_endian", "separate",
                 "grey2", "grey4", "premultiplied", "strips", "tiles"] + [f"orientation{i}" for i in range(2, 9)]:
        decoded(f"{file}.tif")
    # 16 bits: the upper 8 count, as in PNG files.
    noise = np.random.default_rng(1).integers(0, 256, rgb.shape)
    wide = (rgb.astype(np.uint16) * 256 + noise).astype(np.uint16)
    for name, order in [("color16.tif", "<"), ("color16_big_endian.tif", ">")]:
        write_tiff(name, [wide.astype(order + "u2").tobytes()], tags_of(photo, 16, 2, 3), big_endian=order == ">")
        decoded(name, photo)
    grey_wide = (np.asarray(grey).astype(np.uint16) * 256 + noise[..., 0]).astype("<u2")
    write_tiff("grey16.tif", [grey_wide.tobytes()], tags_of(photo, 16, 1, 1))
    decoded("grey16.tif", grey.convert("RGB"))
    photo.convert("YCbCr").save(OUT / "ycbcr.tif", compression="tiff_lzw")
    decoded("ycbcr.tif")
    write_tiff("float.tif", [np.asarray(grey).astype("<f4").tobytes()], tags_of(photo, 32, 1, 1, _339=("H", [3])))


def gif_frame(left, top, size, indexes, local=None, interlaced=False):
    """A frame's block, its pixels in codes of nine bits that are never compressed."""
    bits = "".join(f"{code:09b}"[::-1] for code in [256])
    count = 0
    for index in indexes:
        if count == 200:  # before the codes would get longer
            bits += f"{256:09b}"[::-1]
            count = 0
        bits += f"{index:09b}"[::-1]
        count += 1
    bits += f"{257:09b}"[::-1]
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    flags = (0x80 | 3 if local else 0) | (0x40 if interlaced else 0)
    return (b"," + struct.pack("<HHHHB", left, top, *size, flags) + (local or b"") + b"\x08" + blocks + b"\0")


def gifs(photo):
    palette = photo.quantize(16)
    palette.save(OUT / "plain.gif", interlace=0)
    palette.save(OUT / "interlaced.gif", interlace=1)
    photo.convert("L").save(OUT / "grey.gif")
    palette.save(OUT / "transparent.gif", transparency=3)
    frames = [palette, ImageOps.mirror(photo).quantize(16)]
    frames[0].save(OUT / "animated.gif", save_all=True, append_images=frames[1:], duration=50)
    colours = bytes(range(40, 40 + 3 * 16))
    others = bytes(range(100, 100 + 3 * 16))
    pixels = [(3 * i) % 16 for i in range(6 * 5)]

    def screen(width, height, background=7, colours=colours):
        flags = 0x83 if colours else 0
        return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, background, 0) + (colours or b"")
    control = b"!\xf9\x04\x01\x00\x00\x05\x00"  # index 5 is transparent
    inset = gif_frame(3, 2, (6, 5), pixels)
    (OUT / "inset.gif").write_bytes(screen(12, 10) + inset + b";")
    (OUT / "inset_transparent.gif").write_bytes(screen(12, 10) + control + inset + b";")
    (OUT / "outside.gif").write_bytes(screen(5, 4) + inset + b";")
    (OUT / "local.gif").write_bytes(screen(12, 10) + gif_frame(3, 2, (6, 5), pixels, others) + b";")
    (OUT / "only_local.gif").write_bytes(screen(6, 5, colours=None) + gif_frame(0, 0, (6, 5), pixels, others) + b";")
    (OUT / "no_palette.gif").write_bytes(screen(6, 5, colours=None) + gif_frame(0, 0, (6, 5), pixels) + b";")
    beyond = [(11 * i) % 256 for i in range(6 * 5)]
    (OUT / "beyond.gif").write_bytes(screen(6, 5) + gif_frame(0, 0, (6, 5), beyond) + b";")
    (OUT / "no_trailer.gif").write_bytes(screen(6, 5) + gif_frame(0, 0, (6, 5), pixels))
    for file in ["plain", "interlaced", "grey", "transparent", "animated", "inset", "inset_transparent", "outside",
                 "local", "only_local", "no_palette", "beyond", "no_trailer"]:
        decoded(f"{file}.gif")


def bmp(file, width, height, bits, rows, header=40, colours=b"", masks=b"", compression=0, gap=0):
    """`rows` from below, padded here."""
    body = b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(body), 0, 0,
                           len(colours) // 4, 0)
        if header > 40:
            info += masks
        info = info.ljust(header, b"\0") + (masks if header == 40 else b"")
    offset = 14 + len(info) + len(colours) + gap
    (OUT / file).write_bytes(b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + info + colours +
                             b"\0" * gap + body)


def bmps(photo):
    rgb = np.asarray(photo)
    width, height = photo.size
    photo.save(OUT / "color.bmp")
    photo.convert("L").save(OUT / "grey.bmp")
    photo.convert("1").save(OUT / "bilevel.bmp")
    photo.quantize(16).save(OUT / "palette.bmp")
    bgr = rgb[..., ::-1]
    bgrx = np.dstack([bgr, np.full(rgb.shape[:2], 7, np.uint8)]).astype(np.uint8)
    below = bgr[::-1]
    bmp("top_down.bmp", width, -height, 24, [row.tobytes() for row in bgr])
    bmp("gap.bmp", width, height, 24, [row.tobytes() for row in below], gap=20)
    bmp("core.bmp", width, height, 24, [row.tobytes() for row in below], header=12)
    bmp("rgbx.bmp", width, height, 32, [row.tobytes() for row in bgrx[::-1]])
    masks = struct.pack("<IIII", 0xff0000, 0xff00, 0xff, 0xff000000)
    bmp("masks.bmp", width, height, 32, [row.tobytes() for row in bgrx[::-1]], masks=masks[:12], compression=3)
    for header in (52, 56, 108, 124):
        more = masks if header > 52 else masks[:12]
        bmp(f"header{header}.bmp", width, height, 32, [row.tobytes() for row in bgrx[::-1]], header=header,
            masks=more, compression=3)
    bmp("header64.bmp", width, height, 24, [row.tobytes() for row in below], header=64)
    colours = bytes(value for i in range(16) for value in (10 * i, 255 - 10 * i, 5 * i, 0))
    indexes = (np.arange(width * height).reshape(height, width) * 7) % 16
    bmp("bits4.bmp", width, height, 4, [pack_bits([row], 4) for row in indexes], colours=colours)
    bmp("short_palette.bmp", width, height, 8, [row.astype(np.uint8).tobytes() for row in indexes % 5], colours=colours[:20])
    bmp("bits1.bmp", width, height, 1, [pack_bits([row % 2], 1) for row in indexes], colours=colours[20:28])
    for file in ["color", "grey", "bilevel", "palette", "top_down", "gap", "core", "rgbx", "masks", "header52",
                 "header56", "header108", "header124", "header64", "bits4", "short_palette", "bits1"]:
        decoded(f"{file}.bmp")
    # 16 bits: each channel's bits are repeated to fill eight.
    fives = rgb[::-1] >> 3
    words = (fives[..., 0].astype(np.uint16) << 10 | fives[..., 1].astype(np.uint16) << 5 | fives[..., 2]).astype("<u2")
    bmp("bits16.bmp", width, height, 16, [row.tobytes() for row in words])
    five = rgb >> 3
    decoded("bits16.bmp", Image.fromarray((five << 3 | five >> 2).astype(np.uint8)))
    bmp("rle.bmp", width, height, 8, [b"\0\1"], colours=colours, compression=1)


def with_chunks(file, chunks):
    """The PNG with these chunks in front of its pixels."""
    data = (OUT / file).read_bytes()
    added = b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                     for kind, body in chunks)
    (OUT / file).write_bytes(data[:33] + added + data[33:])


def orientations(photo):
    """Where EXIF does not say it: XMP, and a PNG's texts."""
    def raw_profile(orientation):
        data = exif(orientation).tobytes().hex()
        lines = "\n".join(data[i:i + 72] for i in range(0, len(data), 72))
        return f"\nexif\n{len(data) // 2:8}\n{lines}\n".encode()

    key = b"Raw profile type exif\0"
    xml = b"XML:com.adobe.xmp\0"
    photo.save(OUT / "xmp.jpg", quality=90, xmp=xmp(6))
    photo.save(OUT / "xmp_element.jpg", quality=90, xmp=xmp(8, element=True))
    photo.save(OUT / "xmp_and_exif.jpg", quality=90, xmp=xmp(6), exif=exif(3))
    other = Image.Exif()
    other[0x010f] = "maker"
    photo.save(OUT / "xmp_and_other_exif.jpg", quality=90, xmp=xmp(5), exif=other)
    photo.save(OUT / "xmp_nine.jpg", quality=90, xmp=xmp(9))
    texts = {
        "xmp.png": [(b"iTXt", xml + b"\0\0\0\0" + xmp(6))],
        "xmp_compressed.png": [(b"iTXt", xml + b"\1\0en\0\0" + zlib.compress(xmp(7, element=True)))],
        "profile_text.png": [(b"tEXt", key + raw_profile(6))],
        "profile.png": [(b"zTXt", key + b"\0" + zlib.compress(raw_profile(8)))],
        "profile_and_xmp.png": [(b"iTXt", xml + b"\0\0\0\0" + xmp(6)), (b"zTXt", key + b"\0" + zlib.compress(raw_profile(3)))],
        "chunk_and_profile.png": [(b"zTXt", key + b"\0" + zlib.compress(raw_profile(3))), (b"eXIf", exif(6).tobytes()[6:])],
        "other_text.png": [(b"tEXt", b"Comment\0tiff:Orientation=\"6\"")],
    }
    for file, chunks in texts.items():
        photo.save(OUT / file)
        with_chunks(file, chunks)
    for file in ["xmp.jpg", "xmp_element.jpg", "xmp_and_exif.jpg", "xmp_and_other_exif.jpg", "xmp_nine.jpg", *texts]:
        decoded(file)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    picture = photograph(23, 17)
    webps(picture)
    tiffs(picture)
    gifs(picture)
    bmps(picture)
    orientations(picture)
