#!/usr/bin/env python3
"""Draws the figures of docs/engine.md. Python's standard library only.

    python3 docs/figures/make.py        # writes the SVG files beside this script

The tile plans are computed here as src/engine/cpu/conv/winograd/tiles.cpp does, so that a figure cannot
say something else than the text next to it: `make.py --plans` prints them.
"""
import pathlib
import sys
from html import escape

INK, GREY, LINE, PAPER = "#1f2933", "#5f6c7b", "#9aa5b1", "#ffffff"
BLUE, ORANGE, GREEN = ("#cfe0f5", "#2b6cb0"), ("#fbdcb8", "#b45309"), ("#cdeccf", "#2f7d36")
PALE = ("#eef1f4", "#9aa5b1")


class Figure:
    def __init__(self, width, height, title):
        self.width, self.height, self.title = width, height, title
        self.parts = []

    def box(self, x, y, w, h, colours=PALE, stroke=1.2, radius=0, dash=""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}" fill="{colours[0]}" '
            f'stroke="{colours[1]}" stroke-width="{stroke}"{dashes}/>')

    def text(self, x, y, words, size=13, anchor="middle", colour=INK, bold=False):
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
                          f'fill="{colour}"{weight}>{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, colour=GREY, stroke=1.2, arrow=False, dash=""):
        end = ' marker-end="url(#arrow)"' if arrow else ""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" '
                          f'stroke-width="{stroke}"{end}{dashes}/>')

    def save(self, folder, name):
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img" '
                'font-family="DejaVu Sans, Verdana, Arial, sans-serif">\n'
                f'<title>{escape(self.title)}</title>\n'
                '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
                f'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{GREY}"/>'
                '</marker></defs>\n'
                f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="6" '
                f'fill="{PAPER}" stroke="{LINE}"/>\n')
        (folder / name).write_text(head + "\n".join(self.parts) + "\n</svg>\n", encoding="utf-8")


def plan(extent, taps):
    """Frequencies of the cheapest tiles, largest first: fewest products, then smallest squares."""
    best = [(0, 0, ())]
    for covered in range(1, extent + 1):
        choices = []
        for n in range(max(4, taps + 1), 9):
            products, squares, tiles = best[max(0, covered - (n - taps + 1))]
            choices.append((products + n, squares + n * n, tiles + (n,)))
        best.append(min(choices, key=lambda c: c[:2]))
    return sorted(best[extent][2], reverse=True)


def tiles_13():
    f = Figure(760, 330, "A 13 by 13 map cut into nine tiles of four kinds")
    frequencies = plan(13, 3)
    outputs = [n - 2 for n in frequencies]
    starts = [sum(outputs[:i]) for i in range(3)]
    colours = {7: BLUE, 6: ORANGE}
    cell, left, top = 18, 30, 50
    f.text(left + 117, 32, "13 × 13 outputs, nine tiles", 14, bold=True)
    for i, n in enumerate(frequencies):
        for j, m in enumerate(frequencies):
            kind = BLUE if n == m == 7 else ORANGE if n == m == 6 else GREEN
            x, y = left + starts[j] * cell, top + starts[i] * cell
            w, h = outputs[j] * cell, outputs[i] * cell
            f.box(x, y, w, h, kind, 1.8)
            for k in range(1, outputs[j]):
                f.line(x + k * cell, y, x + k * cell, y + h, "#ffffff", 0.8)
            for k in range(1, outputs[i]):
                f.line(x, y + k * cell, x + w, y + k * cell, "#ffffff", 0.8)
            f.text(x + w / 2, y + h / 2 - 2, f"{outputs[i]} × {outputs[j]}", 12)
            f.text(x + w / 2, y + h / 2 + 14, f"{n} · {m} = {n * m}", 11, colour=GREY)
    f.text(left + 117, 308, "products a channel pair under each size", 11, colour=GREY)

    unit, x0 = 26, 338  # output 0; input −1 begins one unit before
    f.text(x0 + 6.5 * unit, 32, "one axis: outputs, and the inputs that each tile reads", 14, bold=True)
    for i, (start, size) in enumerate(zip(starts, outputs)):
        kind = colours[frequencies[i]]
        for k in range(size):
            f.box(x0 + (start + k) * unit, 56, unit, 26, kind)
            f.text(x0 + (start + k + 0.5) * unit, 74, str(start + k), 11)
        y = 104 + 34 * i
        f.box(x0 + (start - 1) * unit, y, frequencies[i] * unit, 22, kind, 1.6)
        f.text(x0 + (start - 1 + frequencies[i] / 2) * unit, y + 16,
               f"{size} outputs from {frequencies[i]} inputs", 12)
    for k in (-1, 13):
        f.box(x0 + k * unit, 56, unit, 26, ("#ffffff", LINE), 1, dash="3 3")
        f.text(x0 + (k + 0.5) * unit, 74, "0", 11, colour=GREY)
    s = sum(frequencies)
    for k, words in enumerate((
            f"7 + 6 + 6 = {s} products an axis, {s}² = {s * s} in all",
            f"direct: 13² · 3² = {13 * 13 * 9:,}, or {13 * 13 * 9 / s / s:.1f} times as many",
            "sixteen tiles of 4 × 4 outputs: (4 · 6)² = 576",
            "nine tiles of 5 × 5 outputs: (3 · 7)² = 441")):
        f.text(x0 - unit, 236 + 22 * k, words, 13, "start", bold=k == 0)
    return f


