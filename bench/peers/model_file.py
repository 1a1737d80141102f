"""Reads our model files: a length, a JSON header, float32 tensors (safetensors)."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Layer:
    """A layer of the file's architecture; weight and bias only where it has them."""

    kind: str
    fields: dict
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None

    def __getattr__(self, name: str):
        return self.fields[name]


@dataclass(frozen=True)
class ModelFile:
    name: str
    channels: int
    size: int
    classes: int
    layers: list[Layer]
    tensors: dict[str, np.ndarray]


def read(path: Path) -> ModelFile:
    tensors, metadata = read_safetensors(path)
    net = json.loads(metadata["architecture"])
    layers, room, index = [], "features", 0
    for fields in net["layers"]:
        name = f"{room}.{index}"
        layers.append(Layer(fields["kind"], fields, tensors.get(name + ".weight"),
                            tensors.get(name + ".bias")))
        index += 1
        if fields["kind"] == "Flatten":
            room, index = "classifier", 0
    classes = [layer for layer in layers if layer.kind == "Linear"][-1].out_features
    return ModelFile(net["name"], net["in_channels"], net["height"], classes, layers, tensors)


def input_shape(path: Path) -> tuple[int, int, int]:
    """Channels, height, width."""
    net = json.loads(_read_header(path)[0]["__metadata__"]["architecture"])
    return net["in_channels"], net["height"], net["width"]


def read_safetensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors, mapped from the file, and the metadata."""
    header, begin = _read_header(path)
    metadata = header.pop("__metadata__", {})
    data = np.memmap(path, np.uint8, mode="c", offset=begin)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = data[begin:end].view(np.float32).reshape(entry["shape"])
    return tensors, metadata


def _read_header(path: Path) -> tuple[dict, int]:
    """The header and where the tensors begin."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(length)), 8 + length


def map_sizes(model: ModelFile) -> list[int]:
    """The side of each layer's input, up to the first Linear layer."""
    sizes, side = [], model.size
    for layer in model.layers:
        sizes.append(side)
        if layer.kind == "Conv":
            padded = side + 2 * layer.padding + overhang(layer, side)
            side = (padded - layer.kernel) // layer.stride + 1
        elif layer.kind == "MaxPool":
            steps = side - layer.kernel
            side = (-(-steps // layer.stride) if layer.ceil_mode else steps // layer.stride) + 1
    return sizes


def overhang(layer: Layer, side: int) -> int:
    """Zeros that a convolution in ceil_mode adds at the right and the bottom."""
    if not layer.ceil_mode:
        return 0
    return -(side + 2 * layer.padding - layer.kernel) % layer.stride
