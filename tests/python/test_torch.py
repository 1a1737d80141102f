"""Beside PyTorch, in float32: forward, gradients, ten training steps."""
import pathlib
import sys

import numpy
import pytest

from alexnet_cpp import AlexNet

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
import networks  # noqa: E402

RELATIVE = 1e-4  # of tests/support/tolerances.h
RATE, MOMENTUM, DECAY = 1e-3, 0.9, 5e-4


def relative_error(found: numpy.ndarray, truth: numpy.ndarray) -> float:
    return float(numpy.linalg.norm(found - truth) / numpy.linalg.norm(truth))


@pytest.fixture
def pair() -> tuple[AlexNet, "torch.nn.Module"]:
    """The same weights here and there: such that no max-pool is near a tie in ten steps. Weights moved at random by 1e-6
    move the losses by less than 1e-5; with other seeds by up to 3e-2, in PyTorch too."""
    net = AlexNet(1, 10, dropout=0, seed=11, momentum=MOMENTUM, weight_decay=DECAY)
    twin = networks.alexnet(1, 10)
    twin.load_state_dict({name: torch.from_numpy(weights) for name, weights in net.state_dict().items()})
    return net, twin


@pytest.fixture
def batch() -> tuple["torch.Tensor", "torch.Tensor"]:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(4, 1, 64, 64, generator=generator), torch.tensor([3, 1, 4, 1])


def test_forward(pair: tuple, batch: tuple) -> None:
    net, twin = pair
    images, _ = batch
    with torch.no_grad():
        logits = twin(images)
        features = twin.avgpool(twin.features(images))
    assert relative_error(net.logits(images), logits.numpy()) <= RELATIVE
    assert relative_error(net(images), torch.log_softmax(logits, 1).numpy()) <= RELATIVE
    assert relative_error(net.features(images), features.numpy()) <= RELATIVE


def test_gradients(pair: tuple, batch: tuple) -> None:
    net, twin = pair
    images, labels = batch
    loss = torch.nn.functional.cross_entropy(twin(images), labels)
    loss.backward()
    assert net.compute_gradients(images, labels) == pytest.approx(loss.item(), rel=RELATIVE)
    gradients = net.gradients()
    for name, weights in twin.named_parameters():
        assert relative_error(gradients[name], weights.grad.numpy()) <= RELATIVE, name


def test_ten_training_steps(pair: tuple, batch: tuple) -> None:
    net, twin = pair
    images, labels = batch
    optimiser = torch.optim.SGD(twin.parameters(), RATE, MOMENTUM, weight_decay=DECAY)
    for step in range(10):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(twin(images), labels)
        loss.backward()
        optimiser.step()
        assert net.train_step(images, labels, RATE) == pytest.approx(loss.item(), rel=1e-3, abs=1e-5), step
    state = net.state_dict()
    for name, weights in twin.state_dict().items():
        assert relative_error(state[name], weights.numpy()) <= 1e-3, name


def test_weights_of_torch_come_in_by_dlpack(pair: tuple, batch: tuple) -> None:
    net, twin = pair
    other = AlexNet(1, 10, dropout=0, seed=6)
    other.load_state_dict(twin.state_dict())
    assert numpy.array_equal(other(batch[0]), net(batch[0]))
