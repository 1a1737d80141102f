"""ONNX Runtime."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import model_file


def version() -> str:
    return onnxruntime.__version__


def prepare(setting: str, model: Path, folder: Path) -> Path:
    file = folder / f"{model.stem}.onnx"
    if not file.exists():
        from backends import onnx_file  # slow to import, and needed only here
        onnx_file.write(model_file.read(model), file)
    if setting == "dynamic-int8":
        return _quantized(file, folder / f"{model.stem}.int8.onnx")
    return file


def predictor(setting: str, file: Path, batch: int, threads: int) -> Callable:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def predict(images: np.ndarray) -> np.ndarray:
        return session.run(["logits"], {"images": images})[0]

    return predict


def _quantized(file: Path, target: Path) -> Path:
    """FC weights in int8, one scale a row; activations are quantised as they come."""
    if not target.exists():
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(file, target, op_types_to_quantize=["Gemm", "MatMul"], per_channel=True,
                         weight_type=QuantType.QInt8)
    return target
