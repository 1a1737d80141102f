#!/usr/bin/python3
"""Makes the files in tests/formats/caffe/fixtures/: narrow networks in both of Caffe's formats, and what
OpenCV's reader of Caffe files computes with them.

    protoc --python_out=. --proto_path=src/formats/caffe caffe.proto
    PYTHONPATH=. python3 tests/formats/caffe/make_fixtures.py

Made with OpenCV 4.10 (the last versions that read Caffe's files are 4.x) and protobuf 3.21.
"""

import json
from pathlib import Path

import caffe_pb2
import cv2
import numpy as np

FOLDER = Path(__file__).parent / "fixtures"
CHANNELS, FEATURES, CLASSES, SIZE = 8, 16, 5, 227


def uniform(count: int, seed: int) -> np.ndarray:
    """Numbers from -0.5 to 0.5 that any language can make again."""
    numbers = (np.arange(count, dtype=np.uint64) + np.uint64(seed * 100003)) * np.uint64(2654435761)
    return ((numbers % np.uint64(2**32)).astype(np.float64) / 2**32 - 0.5).astype(np.float32)


def convolution(name: str, inputs: int, kernel: int, group: int = 1, **settings: int) -> dict:
    words = " ".join(f"{key}: {value}" for key, value in {"kernel_size": kernel, **settings}.items())
    if group > 1:
        words += f" group: {group}"
    return {"name": name, "type": "Convolution", "v1": "CONVOLUTION",
            "param": f"convolution_param {{ num_output: {CHANNELS} {words} }}",
            "shapes": [(CHANNELS, inputs // group, kernel, kernel), (CHANNELS,)]}


def linear(name: str, inputs: int, outputs: int) -> dict:
    return {"name": name, "type": "InnerProduct", "v1": "INNER_PRODUCT",
            "param": f"inner_product_param {{ num_output: {outputs} }}",
            "shapes": [(outputs, inputs), (outputs,)]}


def plain(name: str, kind: str, v1: str, param: str = "", in_place: bool = False) -> dict:
    return {"name": name, "type": kind, "v1": v1, "param": param, "in_place": in_place, "shapes": []}


def relu(number: int) -> dict:
    return plain(f"relu{number}", "ReLU", "RELU", in_place=True)


def norm(number: int) -> dict:
    return plain(f"norm{number}", "LRN", "LRN",
                 "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")


def pool(number: int) -> dict:
    return plain(f"pool{number}", "Pooling", "POOLING",
                 "pooling_param { pool: MAX kernel_size: 3 stride: 2 }")


def drop(number: int) -> dict:
    return plain(f"drop{number}", "Dropout", "DROPOUT", "dropout_param { dropout_ratio: 0.5 }", True)


def layers(norm_first: bool) -> list[dict]:
    def both(n: int) -> list[dict]:
        return [norm(n), pool(n)] if norm_first else [pool(n), norm(n)]
    return [convolution("conv1", 3, 11, stride=4), relu(1), *both(1),
            convolution("conv2", CHANNELS, 5, 2, pad=2), relu(2), *both(2),
            convolution("conv3", CHANNELS, 3, pad=1), relu(3),
            convolution("conv4", CHANNELS, 3, 2, pad=1), relu(4),
            convolution("conv5", CHANNELS, 3, 2, pad=1), relu(5), pool(5),
            linear("fc6", CHANNELS * 36, FEATURES), relu(6), drop(6),
            linear("fc7", FEATURES, FEATURES), relu(7), drop(7),
            linear("fc8", FEATURES, CLASSES), plain("prob", "Softmax", "SOFTMAX")]


def prototxt(net: list[dict], name: str, v1: bool) -> str:
    lines = [f'name: "{name}"']
    if v1:
        lines.append('input: "data"')
        lines += [f"input_dim: {extent}" for extent in (1, 3, SIZE, SIZE)]
    else:
        lines.append('layer { name: "data" type: "Input" top: "data" '
                     f"input_param {{ shape: {{ dim: 1 dim: 3 dim: {SIZE} dim: {SIZE} }} }} }}")
    blob = "data"
    for layer in net:
        top = blob if layer.get("in_place") else layer["name"]
        kind = layer["v1"] if v1 else f'"{layer["type"]}"'
        lines.append(f'{"layers" if v1 else "layer"} {{ name: "{layer["name"]}" type: {kind} '
                     f'bottom: "{blob}" top: "{top}" {layer["param"]} }}')
        blob = top
    return "\n".join(lines) + "\n"


def fill(blob: caffe_pb2.BlobProto, shape: tuple, v1: bool, seed: int) -> None:
    count = int(np.prod(shape))
    scale = 4.9 / np.sqrt(count / shape[0]) if len(shape) > 1 else 0.1
    blob.data.extend((uniform(count, seed) * np.float32(scale)).tolist())
    if v1:
        extents = (1,) * (4 - len(shape)) + shape
        blob.num, blob.channels, blob.height, blob.width = extents
    else:
        blob.shape.dim.extend(shape)


def caffemodel(net: list[dict], name: str, v1: bool) -> bytes:
    message = caffe_pb2.NetParameter(name=name)
    for number, layer in enumerate(net):
        entry = message.layers.add() if v1 else message.layer.add()
        entry.name = layer["name"]
        entry.type = caffe_pb2.V1LayerParameter.LayerType.Value(layer["v1"]) if v1 else layer["type"]
        for which, shape in enumerate(layer["shapes"]):
            fill(entry.blobs.add(), shape, v1, 10 * number + which)
    return message.SerializeToString(deterministic=True)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    image = (uniform(3 * SIZE * SIZE, 1) * np.float32(200)).reshape(1, 3, SIZE, SIZE)
    expected = {}
    for name, norm_first, v1 in (("AlexNet", True, False), ("CaffeNet", False, True)):
        net = layers(norm_first)
        text = FOLDER / f"{name}.prototxt"
        model = FOLDER / f"{name}.caffemodel"
        text.write_text(prototxt(net, name, v1))
        model.write_bytes(caffemodel(net, name, v1))
        opencv = cv2.dnn.readNetFromCaffe(str(text), str(model))
        opencv.enableWinograd(False)  # which rounds more
        opencv.setInput(image)
        expected[name] = opencv.forward().ravel().tolist()
    mean = caffe_pb2.BlobProto(num=1, channels=3, height=4, width=5)
    mean.data.extend(np.repeat([104.0, 117.0, 123.0], 20) + np.tile(np.arange(20) % 5 - 2.0, 3))
    (FOLDER / "mean.binaryproto").write_bytes(mean.SerializeToString(deterministic=True))
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
