"""The fixtures that PyTorch made in double precision (tests/golden): forward, gradients, ten steps."""
import json
import pathlib
import sys

import numpy
import pytest

from alexnet_cpp import AlexNet

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
sys.path.insert(0, str(GOLDEN))
import digest  # noqa: E402
import philox  # noqa: E402

RELATIVE = 1e-4  # of tests/support/tolerances.h
FIXTURE = json.loads((GOLDEN / "alexnet-1x64x64.json").read_text())
SEED = FIXTURE["seed"]


def relative_error(found: numpy.ndarray, truth: object) -> float:
    expected = numpy.asarray(truth, numpy.float64).reshape(found.shape)
    return float(numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected))


def uniform(key: philox.Key, shape: tuple[int, ...], bound: float) -> numpy.ndarray:
    high = numpy.float32(bound)
    return philox.uniform(key, int(numpy.prod(shape)), -high, high).reshape(shape)


def batch() -> numpy.ndarray:
    shape = tuple(FIXTURE[extent] for extent in ("batch", "channels", "height", "width"))
    return uniform(philox.Key(SEED), shape, FIXTURE["input_bound"])


def network(**options: object) -> AlexNet:
    net = AlexNet(FIXTURE["channels"], FIXTURE["classes"], dropout=0, **options)
    state = net.state_dict()
    for i, (name, weights) in enumerate(state.items()):
        key = philox.Key(SEED, philox.Purpose.PARAMETERS, minor=i)
        state[name] = uniform(key, weights.shape, FIXTURE["bounds"][name])
    net.load_state_dict(state)
    return net


def expect_close(tensors: dict[str, numpy.ndarray], truth: dict[str, dict]) -> None:
    assert list(tensors) == list(truth)
    for i, (name, tensor) in enumerate(tensors.items()):
        found = digest.digest(tensor.astype(numpy.float64), SEED, i)
        wanted = truth[name]
        assert found["norm"] == pytest.approx(wanted["norm"], rel=RELATIVE), name
        gap = numpy.asarray(found["projections"]) - wanted["projections"]
        assert numpy.sqrt((gap**2).mean()) / wanted["norm"] <= RELATIVE, name
        assert relative_error(found["samples"], wanted["samples"]) <= RELATIVE, name


def test_logits() -> None:
    assert relative_error(network().logits(batch()), FIXTURE["logits"]) <= RELATIVE


def test_gradients() -> None:
    net = network()
    assert net.compute_gradients(batch(), FIXTURE["labels"]) == pytest.approx(FIXTURE["loss"], rel=RELATIVE)
    expect_close(net.gradients(), FIXTURE["gradients"])


@pytest.mark.parametrize("training", FIXTURE["training"], ids=lambda training: training["convention"])
def test_ten_steps(training: dict) -> None:
    net = network(sgd=training["convention"], momentum=training["momentum"], weight_decay=training["decays"][0])
    images = batch()
    losses = [net.train_step(images, FIXTURE["labels"], training["learning_rate"]) for _ in range(10)]
    assert relative_error(numpy.array(losses), training["losses"]) <= RELATIVE
    expect_close(net.state_dict(), training["parameters"])