def tiles_55():
    f = Figure(760, 268, "The first layer: blocks of 4 by 4 pixels become channels; 55 outputs as tiles")
    f.text(168, 30, "4 × 4 blocks of pixels → 48 channels", 14, bold=True)
    for by in range(3):
        for bx in range(3):
            for i in range(4):
                for j in range(4):
                    fill = ORANGE if (by, bx) == (1, 1) else PALE
                    f.box(30 + bx * 44 + j * 11, 52 + by * 44 + i * 11, 11, 11, fill, 0.7)
            f.box(30 + bx * 44, 52 + by * 44, 44, 44, ("none", GREY), 1.6)
    f.line(170, 118, 200, 118, arrow=True)
    for k in range(5, -1, -1):
        f.box(212 + 5 * k, 108 - 5 * k, 24, 24, ORANGE, 1)
    f.text(244, 160, "one pixel,", 11, colour=GREY)
    f.text(244, 174, "4·4·3 channels", 11, colour=GREY)
    for k, words in enumerate(("11 × 11 taps, stride 4, 3 channels", "become 3 × 3 taps, stride 1, 48 channels",
                               "(12 × 12 taps, the last row and column 0)")):
        f.text(30, 210 + 20 * k, words, 12, "start", colour=GREY if k == 2 else INK)

    frequencies = plan(55, 3)
    outputs = [n - 2 for n in frequencies]
    x0, unit = 350, 7
    f.text(x0 + 27.5 * unit, 30, "55 outputs along an axis", 14, bold=True)
    start = 0
    for i, size in enumerate(outputs):
        kind = BLUE if frequencies[i] == 8 else ORANGE
        x = x0 + start * unit
        f.box(x, 62, size * unit, 30, kind, 1.6)
        f.text(x + size * unit / 2, 82, str(size), 13)
        f.text(x + size * unit / 2, 110, str(frequencies[i]), 12, colour=GREY)
        start += size
    f.text(x0, 54, "outputs", 11, "start", colour=GREY)
    f.text(x0, 127, "products", 11, "start", colour=GREY)
    s = sum(frequencies)
    eights = frequencies.count(8)
    lines = [f"{eights} · 8 + {len(frequencies) - eights} · 7 = {s} products, {s}² = {s * s:,} in all",
             "eleven tiles of 5 outputs: 77² = 5,929",
             "ten tiles of 6 outputs (60, five too many): 80² = 6,400",
             f"direct: 55² · 11² · 3 / 48 = {55 * 55 * 121 * 3 / 48:,.0f} a pair of the 48 · 64"]
    for k, words in enumerate(lines):
        f.text(x0, 166 + 24 * k, words, 13, "start", bold=k == 0)
    return f


