#!/usr/bin/env python3
"""Writes font_glyphs.inc from X11's fixed font, 6x13 pixels, which is in the public domain.

    make_font.py 6x13-ISO8859-1.pcf.gz > font_glyphs.inc      (Debian: xfonts-base, python3-pil)
"""
import gzip
import io
import sys

from PIL.PcfFontFile import PcfFontFile

WIDTH, HEIGHT, ASCENT = 6, 13, 11

font = PcfFontFile(io.BytesIO(gzip.open(sys.argv[1]).read()), "iso8859-1")
print("// Made by make_font.py: Latin-1's printable characters, a row of six bits a byte.")
for code in [*range(0x20, 0x7F), *range(0xA0, 0x100)]:
    _, (left, top, right, _), _, bitmap = font.glyph[code]
    rows = [0] * HEIGHT
    for y in range(bitmap.height):
        for x in range(bitmap.width):
            row, column = ASCENT + top + y, left + x
            if bitmap.getpixel((x, y)) and 0 <= row < HEIGHT and 0 <= column < WIDTH:
                rows[row] |= 1 << (WIDTH - 1 - column)
    print("{" + ", ".join(f"0x{row:02x}" for row in rows) + "},")
