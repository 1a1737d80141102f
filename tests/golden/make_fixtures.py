#!/usr/bin/python3
"""Makes the golden fixtures: AlexNets in PyTorch, float64, on the CPU, without dropout.

    python3 tests/golden/make_fixtures.py [NAME...]

Weights, images and labels come from the project's counter-based generator, so the JSON files hold
only the answers: logits, loss, a digest of every gradient, and ten steps of SGD. Each file takes a
minute or two and up to 4 GB of memory. Needs Debian's python3-torch (1.13) and python3-numpy.
"""

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import networks
import philox
from digest import digest, sample_positions
from philox import Key, Purpose

STEPS = 10
MOMENTUM = 0.9
DECAY = 0.05
LABELS = 1  # `major` of the stream of labels; the images have 0
DIGITS = 7  # of the answers; the tests allow 1e-4


@dataclass(frozen=True)
class Training:
    """Ten steps of SGD on the one batch; multiplier and decay of weights, then of biases."""

    convention: str
    learning_rate: float
    multipliers: tuple[float, float] = (1.0, 1.0)
    decays: tuple[float, float] = (DECAY, DECAY)


@dataclass(frozen=True)
class Fixture:
    """A network and a batch. `shrink` divides the He bound of a parameter's weights."""

    network: str
    channels: int
    height: int
    width: int
    classes: int
    batch: int
    seed: int
    input_bound: float = 1.0
    shrink: dict[str, float] = field(default_factory=dict)
    training: tuple[Training, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.network}-{self.channels}x{self.height}x{self.width}"


# Rates that let the loss fall; a decay that is large enough to be seen in ten steps. Seeds
# whose first gradient has no near tie in a ReLU or a max-pool, and whose later ones have none that
# matters: rounding could turn it over. They were found by trying seeds in order until the cpu engine's
# gradients and momentum with Winograd on AVX-512, on AVX2 and with oneDNN's direct convolutions agreed;
# seed 1, until ten steps from weights changed at random by 1e-6 of themselves, eight times, moved no
# momentum by more than 1e-5 of itself.
FIXTURES = (
    Fixture("alexnet", 3, 224, 224, 1000, batch=2, seed=29,
            training=(Training("pytorch", 2e-5),)),
    Fixture("alexnet", 1, 64, 64, 10, batch=4, seed=1,
            training=(Training("pytorch", 3e-5),
                      Training("krizhevsky2012", 3e-5, multipliers=(1.0, 2.0),
                               decays=(DECAY, 0.0)))),
    # Inputs of a pixel's size, as in 2012: with small ones the normalisation would do nothing.
    Fixture("alexnet-2012", 3, 224, 224, 1000, batch=2, seed=16, input_bound=128.0,
            shrink={"classifier.0.weight": 100.0}, training=(Training("pytorch", 1e-7),)),
    Fixture("alexnet", 3, 97, 130, 10, batch=3, seed=21),
)


def rounded(values: np.ndarray, digits: int = DIGITS) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in np.asarray(values).ravel()]


def jsonable(value: dict) -> dict:
    return {k: rounded(v) if isinstance(v, np.ndarray) else v for k, v in value.items()}


def build(fixture: Fixture) -> networks.Network:
    make = networks.alexnet if fixture.network == "alexnet" else networks.alexnet_2012
    return make(fixture.channels, fixture.classes).double()


def bounds(fixture: Fixture, model: networks.Network) -> dict[str, float]:
    """The uniform bound of every parameter: He's for weights, 0.1 for biases; float32 values."""
    result = {}
    for name, tensor in model.named_parameters():
        fan_in = tensor[0].numel()
        bound = math.sqrt(6 / fan_in) if tensor.dim() > 1 else 0.1
        result[name] = rounded([np.float32(bound / fixture.shrink.get(name, 1.0))], 9)[0]
    return result


def uniform(key: Key, shape: torch.Size, bound: float) -> torch.Tensor:
    high = np.float32(bound)
    return torch.from_numpy(philox.uniform(key, math.prod(shape), -high, high)).reshape(shape)