def frequencies():
    f = Figure(760, 350, "The frequency matrices of one image: rows a frequency, and one frequency's product")
    f.text(162, 30, "rows of each frequency, one image", 14, bold=True)
    per_axis = [sum(n > i for n in plan(13, 3)) for i in range(7)]
    names = ["∞", "0", "1", "−1", "2", "−2", "½"]
    cell, left, top = 30, 52, 66
    for i in range(7):
        f.text(left + (i + 0.5) * cell, top - 8, names[i], 12, colour=GREY)
        f.text(left - 12, top + (i + 0.5) * cell + 4, names[i], 12, colour=GREY)
        for j in range(7):
            rows = per_axis[i] * per_axis[j]
            kind = ORANGE if rows == 9 else GREEN if rows == 3 else BLUE
            f.box(left + j * cell, top + i * cell, cell, cell, kind)
            f.text(left + (j + 0.5) * cell, top + (i + 0.5) * cell + 5, str(rows), 13)
    counts = [per_axis[i] * per_axis[j] for i in range(7) for j in range(7)]
    f.text(left + 105, top + 238, f"{counts.count(9)} · 9 + {counts.count(3)} · 3 + {counts.count(1)} · 1 = "
           f"{sum(counts)} rows", 13)
    f.text(left + 105, top + 260, "eight images: 72, 24 or 8 rows", 12, colour=GREY)

    f.text(530, 30, "one frequency: M = V · U", 14, bold=True)
    y = 84
    f.box(330, y, 96, 78, ORANGE, 1.6)
    for k in range(1, 6):
        f.line(330, y + 13 * k, 426, y + 13 * k, "#ffffff", 1)
    f.text(378, y - 10, "V", 15, bold=True)
    f.text(378, y + 98, "tiles × depth", 12)
    f.text(378, y + 115, "72 × 192", 12, colour=GREY)
    f.text(446, y + 46, "·", 22)
    f.box(466, y, 128, 96, BLUE, 1.6)
    for k in range(1, 4):
        f.line(466 + 32 * k, y, 466 + 32 * k, y + 96, BLUE[1], 1.4)
    f.text(530, y - 10, "U", 15, bold=True)
    f.text(530, y + 116, "depth × output channels", 12)
    f.text(530, y + 133, "192 × 384, in panels", 12, colour=GREY)
    f.text(530, y + 149, "of two vectors", 12, colour=GREY)
    f.text(612, y + 46, "=", 18)
    f.box(628, y, 112, 78, GREEN, 1.6)
    for k in range(1, 4):
        f.line(628 + 28 * k, y, 628 + 28 * k, y + 78, GREEN[1], 1.4)
    f.text(684, y - 10, "M", 15, bold=True)
    f.text(684, y + 98, "tiles × channels", 12)
    f.text(684, y + 115, "72 × 384", 12, colour=GREY)
    f.text(330, 282, "49 such products for conv3, none of which depends on another.", 12, "start")
    f.text(330, 302, "A tile that has a frequency owns one row of its V and M, and", 12, "start")
    f.text(330, 322, "tiles of every size multiply with the same U.", 12, "start")
    return f


def register_block():
    f = Figure(790, 382, "The register block on AVX-512 and on AVX2")

    def block(left, rows, lanes, name, total):
        top, cell, width = 104, 19, 96
        f.text(left + 34 + width, 30, name, 14, bold=True)
        for c in range(2):
            x = left + 44 + c * (width + 6)
            f.box(x, 58, width, 22, BLUE, 1.4)
            f.text(x + width / 2, 74, f"b{c}: {lanes} floats", 11)
            for r in range(rows):
                f.box(x, top + r * cell, width, cell - 3, GREEN, 1)
                f.text(x + width / 2, top + r * cell + 12, f"c[{r}][{c}]", 10, colour=GREY)
        for r in range(rows):
            f.box(left, top + r * cell, 34, cell - 3, ORANGE, 1)
            f.text(left + 17, top + r * cell + 12, f"a[{r}]", 10, colour=GREY)
        f.text(left + 44 + width + 3, top + rows * cell + 22,
               f"{2 * rows} sums + 2 b + 1 a = {2 * rows + 3} of {total} registers", 12)

    block(30, 12, 16, "AVX-512: 12 × 2 vectors", 32)
    block(300, 6, 8, "AVX2: 6 × 2 vectors", 16)
    x = 600
    f.text(x, 76, "for each k:", 13, "start", bold=True)
    for i, words in enumerate(("load b0 and b1", "for each row r:", "   a = A[r][k], copied to", "   all lanes",
                               "   c[r][0] += a · b0", "   c[r][1] += a · b1")):
        f.text(x + 14 * words.startswith(" "), 100 + 20 * i, words.strip(), 12, "start")
    for i, words in enumerate(("B is a panel: one line", "of k after another.", "A is read where it lies:",
                               "V, or V transposed.")):
        f.text(x, 250 + 19 * i, words, 12, "start", colour=GREY)
    return f


