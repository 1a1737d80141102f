#!/usr/bin/env python3
"""Draws docs/figures/rooms.svg: the folders of src/ and who may include whom, from the table of scripts/check-rooms.

    python3 docs/figures/rooms.py           # writes the file beside this script
    python3 docs/figures/rooms.py --check   # fails when that file is not what would be written

Places are chosen here, arrows are not: they are the table's, less those that follow from others.
"""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
from make import BLUE, GREEN, GREY, ORANGE, PALE, Figure  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
WHITE = ("#ffffff", "#9aa5b1")

# House: x, y, width, height, colour, what stands in it.
HOUSES = {
    "cli": (20, 52, 940, 40, PALE, "cli: the program, one file a command"),
    "report": (20, 122, 120, 40, GREEN, "report: pages"),
    "python": (150, 122, 70, 40, GREEN, "python"),
    "serve": (330, 112, 530, 70, GREEN, "serve"),
    "train": (20, 192, 200, 40, GREEN, "train: the training loop"),
    "capi": (230, 192, 90, 40, GREEN, "capi: C"),
    "infer": (20, 262, 940, 40, GREEN, "infer: classify, evaluate, explain, features, compare, lpips"),
    "engine": (120, 332, 430, 436, ORANGE, "engine"),
    "data": (570, 332, 190, 436, BLUE, "data"),
    "formats": (780, 332, 180, 436, BLUE, "formats"),
    "model": (120, 798, 840, 40, PALE, "model: layers, networks, parameters, images"),
    "ranks": (20, 332, 80, 436, BLUE, "ranks"),
    "core": (20, 868, 940, 40, PALE, "core: tensors, random numbers, files, JSON, threads"),
}
# Rooms with the same arrows, side by side or one above the other: x, y, width of one, what the first is called.
ROOMS = {
    ("serve",): (340, 144, 80, "server"),
    ("serve/page",): (445, 144, 80, ""),
    ("serve/api",): (550, 144, 80, ""),
    ("serve/batching",): (655, 144, 80, ""),
    ("serve/http",): (760, 144, 80, ""),
    ("engine",): (140, 360, 390, "engine.cpp: which engines there are"),
    ("engine/reference",): (140, 512, 100, ""),
    ("engine/cpu/plan",): (276, 416, 116, ""),
    ("engine/cpu/layers", "engine/cpu/linear"): (276, 472, 58, ""),
    ("engine/cpu/conv",): (410, 416, 112, ""),
    ("engine/cpu/conv/bytes", "engine/cpu/conv/tiles", "engine/cpu/conv/winograd"): (396, 472, 46, ""),
    ("engine/cpu/conv/common",): (410, 528, 112, ""),
    ("engine/cpu/simd",): (276, 584, 246, ""),
    ("engine/cpu/base",): (276, 634, 246, ""),
    ("engine/common",): (140, 690, 390, ""),
    ("engine/api",): (140, 734, 390, "api: alexnet/engine.h, machine.h"),
    ("data",): (585, 360, 160, "open_dataset"),
    ("data/loading", "data/shards"): (585, 460, 80, ""),
    ("data/sets",): (585, 560, 160, ""),
    ("data/image",): (585, 647, 160, ""),
    ("data/files", "data/simd"): (585, 734, 80, ""),
    ("formats",): (795, 360, 150, "load_model, save_model"),
    ("formats/safetensors", "formats/pytorch", "formats/onnx", "formats/caffe", "formats/matlab"): (795, 470, 150, ""),
    ("formats/common",): (795, 734, 150, ""),
}
HEIGHT = 24


