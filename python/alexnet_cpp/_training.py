from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, Literal, TypedDict, Unpack

import numpy

from . import _core
from ._core import EpochSummary, TrainProgress, TrainResult


class TrainOptions(TypedDict, total=False):
    """What `alexnet train --help` lists; the names are those of config.json. None is the default."""

    recipe: Literal["krizhevsky2012", "torchvision"] | None
    validation_data: str | os.PathLike[str] | None
    validation_share: float | None
    seed: int | None
    on_bad_image: Literal["stop", "skip"] | None
    fast_decode: bool | None
    normalizing: Literal["channels", "pixels", "imagenet"] | None
    model: Literal["alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet"] | None
    image_size: int | tuple[int, int] | None
    initializer: Literal["he", "pytorch", "krizhevsky2012"] | None
    dropout: float | None
    finetune: str | os.PathLike[str] | None
    freeze_features: bool | None
    body_rate: float | None
    epochs: int | None
    max_steps: int | None
    batch_size: int | None
    optimizer: Literal["sgd", "lars"] | None
    trust_coefficient: float | None
    learning_rate: float | None
    schedule: Literal["cosine", "step", "plateau", "polynomial"] | None
    patience: int | None
    warmup_epochs: float | None
    sgd: Literal["pytorch", "krizhevsky2012"] | None
    weight_decay: float | None
    momentum: float | None
    precision: Literal["fp32", "bf16"] | None
    label_smoothing: float | None
    pad: int | None
    random_resized_crop: bool | None
    flip: bool | None
    colour_noise: float | None
    engine: Literal["cpu", "reference"] | None
    threads: int | None
    parts: int | None
    parallel: Literal["hybrid", "data"] | None
    workers: int | None
    checkpoint_every: int | None
    checkpoint_minutes: float | None
    tensorboard: bool | None


def _plain(value: Any) -> Any:
    """A number of NumPy or a path as JSON has it."""
    return value.item() if isinstance(value, numpy.generic) else os.fsdecode(value)


def train(data: str | os.PathLike[str] | None, out: str | os.PathLike[str], *, resume: bool = False,
          accept_data_change: bool = False, message: Callable[[str], Any] | None = None,
          progress: Callable[[TrainProgress], Any] | None = None,
          epoch_end: Callable[[EpochSummary], Any] | None = None, **options: Unpack[TrainOptions]) -> TrainResult:
    """Trains into the run folder `out`: config.json, metrics.jsonl, best.safetensors, last.safetensors.

    data: a known set's name ("fashion-mnist"), a folder of class folders of images, or tar shards; None, with resume,
    is that of the run. resume: goes on from last.safetensors, to the same bits; begins where there is no run yet.
    message, progress and epoch_end are called in this thread with a note, after a step and after an epoch. What they
    raise, and Ctrl-C, ends the training after the step; all steps so far are in a checkpoint, and resume goes on.
    """
    if data is None and not resume:
        raise ValueError("data is None; say what to train on, or resume=True to go on with an earlier run's")
    return _core._train(out, data, json.dumps(options, default=_plain), resume, accept_data_change, message,
                        progress, epoch_end)
