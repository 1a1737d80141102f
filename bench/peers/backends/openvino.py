"""OpenVINO."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino
import openvino.opset13 as opset

import model_file

PRECISIONS = {"f32": "f32", "bf16": "bf16", "int8-weights": "f32", "int8-weights+bf16": "bf16"}


def version() -> str:
    return openvino.__version__.split("-")[0]


def prepare(setting: str, model: Path, folder: Path) -> Path:
    int8 = setting.startswith("int8")
    file = folder / f"{model.stem}.{'int8' if int8 else 'f32'}.xml"
    if not file.exists():
        from backends import onnx_file  # slow to import, and needed only here
        parsed = model_file.read(model)
        onnx = onnx_file.write(parsed, folder / f"{model.stem}.onnx")
        converted = openvino.convert_model(onnx)
        if int8:
            # With an open batch the first FC layer would be unpacked to floats when it is loaded.
            converted.reshape([1, parsed.channels, parsed.size, parsed.size])
            _compress(converted)
        openvino.save_model(converted, file, compress_to_fp16=False)
    return file


def predictor(setting: str, file: Path, batch: int, threads: int) -> Callable:
    core = openvino.Core()
    model = core.read_model(file)
    _, *shape = model.input().partial_shape
    model.reshape([batch, *(extent.get_length() for extent in shape)])
    compiled = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": PRECISIONS[setting]})
    request = compiled.create_infer_request()

    def predict(images: np.ndarray) -> np.ndarray:
        return request.infer([images], share_inputs=True, share_outputs=True)[0]

    return predict


def _compress(model: openvino.Model) -> None:
    """FC weights as int8 times a scale a row, as NNCF's weight compression leaves them."""
    for node in model.get_ops():
        if node.get_type_name() != "MatMul":
            continue
        weights = node.input_value(1).get_node().get_data()
        scales = np.abs(weights).max(axis=1, keepdims=True) / 127
        integers = opset.constant(np.rint(weights / scales).astype(np.int8))
        product = opset.multiply(opset.convert(integers, "f32"), opset.constant(scales))
        node.input(1).replace_source_output(product.output(0))
