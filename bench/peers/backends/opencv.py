"""OpenCV's DNN module."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import model_file

ENGINES = {"classic": "ENGINE_CLASSIC", "new": "ENGINE_NEW"}


def version() -> str:
    return cv2.__version__


def prepare(setting: str, model: Path, folder: Path) -> Path:
    file = folder / f"{model.stem}.onnx"
    if not file.exists():
        from backends import onnx_file  # slow to import, and needed only here
        onnx_file.write(model_file.read(model), file, batch=1)
    return file


def predictor(setting: str, file: Path, batch: int, threads: int) -> Callable:
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(str(file), engine=getattr(cv2.dnn, ENGINES[setting]))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)

    def predict(images: np.ndarray) -> np.ndarray:
        net.setInput(images)
        return net.forward()

    return predict
