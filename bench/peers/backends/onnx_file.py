"""Writes a model as ONNX, for the peers that read it."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_file import Layer, ModelFile, map_sizes, overhang

OPSET = 17


def write(model: ModelFile, path: Path, batch: int | str = "batch") -> Path:
    """Images (batch, c, h, w) to logits (batch, classes)."""
    nodes, weights = [], []
    current = "images"
    for i, (layer, side) in enumerate(zip(model.layers, map_sizes(model))):
        if layer.kind in ("Dropout", "LogSoftmax"):
            continue
        if layer.kind == "AdaptiveAvgPool":
            assert side == layer.height == layer.width
            continue
        inputs = [current]
        for part in ("weight", "bias"):
            values = getattr(layer, part)
            if values is not None:
                weights.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{part}{i}"))
                inputs.append(f"{part}{i}")
        current = f"layer{i}"
        nodes.append(_node(layer, side, inputs, current))
    nodes[-1].output[0] = "logits"
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT,
                                           [batch, model.channels, model.size, model.size])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, model.classes])
    graph = helper.make_graph(nodes, model.name, [images], [logits], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                                ir_version=8), path)
    return path


def _node(layer: Layer, side: int, inputs: list[str], output: str) -> onnx.NodeProto:
    kind, attributes = layer.kind, {}
    if kind == "ReLU":
        kind = "Relu"
    elif kind == "Conv":
        last = layer.padding + overhang(layer, side)
        attributes = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2,
                      "pads": [layer.padding] * 2 + [last] * 2, "group": layer.groups}
    elif kind == "MaxPool":
        attributes = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2,
                      "ceil_mode": int(layer.ceil_mode)}
    elif kind == "LocalResponseNorm":
        kind = "LRN"
        attributes = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta,
                      "bias": layer.k}
    elif kind == "Linear":
        kind, attributes = "Gemm", {"transB": 1}
    else:
        assert kind == "Flatten", kind
    return helper.make_node(kind, inputs, [output], **attributes)