def caches():
    f = Figure(760, 322, "What lies where while conv3 works on eight images")
    rows = [("registers", "2 kB", "12 × 2 vectors of sums", GREEN),
            ("L1, 32 kB", "24 kB", "one panel of U: 192 × 32 floats, used by every block of rows", BLUE),
            ("L2, 1 MB", "55 kB", "V of one frequency: 72 × 192 floats", ORANGE),
            ("", "370 kB", "M of one panel: all 49 frequencies × 32 output channels", GREEN),
            ("L3, 32 MB", "2.2 MB", "V of all frequencies, read once for each of the 12 panels", ORANGE),
            ("", "14.5 MB", "U: 49 × 192 × 384 floats, read once for the eight images", BLUE),
            ("", "3 MB", "x and y: eight images, from the layer before and to the next", PALE)]
    y = 24
    for level, size, words, kind in rows:
        if level:
            if level != rows[0][0]:
                f.line(20, y - 3, 740, y - 3, LINE, 1, dash="4 4")
            f.text(28, y + 23, level, 13, "start", bold=True)
        f.box(128, y + 3, 84, 30, kind, 1.4, 4)
        f.text(170, y + 23, size, 12)
        f.text(228, y + 23, words, 12, "start")
        y += 40
    f.text(28, y + 12, "Batch 32, AVX-512, one thread. The threads share U; all else is each one's own. One colour is one matrix.", 11, "start",
           GREY)
    return f


def threads():
    f = Figure(760, 340, "Two ways to divide a forward pass between two threads")
    layers = [("in", 26), ("conv1 … pool1", 108), ("conv2 … pool2", 124), ("conv3", 74), ("conv4", 90), ("conv5", 70)]

    def lane(y, name, pieces, x=108):
        f.text(24, y + 19, name, 12, "start")
        for words, width, kind in pieces:
            f.box(x, y, width, 28, kind, 1.2, 3)
            if words:
                f.text(x + width / 2, y + 18, words, 11)
            x += width
        return x

    f.text(24, 28, "many images: a part of the batch for each thread, eight images at a time through all layers", 13,
           "start", bold=True)
    for t, y in ((0, 46), (1, 82)):
        first = [(f"images {16 * t} – {16 * t + 7}: conv1 … pool5", 216, BLUE if t == 0 else ORANGE),
                 (f"images {16 * t + 8} – {16 * t + 15}: conv1 … pool5", 216, BLUE if t == 0 else ORANGE)]
        end = lane(y, f"thread {t}", first)
        half = "first" if t == 0 else "second"
        f.box(end + 8, y, 190, 28, GREEN, 1.2, 3)
        f.text(end + 103, y + 18, f"FC: {half} half of the rows", 11)
    f.line(544, 40, 544, 120, INK, 2)
    f.text(544, 136, "the first meeting of the threads", 11, colour=GREY)

    f.text(24, 178, "few images: both threads share each step and meet between its phases", 13, "start", bold=True)
    phases = [("transform", "half of the", "tiles", 130, ORANGE), ("multiply, transform back", "half of the output",
              "channels", 196, BLUE), ("pool", "half of", "the rows", 84, PALE), ("transform", "half of the", "tiles",
              130, ORANGE)]
    for t, y in ((0, 196), (1, 244)):
        f.text(24, y + 25, f"thread {t}", 12, "start")
        x = 108
        for name, a, b, width, kind in phases:
            f.box(x, y, width, 40, kind, 1.2, 3)
            f.text(x + width / 2, y + 17, name, 11)
            f.text(x + width / 2, y + 32, f"{a} {b}", 9.5, colour=GREY)
            x += width + 8
    x = 108
    for _, _, _, width, _ in phases:
        x += width + 4
        f.line(x, 190, x, 290, INK, 2)
        x += 4
    f.text(694, 246, "…", 18)
    f.text(108, 312, "A black line is a barrier.", 11, "start", colour=GREY)
    return f


def print_plans():
    layers = [("conv1", 48, 64, 3, (3, 11)), ("conv2", 64, 192, 5, (64, 5)), ("conv3", 192, 384, 3, (192, 3)),
              ("conv4", 384, 256, 3, (384, 3)), ("conv5", 256, 256, 3, (256, 3))]
    for size, extents in ((224, (55, 27, 13, 13, 13)), (64, (15, 7, 3, 3, 3))):
        for (name, depth, out, taps, (channels, kernel)), extent in zip(layers, extents):
            n = plan(extent, taps)
            direct = extent**2 * kernel**2 * channels * out
            ours = sum(n) ** 2 * depth * out
            print(f"{size} {name}: {extent} = {' + '.join(str(k - taps + 1) for k in n)} outputs, "
                  f"{sum(n)} products an axis, {direct / 1e6:.1f} M -> {ours / 1e6:.1f} M, {direct / ours:.2f}")


FIGURES = {"tiles-13": tiles_13, "tiles-55": tiles_55, "frequencies": frequencies,
           "register-block": register_block, "caches": caches, "threads": threads}

if __name__ == "__main__":
    if sys.argv[1:] == ["--plans"]:
        print_plans()
    elif sys.argv[1:]:
        sys.exit("usage: make.py [--plans]")
    else:
        for name, draw in FIGURES.items():
            draw().save(pathlib.Path(__file__).parent, name + ".svg")