def table():
    """Room -> the rooms that it may include, without itself."""
    loader = importlib.machinery.SourceFileLoader("check_rooms", str(HERE.parent.parent / "scripts" / "check-rooms"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_rooms", loader))
    loader.exec_module(module)
    return {room: {other for other in module.ROOMS if other != room and module.may_include(room, other)}
            for room in module.ROOMS}


def house_of(room):
    return room.split("/")[0]


def needed(edges):
    """The edges less those that follow from others."""
    def reaches(start, goal, without):
        todo, seen = [other for other in edges[start] if (start, other) != without], set()
        while todo:
            room = todo.pop()
            if room == goal:
                return True
            if room not in seen:
                seen.add(room)
                todo += edges[room]
        return False
    return {(a, b) for a in edges for b in edges[a] if not reaches(a, b, (a, b))}


def houses_edges(rooms):
    edges = {house: set() for house in HOUSES}
    for room, others in rooms.items():
        edges[house_of(room)] |= {house_of(other) for other in others} - {house_of(room)}
    return needed(edges)


def room_edges(rooms):
    """Between the entries of ROOMS."""
    entry = {room: key for key in ROOMS for room in key}
    inside = {room: {o for o in others if house_of(o) == house_of(room)}
              for room, others in rooms.items() if room in entry}
    found = {}
    for a, b in needed(inside):
        found.setdefault((entry[a], entry[b]), set()).add((a, b))
    for (a, b), pairs in found.items():
        if len(pairs) != len(a) * len(b):
            sys.exit(f"{', '.join(a)} do not all include {', '.join(b)}: ROOMS cannot draw them as one")
    return sorted(found)


def box_of(key):
    x, y, width, _ = ROOMS[key]
    is_stack = len(key) > 2
    return (x, y, width, HEIGHT * len(key)) if is_stack else (x, y, width * len(key), HEIGHT)


def arrow(f, above, below):
    """Down where the two overlap, else to the side."""
    left, right = max(above[0], below[0]), min(above[0] + above[2], below[0] + below[2])
    if left < right:
        x = (left + right) / 2
        f.line(x, above[1] + above[3], x, below[1], arrow=True)
    else:
        y = above[1] + above[3] / 2
        to_the_right = above[0] < below[0]
        begin, end = (above[0] + above[2], below[0]) if to_the_right else (above[0], below[0] + below[2])
        f.line(begin, y, end, y, arrow=True)


def draw():
    rooms = table()
    placed = {room for key in ROOMS for room in key} | {h for h in HOUSES if not any(k[0] == h for k in ROOMS)}
    if placed != set(rooms):
        sys.exit(f"{__file__}: rooms without a place, or places without a room: {placed ^ set(rooms)}")
    f = Figure(980, 928, "The folders of src/ and who may include whom")
    f.text(20, 32, "No folder of src/ includes one to which no arrows lead from it.", 13, "start")
    for x, y, w, h, colour, words in HOUSES.values():
        f.box(x, y, w, h, colour, 1.4, 5)
        f.text(x + 12, y + (20 if h > 40 else 25), words, 13, "start", bold=True)
    f.box(262, 398, 274, 272, ("none", GREY), 1.2, 5, "5 4")
    f.text(272, 411, "cpu", 11, "start", bold=True)
    f.box(402, 408, 128, 152, ("none", GREY), 1, 4, "3 3")
    for a, b in sorted(houses_edges(rooms)):
        arrow(f, HOUSES[a][:4], HOUSES[b][:4])
    for a, b in room_edges(rooms):
        arrow(f, box_of(a), box_of(b))
    for key, (x, y, width, called) in ROOMS.items():
        for i, room in enumerate(key):
            dx, dy = (0, i * HEIGHT) if len(key) > 2 else (i * width, 0)
            f.box(x + dx, y + dy, width, HEIGHT, WHITE, 1.2, 3)
            f.text(x + dx + width / 2, y + dy + 16, called or room.split("/")[-1], 10.5)
    return f


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    figure = draw()
    if not sys.argv[1:]:
        return figure.save(HERE, "rooms.svg")
    with tempfile.TemporaryDirectory() as folder:
        figure.save(pathlib.Path(folder), "rooms.svg")
        if (pathlib.Path(folder) / "rooms.svg").read_bytes() != (HERE / "rooms.svg").read_bytes():
            sys.exit("docs/figures/rooms.svg is not what scripts/check-rooms says; run: python3 docs/figures/rooms.py")


main()
