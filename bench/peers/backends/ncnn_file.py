"""Writes a model as ncnn's pair of files: .param, a line a layer, and .bin, the weights."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_file import Layer, ModelFile, map_sizes, overhang

MAGIC = 7767517
ACTIVATION = 9  # the parameter that fuses what follows; 1: ReLU
INT8_SCALES = 8  # the parameter that says that scales follow the weights
SKIPPED = ("Dropout", "LogSoftmax", "AdaptiveAvgPool", "Flatten")
FLOAT32 = bytes(4)  # the tag before a layer's weights; its biases have none


def write(model: ModelFile, path: Path, largest_inputs: dict[str, float] | None = None) -> None:
    """Images to the blob "logits". With the largest absolute value of every layer's input, layers
    with weights compute in int8; ncnn quantises the weights itself when it loads them."""
    lines = ["Input images 0 1 images"]
    with open(path.with_suffix(".bin"), "wb") as weights:
        for layer in chain(model):
            kind, parameters = layer.kind, layer.parameters
            if layer.weight is not None:
                weights.write(FLOAT32 + layer.weight.tobytes() + layer.bias.tobytes())
            if layer.weight is not None and largest_inputs:
                parameters = parameters | {INT8_SCALES: 1}
                weights.write(_scales(layer.weight, largest_inputs[layer.input]))
            text = " ".join(f"{key}={value}" for key, value in parameters.items())
            lines.append(f"{kind} {layer.output} 1 1 {layer.input} {layer.output} {text}")
    path.write_text(f"{MAGIC}\n{len(lines)} {len(lines)}\n" + "\n".join(lines) + "\n")


@dataclass(frozen=True)
class Operator:
    """A line of the .param file. `parameters` are numbered as in ncnn's operators.md."""

    kind: str
    input: str
    output: str
    parameters: dict[int, float]
    weight: np.ndarray | None
    bias: np.ndarray | None


def chain(model: ModelFile) -> list[Operator]:
    """The operators, each fused with the ReLU after it."""
    kept = [(layer, side) for layer, side in zip(model.layers, map_sizes(model))
            if layer.kind not in SKIPPED]
    operators = []
    current = "images"
    for i, (layer, side) in enumerate(kept):
        if layer.kind == "ReLU":
            continue
        kind, parameters = _describe(layer, side)
        if i + 1 < len(kept) and kept[i + 1][0].kind == "ReLU":
            parameters[ACTIVATION] = 1
        output = "logits" if i + 1 == len(kept) else f"blob{i}"
        operators.append(Operator(kind, current, output, parameters, layer.weight, layer.bias))
        current = output
    return operators


def _scales(weight: np.ndarray, largest_input: float) -> bytes:
    """One for each output's weights, or each group's, then the input's."""
    rows = np.abs(weight.reshape(len(weight), -1)).max(axis=1)
    return np.append(127 / rows, 127 / largest_input).astype(np.float32).tobytes()


def _describe(layer: Layer, side: int) -> tuple[str, dict]:
    if layer.kind == "Conv":
        last = layer.padding + overhang(layer, side)
        parameters = {0: layer.out_channels, 1: layer.kernel, 3: layer.stride, 4: layer.padding,
                      15: last, 14: layer.padding, 16: last, 5: 1, 6: layer.weight.size}
        if layer.groups == 1:
            return "Convolution", parameters
        return "ConvolutionDepthWise", parameters | {7: layer.groups}
    if layer.kind == "MaxPool":
        return "Pooling", {0: 0, 1: layer.kernel, 2: layer.stride, 5: 0 if layer.ceil_mode else 1}
    if layer.kind == "LocalResponseNorm":
        return "LRN", {0: 0, 1: layer.size, 2: layer.alpha, 3: layer.beta, 4: layer.k}
    assert layer.kind == "Linear", layer.kind
    return "InnerProduct", {0: layer.out_features, 1: 1, 2: layer.weight.size}
