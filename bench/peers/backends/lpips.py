"""The Python package of LPIPS, on PyTorch.

Settings are words joined by "+": `eager` or `compile`; then `channels_last`. The file is the trunk
with the package's own linear weights.
"""

from collections.abc import Callable
from importlib.metadata import version as version_of
from pathlib import Path

import lpips
import numpy as np
import torch

import model_file


def version() -> str:
    return f"{version_of('lpips')} on PyTorch {torch.__version__.split('+')[0]}"


def prepare(setting: str, model: Path, folder: Path) -> Path:
    file = folder / f"{model.stem}.pth"
    if not file.exists():
        net = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
        weights, _ = model_file.read_safetensors(model)
        trunk = {name: torch.from_numpy(weights[f"features.{name.split('.', 1)[1]}"])
                 for name in net.net.state_dict()}
        net.net.load_state_dict(trunk)
        torch.save(net.state_dict(), file)
    return file


def comparer(setting: str, file: Path, pixels: np.ndarray, threads: int) -> Callable:
    torch.set_num_threads(threads)
    words = setting.split("+")
    layout = torch.channels_last if "channels_last" in words else torch.contiguous_format
    net = _load(words, file, layout)
    references, images = (_tensor(pixels[:, i], layout) for i in range(2))

    def compare() -> np.ndarray:
        with torch.inference_mode():
            return net(references, images).flatten().numpy()

    return compare


def _tensor(pixels: np.ndarray, layout: torch.memory_format) -> torch.Tensor:
    """As the package takes them: float32 (batch, 3, h, w) of -1 ... 1."""
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.float32, memory_format=layout)
    return images.div_(127.5).sub_(1)


def _load(words: list[str], file: Path, layout: torch.memory_format) -> Callable:
    with torch.device("meta"):  # nothing is filled with random numbers first
        net = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    net.load_state_dict(torch.load(file, mmap=True, weights_only=True), assign=True)
    net = net.eval().requires_grad_(False).to(memory_format=layout)
    if "compile" in words:
        torch._inductor.config.freezing = True  # packs the weights
        return torch.compile(net, dynamic=False)
    return net
