#!/usr/bin/python3
"""Images per second of PyTorch for one task of `throughput`: eager, in two memory layouts.

    torch_baseline.py train-64|train-224|infer-1|infer-32

Prints a JSON object a layout. The images are normalised floats already, which favours PyTorch.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "golden"))
from networks import Network, alexnet  # noqa: E402

THREADS = 2
WARM_UP = 2
LAYOUTS = {"eager": torch.contiguous_format, "channels_last": torch.channels_last}


@dataclass(frozen=True)
class Task:
    """As in throughput.cpp."""

    training: bool
    channels: int
    size: int
    classes: int
    batch: int
    repetitions: int


TASKS = {"train-64": Task(True, 1, 64, 10, 128, 8), "train-224": Task(True, 3, 224, 1000, 64, 5),
         "infer-1": Task(False, 3, 224, 1000, 1, 40), "infer-32": Task(False, 3, 224, 1000, 32, 8)}


def median_seconds(repetitions: int, work: Callable[[], object]) -> float:
    """Runs `work` a few times for nothing, then times each of `repetitions`."""
    for _ in range(WARM_UP):
        work()
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def time_training(task: Task, model: Network, images: torch.Tensor) -> float:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    labels = torch.arange(task.batch) % task.classes

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(model(images), labels).backward()
        optimizer.step()

    return median_seconds(task.repetitions, step)


def time_inference(task: Task, model: Network, images: torch.Tensor) -> float:
    model.eval()
    with torch.inference_mode():
        return median_seconds(task.repetitions, lambda: model(images))


def main(name: str) -> None:
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    task = TASKS[name]
    for mode, layout in LAYOUTS.items():
        model = alexnet(task.channels, task.classes, dropout=0.5).to(memory_format=layout)
        images = torch.randn(task.batch, task.channels, task.size, task.size)
        measure = time_training if task.training else time_inference
        seconds = measure(task, model, images.to(memory_format=layout))
        print(json.dumps({"task": name, "who": "pytorch", "mode": mode, "batch": task.batch,
                          "milliseconds": seconds * 1e3,
                          "images_per_second": task.batch / seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
