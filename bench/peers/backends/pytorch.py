"""PyTorch, as new as PyPI's or as old as Debian's 1.13.

Settings are words joined by "+": `eager`, `frozen` (TorchScript), `optimized` (TorchScript with
optimize_for_inference) or `compile`; then `channels_last`, and a precision other than float32.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import model_file

sys.path.insert(0, str(Path(__file__).parents[3] / "tests" / "golden"))
import networks  # noqa: E402

RECENT = hasattr(torch, "compile")
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 1e-3, 0.9, 5e-4
CHECKED_STEPS = 2


def version() -> str:
    return torch.__version__.split("+")[0]


def prepare(setting: str, model: Path, folder: Path) -> Path:
    """A state_dict with what the network needs beside it, or a traced and frozen network."""
    words = setting.split("+")
    if not {"frozen", "optimized"} & set(words):
        return _write_state(model, folder)
    layout = "cl" if "channels_last" in words else "nchw"
    file = folder / f"{model.stem}.{layout}.pt"
    if not file.exists():
        net = _read_network(_write_state(model, folder)).eval()
        side = 64 if model.stem.endswith("64") else 224
        images = torch.zeros(1, 3, side, side)
        net, images = net.to(memory_format=_layout(words)), images.to(memory_format=_layout(words))
        torch.jit.freeze(torch.jit.trace(net, images)).save(str(file))
    return file


def predictor(setting: str, file: Path, batch: int, threads: int) -> Callable:
    torch.set_num_threads(threads)
    words = setting.split("+")
    net, layout = _load(words, file), _layout(words)
    dtype = torch.bfloat16 if "bf16" in words else torch.float32

    def predict(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            batch = torch.from_numpy(images).to(dtype, memory_format=layout)
            return net(batch).float().numpy()

    return predict


def trainer(setting: str, file: Path, images: np.ndarray, threads: int) -> "Trainer":
    torch.set_num_threads(threads)
    return Trainer(setting.split("+"), file, images)


class Trainer:
    def __init__(self, words: list[str], file: Path, images: np.ndarray):
        self._words, self._file, self._images = words, file, torch.from_numpy(images)
        self._layout = _layout(words)
        self._step = None

    def check(self) -> np.ndarray:
        """Logits after two steps without dropout, whose masks no two programs share."""
        net = _read_network(self._file).to(memory_format=self._layout)
        step = self._stepper(net)
        for _ in range(CHECKED_STEPS):
            step()
        with torch.no_grad(), self._autocast():
            return net.eval()(self._images).float().numpy()

    def run(self) -> None:
        if self._step is None:
            net = _read_network(self._file, dropout=0.5).to(memory_format=self._layout)
            self._step = self._stepper(net)
        self._step()

    def _stepper(self, net: nn.Module) -> Callable:
        fused = {"fused": True} if RECENT else {}
        optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM,
                                    weight_decay=WEIGHT_DECAY, **fused)
        labels = torch.arange(len(self._images)) % net.classifier[-1].out_features
        forward = torch.compile(net, dynamic=False) if "compile" in self._words else net

        def step() -> None:
            optimizer.zero_grad(set_to_none=True)
            images = self._images.to(memory_format=self._layout)
            with self._autocast():
                loss = cross_entropy(forward(images), labels)
            loss.backward()
            optimizer.step()

        return step

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in self._words)


def _layout(words: list[str]) -> torch.memory_format:
    return torch.channels_last if "channels_last" in words else torch.contiguous_format


def _write_state(model: Path, folder: Path) -> Path:
    file = folder / f"{model.stem}.pth"
    if not file.exists():
        parsed = model_file.read(model)
        torch.save({"name": parsed.name, "channels": parsed.channels, "classes": parsed.classes,
                    "state": {k: torch.from_numpy(v) for k, v in parsed.tensors.items()}}, file)
    return file


def _read_network(file: Path, dropout: float = 0.0) -> networks.Network:
    saved = torch.load(file, **({"mmap": True, "weights_only": True} if RECENT else {}))
    # On "meta" the layers are not filled with random numbers first; 1.13 cannot do that.
    with torch.device("meta") if RECENT else torch.no_grad():
        if saved["name"] == "alexnet":
            net = networks.alexnet(saved["channels"], saved["classes"], dropout)
        else:
            net = networks.alexnet_2012(saved["channels"], saved["classes"])
    net.load_state_dict(saved["state"], **({"assign": True} if RECENT else {}))
    return net


def _load(words: list[str], file: Path) -> Callable:
    if "frozen" in words:
        return torch.jit.load(str(file))
    if "optimized" in words:
        return torch.jit.optimize_for_inference(torch.jit.load(str(file)))
    net = _read_network(file).eval().requires_grad_(False).to(memory_format=_layout(words))
    if "bf16" in words:
        net = net.bfloat16()
    if "int8" in words:
        net = torch.ao.quantization.quantize_dynamic(net, {nn.Linear})
    if "compile" in words:
        torch._inductor.config.freezing = True  # packs the weights, as the other peers do
        return torch.compile(net, dynamic=False)
    return net
