"""What several tests use: small pictures, a small data set, a trained network."""
import dataclasses
import pathlib
import struct
import threading
import zlib

import numpy
import pytest

import alexnet_cpp

SIDE = 64


def write_png(path: pathlib.Path, pixels: numpy.ndarray) -> None:
    """Grey uint8 pixels (h, w)."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def stripes(label: int, seed: int) -> numpy.ndarray:
    """Pixels with stripes that lie (0) or stand (1)."""
    noise = numpy.random.default_rng(seed).integers(0, 60, (SIDE, SIDE))
    wave = numpy.broadcast_to(numpy.arange(SIDE) // 8 % 2 * 190, (SIDE, SIDE))
    return (noise + (wave if label else wave.T)).astype(numpy.uint8)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Class folders of pictures: train/, val/ and test/."""
    folder = tmp_path_factory.mktemp("data") / "stripes"
    seed = 0
    for split, count in (("train", 16), ("val", 4), ("test", 6)):
        for label, name in enumerate(("lying", "standing")):
            for i in range(count):
                seed += 1
                write_png(folder / split / name / f"{i}.png", stripes(label, seed))
    return folder


OPTIONS: alexnet_cpp.TrainOptions = {"epochs": 2, "batch_size": 8, "image_size": SIDE, "dropout": 0.0, "flip": False}


@dataclasses.dataclass
class Training:
    """A run of two epochs, of four steps each, and what it told."""
    folder: pathlib.Path
    result: alexnet_cpp.TrainResult | None = None
    messages: list[str] = dataclasses.field(default_factory=list)
    steps: list[int] = dataclasses.field(default_factory=list)
    epochs: list[alexnet_cpp.EpochSummary] = dataclasses.field(default_factory=list)
    threads: set[int] = dataclasses.field(default_factory=set)


@pytest.fixture(scope="session")
def training(data: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    folder = tmp_path_factory.mktemp("runs") / "stripes"
    told = Training(folder)

    def progress(news: alexnet_cpp.TrainProgress) -> None:
        told.steps.append(news.step)
        told.threads.add(threading.get_ident())
    told.result = alexnet_cpp.train(data, folder, message=told.messages.append, progress=progress,
                                    epoch_end=told.epochs.append, **OPTIONS)
    return told


@pytest.fixture(scope="session")
def run(training: Training) -> pathlib.Path:
    """The folder of a training run."""
    return training.folder


@pytest.fixture
def images() -> numpy.ndarray:
    return numpy.random.default_rng(1).standard_normal((3, 1, SIDE, SIDE), dtype=numpy.float32)
