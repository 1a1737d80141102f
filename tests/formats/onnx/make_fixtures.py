#!/usr/bin/python3
"""Makes the files in tests/formats/onnx/fixtures/ with the torch that runs it.

    python3 tests/formats/onnx/make_fixtures.py

writes VERSION-EXPORTER-CASE.onnx for every case below and VERSION.json with the log-probabilities of
a batch of two made by `images` (the test makes the same). Made with Debian's python3-torch (1.13,
the TorchScript exporter) and with torch 2.15, onnx 1.23 and onnxscript 0.7 (both exporters), and
onnxruntime's quantiser.
"""

import importlib.util
import json
import warnings
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).parent / "fixtures"
VERSION = ".".join(torch.__version__.split(".")[:2])


def images(*shape: int) -> torch.Tensor:
    """Pixels in 0 to 1 that look random and are the same everywhere."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    return (count * 7919 % 257).to(torch.float32).div(256).reshape(shape)


def fill(module: nn.Module) -> None:
    """Weights of either sign, about as large as training leaves them."""
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters()):
            fan_in = max(1, parameter[0].numel())
            values = images(*parameter.shape).add(0.01 * number).remainder(1.0).sub(0.48)
            parameter.copy_(values * (3.0 / fan_in**0.5))


class Narrow(nn.Module):
    """torchvision's AlexNet with few channels."""

    def __init__(self, pool: int = 6, bias: bool = True) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 11, stride=4, padding=2, bias=bias), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(4, 6, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((pool, pool))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(6 * pool * pool, 16), nn.ReLU(),
            nn.Dropout(), nn.Linear(16, 16, bias=bias), nn.ReLU(), nn.Linear(16, 5),
        )
        fill(self)

    def flat(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flatten(x, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.flat(self.avgpool(self.features(x))))


class Viewed(Narrow):
    """As it was written before torch.flatten, with log-softmax."""

    def flat(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0), 6 * 6 * 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(super().forward(x), dim=1)


class Multiplied(Narrow):
    def flat(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(-1, x.size(1) * x.size(2) * x.size(3))


class Probabilities(Narrow):
    def flat(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0), -1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(super().forward(x), dim=-1)


class LocalNorm(Narrow):
    """With the paper's normalization, for which ONNX's own operator is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.features.insert(2, nn.LocalResponseNorm(5, alpha=0.1, beta=0.75, k=2.0))
        self.features.insert(6, nn.LocalResponseNorm(3, alpha=0.2))
        self.avgpool = nn.Identity()


class BatchNorm(Narrow):
    def __init__(self) -> None:
        super().__init__()
        self.features.insert(1, nn.BatchNorm2d(4))
        self.classifier.insert(2, nn.BatchNorm1d(16))
        with torch.no_grad():
            for module in (self.features[1], self.classifier[2]):
                values = images(module.num_features)
                module.running_mean.copy_(values - 0.4)
                module.running_var.copy_(values + 0.5)
                module.weight.copy_(1.5 - values)
                module.bias.copy_(values - 0.6)


class ChannelsLast(Narrow):
    """Flattened as TensorFlow does it."""

    def flat(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flatten(x.permute(0, 2, 3, 1), 1)


CASES = {
    "flatten": (Narrow, {}, 224),
    "view": (Viewed, {}, 224),
    "multiplied": (Multiplied, {}, 224),
    "probabilities": (Probabilities, {}, 224),
    "uniform_pool": (lambda: Narrow(pool=3), {}, 224),
    "global_pool": (lambda: Narrow(pool=1), {}, 127),
    "no_bias": (lambda: Narrow(bias=False), {}, 224),
    "local_norm": (LocalNorm, {}, 224),
    "batch_norm": (BatchNorm, {}, 224),
    "channels_last": (ChannelsLast, {}, 224),
    "gathered_pool": (Narrow, {}, 300),
    "masked_pool": (Narrow, {}, 364),
}
UNFOLDED_ALONE = "local_norm"  # of networks whose constants are left to be computed
DYNAMO_ALONE = ("gathered_pool", "masked_pool")  # the others have no adaptive pool of such maps


def exporters() -> dict:
    """The ways in which this torch exports: name to keywords of torch.onnx.export."""
    batch = {"dynamic_axes": {"images": {0: "batch"}, "scores": {0: "batch"}}}
    if VERSION == "1.13":
        return {
            "script9": {"opset_version": 9, **batch},
            "script17": {"opset_version": 17, **batch},
            "unfolded": {"opset_version": 17, "do_constant_folding": False, **batch},
        }
    dynamic = {"dynamic_shapes": {"x": {0: torch.export.Dim("batch")}}}
    return {
        "script": {"dynamo": False, "opset_version": 17, **batch},
        "dynamo": {"dynamo": True, "external_data": False, **dynamic},
    }


def forget_where(file: Path) -> None:
    """Takes out what the dynamo exporter says about the script and its folder."""
    import onnx

    model = onnx.load(file)
    for described in (model.graph, *model.graph.node, *model.graph.value_info):
        del described.metadata_props[:]
    onnx.save(model, file)


def quantise(file: Path, prefix: str, size: int) -> dict:
    """The network in `file` in each of ONNX's ways to have 8 bits, with what onnxruntime computes."""
    import onnxruntime
    from onnxruntime import quantization as q

    class Batch(q.CalibrationDataReader):
        def __init__(self) -> None:
            self.batches = iter([{"images": images(2, 3, size, size).numpy()}])

        def get_next(self) -> dict | None:
            return next(self.batches, None)

    def static(to: Path, form: q.QuantFormat, per_channel: bool, activations: q.QuantType) -> None:
        q.quantize_static(
            file, to, Batch(), quant_format=form, per_channel=per_channel,
            activation_type=activations, weight_type=q.QuantType.QInt8,
        )

    ways = {
        "qdq": lambda to: static(to, q.QuantFormat.QDQ, True, q.QuantType.QInt8),
        "qoperator": lambda to: static(to, q.QuantFormat.QOperator, False, q.QuantType.QUInt8),
        "dynamic": lambda to: q.quantize_dynamic(file, to, weight_type=q.QuantType.QUInt8),
    }
    answers = {}
    for name, write in ways.items():
        to = FOLDER / f"{VERSION}-{prefix}-{name}.onnx"
        write(to)
        scores = onnxruntime.InferenceSession(to).run(None, {"images": images(2, 3, size, size).numpy()})
        answers[to.stem] = {
            "size": size, "log_probabilities": torch.tensor(scores[0]).log_softmax(1).tolist(),
        }
    return answers


def main() -> None:
    warnings.simplefilter("ignore")
    FOLDER.mkdir(exist_ok=True)
    answers = {}
    for exporter, keywords in exporters().items():
        for name, (make, more, size) in CASES.items():
            if name in DYNAMO_ALONE and exporter != "dynamo":
                continue
            if exporter == "unfolded" and name != UNFOLDED_ALONE:
                continue
            network = make().eval()
            file = FOLDER / f"{VERSION}-{exporter}-{name}.onnx"
            example = images(2, 3, size, size)
            torch.onnx.export(
                network, (example,), str(file), input_names=["images"], output_names=["scores"],
                **keywords, **more,
            )
            if exporter == "dynamo":
                forget_where(file)
            with torch.no_grad():
                scores = network.double()(example.double())
            if name == "probabilities":
                scores = scores.log()
            answers[file.stem] = {"size": size, "log_probabilities": scores.log_softmax(1).tolist()}
    if "script" in exporters():
        answers |= quantise(FOLDER / f"{VERSION}-script-flatten.onnx", "quantised", 224)
    elif importlib.util.find_spec("onnxruntime"):
        answers |= quantise(FOLDER / f"{VERSION}-script17-local_norm.onnx", "quantised_norm", 224)
    lines = (f"{json.dumps(stem)}: {json.dumps(answer)}" for stem, answer in answers.items())
    (FOLDER / f"{VERSION}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
