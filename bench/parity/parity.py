#!/usr/bin/python3
"""Repeats in PyTorch the run that `parity` left in FOLDER and prints both losses as Markdown.

Same initial weights, same batches, same recipe, float32 on the CPU. Then once more with every
initial weight nudged to the next float32: how far rounding alone drives two runs apart.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "golden"))
from networks import alexnet  # noqa: E402


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """The float32 tensors of a safetensors file: a length, a JSON header, the bytes."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    return {name: torch.frombuffer(bytearray(data[begin + entry["data_offsets"][0]:
                                                  begin + entry["data_offsets"][1]]),
                                   dtype=torch.float32).reshape(entry["shape"])
            for name, entry in header.items()}


def read_batches(folder: Path, run: dict) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (steps, n, c, h, w) in bytes and labels (steps, n)."""
    steps, batch, size = len(run["losses"]), run["batch"], run["size"]
    pixels = np.fromfile(folder / "pixels.bin", np.uint8).reshape(steps, batch, size, size, -1)
    labels = np.fromfile(folder / "labels.bin", np.int32).reshape(steps, batch)
    return pixels.transpose(0, 1, 4, 2, 3), labels.astype(np.int64)


def normalized(pixels: np.ndarray, run: dict) -> torch.Tensor:
    mean, deviation = (np.array(run[key], np.float32).reshape(-1, 1, 1)
                       for key in ("mean", "deviation"))
    return torch.from_numpy((pixels.astype(np.float32) / np.float32(255) - mean) / deviation)


def train(weights: dict[str, torch.Tensor], folder: Path, run: dict) -> list[float]:
    """The loss of every step, before its update."""
    model = alexnet(len(run["mean"]), classes=10)
    model.load_state_dict(weights)
    pixels, labels = read_batches(folder, run)
    optimizer = torch.optim.SGD(model.parameters(), lr=run["learning_rate"],
                                momentum=run["momentum"], weight_decay=run["weight_decay"])
    losses = []
    for images, targets in zip(pixels, labels):
        loss = cross_entropy(model(normalized(images, run)), torch.from_numpy(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main(folder: Path) -> None:
    run = json.loads((folder / "run.json").read_text())
    weights = read_safetensors(folder / "weights.safetensors")
    nudged = {name: w.nextafter(torch.tensor(torch.inf)) for name, w in weights.items()}
    ours, theirs, again = run["losses"], train(weights, folder, run), train(nudged, folder, run)
    print("| step | alexnet | PyTorch | difference | PyTorch, nudged | difference |")
    print("|---:|---:|---:|---:|---:|---:|")
    for i in (0, *range(9, len(ours), 10)):
        print(f"| {i + 1} | {ours[i]:.5f} | {theirs[i]:.5f} | {ours[i] - theirs[i]:+.1e} |"
              f" {again[i]:.5f} | {again[i] - theirs[i]:+.1e} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
