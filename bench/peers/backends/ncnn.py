"""ncnn. It has no batches: the images of one are run in turn."""

from collections.abc import Callable
from pathlib import Path

import ncnn
import numpy as np

import model_file
from backends import ncnn_file

CALIBRATION_IMAGES = 4


def version() -> str:
    return ncnn.__version__


def prepare(setting: str, model: Path, folder: Path) -> Path:
    file = folder / f"{model.stem}.param"
    if not file.exists():
        ncnn_file.write(model_file.read(model), file)
    if setting == "int8":
        return _quantized(file, model, folder / f"{model.stem}.int8.param")
    return file


def predictor(setting: str, file: Path, batch: int, threads: int) -> Callable:
    net = _net(file, threads, setting)

    def predict_one(image: np.ndarray) -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("images", ncnn.Mat(image))
        return np.array(extractor.extract("logits")[1])

    def predict(images: np.ndarray) -> np.ndarray:
        return np.stack([predict_one(image) for image in images])

    return predict


def _net(file: Path, threads: int, setting: str) -> ncnn.Net:
    net = ncnn.Net()
    options = net.opt
    options.num_threads = threads
    options.use_fp16_packed = options.use_fp16_storage = setting == "fp16-storage"
    options.use_fp16_arithmetic = False
    options.use_bf16_packed = options.use_bf16_storage = setting == "bf16-storage"
    net.load_param(str(file))
    net.load_model(str(file.with_suffix(".bin")))
    return net


def _quantized(file: Path, model: Path, target: Path) -> Path:
    """All layers in int8, calibrated on images like the inputs: standard normal."""
    if not target.exists():
        parsed = model_file.read(model)
        shape = CALIBRATION_IMAGES, parsed.channels, parsed.size, parsed.size
        images = np.random.default_rng(1).standard_normal(shape, np.float32)
        net = _net(file, 1, "fp32")
        net.opt.lightmode = False
        largest = {operator.input: 0.0 for operator in ncnn_file.chain(parsed)}
        for image in images:
            for blob in largest:
                extractor = net.create_extractor()
                extractor.input("images", ncnn.Mat(image))
                values = np.array(extractor.extract(blob)[1])
                largest[blob] = max(largest[blob], float(np.abs(values).max()))
        ncnn_file.write(parsed, target, largest)
    return target
