#!/usr/bin/python3
"""Makes lpips.json: distances of the Python packages, in float64, on the CPU.

    pip install --no-deps --target FOLDER lpips==0.1.4 torchmetrics==1.4.0 lightning-utilities tqdm
    PYTHONPATH=FOLDER /usr/bin/python3 tests/golden/make_lpips_fixtures.py [--weights]

The linear weights are the packages' own; trunk and pictures come from the project's counter-based
generator, so the file holds only answers. --weights also writes the linear weights that the
library embeds (src/infer/lpips/). Needs Debian's python3-torch (1.13), python3-torchvision,
python3-scipy and python3-numpy.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import lpips
import numpy as np
import torch
import torchmetrics
from torchmetrics.functional.image.lpips import _LPIPS as TorchmetricsLpips

import philox
from digest import sample_positions
from philox import Key, Purpose

SEED = 19
OTHER = 1  # `major` of the stream of what a picture differs by
DIGITS = 9
SIZES = ((64, 64), (65, 97), (131, 300), (31, 31))
WEIGHTS = Path(__file__).resolve().parents[2] / "src/infer/lpips"
# A quiet trunk makes features so small that it matters where the epsilon stands.
QUIET = 1e-4
VARIANTS = {"0.1": ("0.1", "lpips", 1.0), "0.0": ("0.0", "lpips", 1.0),
            "quiet": ("0.1", "lpips", QUIET), "quiet torchmetrics": ("0.1", "torchmetrics", QUIET)}


def rounded(values: np.ndarray, digits: int = DIGITS) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in np.asarray(values).ravel()]


def bound_of(index: int, tensor: torch.Tensor, loudness: float) -> float:
    """He's uniform bound for weights, 0.1 for biases; a float32 value. All features are as loud."""
    bound = math.sqrt(6 / tensor[0].numel()) if tensor.dim() > 1 else 0.1
    is_first = index == 0
    return rounded([np.float32(bound * (loudness if is_first or tensor.dim() == 1 else 1.0))])[0]


def set_trunk(trunk: torch.nn.Module, loudness: float) -> list[float]:
    """Fills the convolutions as the C++ side does; gives their bounds."""
    bounds = []
    with torch.no_grad():
        for i, tensor in enumerate(trunk.parameters()):
            bounds.append(bound_of(i, tensor, loudness))
            high = np.float32(bounds[-1])
            values = philox.uniform(Key(SEED, Purpose.PARAMETERS, minor=i), tensor.numel(), -high, high)
            tensor.copy_(torch.from_numpy(values).reshape(tensor.shape).double())
    return bounds


def make(version: str, epsilon: str, loudness: float,
         spatial: bool = False) -> tuple[torch.nn.Module, list[float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchvision's, of a changed argument
        if epsilon == "torchmetrics":
            net = TorchmetricsLpips(net="alex", pnet_rand=True)
        else:
            net = lpips.LPIPS(net="alex", version=version, pnet_rand=True, spatial=spatial, verbose=False)
    net = net.double().eval()
    return net, set_trunk(net.net, loudness)


def picture(height: int, width: int) -> np.ndarray:
    """(h, w, 3) of bytes: noise over a slope."""
    noise = philox.below(Key(SEED), height * width * 3, 128).reshape(height, width, 3)
    slope = np.arange(height)[:, None, None] * 127 // height
    return noise + slope


def other(first: np.ndarray) -> np.ndarray:
    """The same with every byte up to 32 away."""
    away = philox.below(Key(SEED, major=OTHER), first.size, 65).reshape(first.shape) - 32
    return np.clip(first + away, 0, 255)


def one_pixel(first: np.ndarray) -> np.ndarray:
    moved = first.copy()
    y, x = first.shape[0] // 2, first.shape[1] // 3
    moved[y, x] = 255 - moved[y, x]
    return moved


def pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    for height, width in SIZES:
        first = picture(height, width)
        found[f"noise {height}x{width}"] = (first, other(first))
    first = picture(64, 64)
    found["equal 64x64"] = (first, first)
    found["black white 64x64"] = (np.zeros_like(first), np.full_like(first, 255))
    first = picture(65, 97)
    found["one pixel 65x97"] = (first, one_pixel(first))
    return found


def tensor(image: np.ndarray) -> torch.Tensor:
    """(1, 3, h, w) in -1 … 1, as the packages take it."""
    return torch.from_numpy(image.astype(np.float64) / 127.5 - 1).permute(2, 0, 1)[None].contiguous()


def distance(net: torch.nn.Module, pair: tuple[np.ndarray, np.ndarray]) -> list[float]:
    """Of all layers, then of each."""
    with torch.no_grad():
        by_layer = {"retPerLayer": True} if isinstance(net, lpips.LPIPS) else {"retperlayer": True}
        result = net(tensor(pair[0]), tensor(pair[1]), **by_layer)
    return rounded([result[0].item(), *(layer.item() for layer in result[1])])


def sampled(values: np.ndarray) -> dict:
    positions = sample_positions(values.size, SEED, 0)
    return {"sum": rounded([values.sum()])[0], "samples": rounded(values.ravel()[positions])}


def distance_map(pair: tuple[np.ndarray, np.ndarray]) -> dict:
    net, _ = make(*VARIANTS["0.1"], spatial=True)
    with torch.no_grad():
        return sampled(net(tensor(pair[0]), tensor(pair[1])).numpy())


def gradient(variant: str, pair: tuple[np.ndarray, np.ndarray]) -> dict:
    """By the second image's pixels of 0 … 1."""
    net, _ = make(*VARIANTS[variant])
    pixels = torch.from_numpy(pair[1] / 255.0).permute(2, 0, 1)[None].contiguous().requires_grad_()
    net(tensor(pair[0]), 2 * pixels - 1).sum().backward()
    return sampled(pixels.grad.numpy())


def answers() -> dict:
    nets = {name: make(*variant) for name, variant in VARIANTS.items()}
    all_pairs = pairs()
    cases = [{"pair": name, "height": pair[0].shape[0], "width": pair[0].shape[1],
              "distances": {variant: distance(net, pair) for variant, (net, _) in nets.items()}}
             for name, pair in all_pairs.items()]
    middle = all_pairs["noise 65x97"]
    return {"lpips": "0.1.4", "torchmetrics": torchmetrics.__version__, "torch": torch.__version__,
            "seed": SEED, "bounds": {name: bounds for name, (_, bounds) in nets.items()}, "cases": cases,
            "maps": {name: distance_map(all_pairs[name]) for name in ("noise 65x97", "noise 31x31")},
            "gradients": {variant: gradient(variant, middle) for variant in VARIANTS}}


def write_weights() -> None:
    """Little-endian float32 of the five layers in their order: 1,152 each version."""
    for version in ("0.0", "0.1"):
        net, _ = make(version, "lpips", 1.0)
        values = np.concatenate([lin.model[-1].weight.detach().numpy().ravel() for lin in net.lins])
        values.astype("<f4").tofile(WEIGHTS / f"weights-{version}.f32")


def main() -> None:
    philox.check_known_answer()
    if "--weights" in sys.argv[1:]:
        write_weights()
    text = json.dumps(answers(), separators=(",", ":"))
    (Path(__file__).parent / "lpips.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