def set_parameters(model: networks.Network, seed: int, limits: dict[str, float]) -> None:
    """Fills the parameters as the C++ side does, and keeps them as float64."""
    with torch.no_grad():
        for i, (name, tensor) in enumerate(model.named_parameters()):
            key = Key(seed, Purpose.PARAMETERS, minor=i)
            tensor.copy_(uniform(key, tensor.shape, limits[name]).double())


def make_batch(fixture: Fixture) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (n, c, h, w) in float64 and labels (n,)."""
    shape = torch.Size((fixture.batch, fixture.channels, fixture.height, fixture.width))
    images = uniform(Key(fixture.seed), shape, fixture.input_bound).double()
    labels = philox.below(Key(fixture.seed, major=LABELS), fixture.batch, fixture.classes)
    return images, torch.from_numpy(labels)


def digests(tensors: dict[str, torch.Tensor], seed: int) -> dict[str, dict]:
    return {name: jsonable(digest(tensor.detach().numpy(), seed, i))
            for i, (name, tensor) in enumerate(tensors.items())}


def first_values(model: networks.Network, seed: int) -> dict[str, list[float]]:
    """A few elements of every parameter, exactly: proof that both sides start from the same."""
    result = {}
    for i, (name, tensor) in enumerate(model.named_parameters()):
        positions = sample_positions(tensor.numel(), seed, i)[:8]
        result[name] = rounded(tensor.detach().numpy().ravel()[positions], 9)
    return result


def update(model: networks.Network, velocity: dict[str, torch.Tensor], training: Training) -> None:
    """One step of SGD in either convention, from the gradients."""
    with torch.no_grad():
        for name, w in model.named_parameters():
            group = int(w.dim() == 1)
            rate = training.learning_rate * training.multipliers[group]
            v, decay = velocity[name], training.decays[group]
            if training.convention == "pytorch":
                v.mul_(MOMENTUM).add_(w.grad).add_(w, alpha=decay)
                w.sub_(v, alpha=rate)
            else:
                v.mul_(MOMENTUM).sub_(w, alpha=decay * rate).sub_(w.grad, alpha=rate)
                w.add_(v)


def train(model: networks.Network, images: torch.Tensor, labels: torch.Tensor, training: Training,
          seed: int) -> dict:
    """Ten steps; the losses before each and what has become of parameters and momentum."""
    velocity = {name: torch.zeros_like(w) for name, w in model.named_parameters()}
    losses = []
    for _ in range(STEPS):
        model.zero_grad()
        loss = cross_entropy(model(images), labels)
        loss.backward()
        losses.append(loss.item())
        update(model, velocity, training)
    print(f"  {training.convention}, lr {training.learning_rate}:",
          " ".join(f"{loss:.4f}" for loss in losses))
    return {"convention": training.convention, "learning_rate": training.learning_rate,
            "momentum": MOMENTUM, "multipliers": training.multipliers, "decays": training.decays,
            "losses": rounded(losses), "parameters": digests(dict(model.named_parameters()), seed),
            "velocities": digests(velocity, seed)}


def answers(fixture: Fixture) -> dict:
    """Everything that the fixture's file holds."""
    model = build(fixture)
    limits = bounds(fixture, model)
    set_parameters(model, fixture.seed, limits)
    images, labels = make_batch(fixture)
    logits = model(images)
    loss = cross_entropy(logits, labels)
    loss.backward()
    gradients = {name: w.grad for name, w in model.named_parameters()}
    result = {"torch": torch.__version__, "network": fixture.network,
              "channels": fixture.channels, "height": fixture.height, "width": fixture.width,
              "classes": fixture.classes, "batch": fixture.batch, "seed": fixture.seed,
              "input_bound": fixture.input_bound, "bounds": limits, "labels": labels.tolist(),
              "first_values": first_values(model, fixture.seed),
              "logits": rounded(logits.detach().numpy()), "loss": rounded([loss.item()])[0],
              "gradients": digests(gradients, fixture.seed), "training": []}
    for training in fixture.training:
        set_parameters(model, fixture.seed, limits)
        result["training"].append(train(model, images, labels, training, fixture.seed))
    return result


def main(names: list[str]) -> None:
    philox.check_known_answer()
    for fixture in FIXTURES:
        if not names or fixture.name in names:
            print(fixture.name, flush=True)
            text = json.dumps(answers(fixture), separators=(",", ":"))
            (Path(__file__).parent / f"{fixture.name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
