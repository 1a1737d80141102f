"""A network as an object."""
import pathlib

import numpy
import pytest

import alexnet_cpp
from alexnet_cpp import AlexNet

LABELS = [0, 1, 1]


def test_outputs_have_the_shapes_that_are_promised(images: numpy.ndarray) -> None:
    net = AlexNet(ch_in=1, d_out=10)
    log_probabilities, logits = net(images), net.logits(images)
    assert log_probabilities.shape == logits.shape == (3, 10)
    assert log_probabilities.dtype == numpy.float32
    assert net.features(images).shape == (3, 256, 6, 6)
    numpy.testing.assert_allclose(numpy.exp(log_probabilities).sum(axis=1), 1, rtol=1e-5)
    expected = logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))
    numpy.testing.assert_allclose(log_probabilities, expected, atol=1e-5)


def test_it_is_any_of_the_networks() -> None:
    assert alexnet_cpp.network_names() == ["alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet"]
    net = AlexNet(3, 1000, network="alexnet-2012")
    assert (net.ch_in, net.d_out, net.network, net.image_size) == (3, 1000, "alexnet-2012", (224, 224))
    assert net.parameter_count == 60_965_224
    assert AlexNet(1, 2, image_size=(70, 80)).image_size == (70, 80)
    assert repr(AlexNet(1, 2, image_size=64)) == "AlexNet(ch_in=1, d_out=2, network='alexnet', image_size=(64, 64))"


def test_a_step_is_its_two_halves(images: numpy.ndarray) -> None:
    whole, halves = AlexNet(1, 2, seed=3), AlexNet(1, 2, seed=3)
    for _ in range(2):
        loss = whole.train_step(images, LABELS, 0.01)
        assert halves.compute_gradients(images, LABELS) == loss
        halves.update(0.01)
    for name, weights in whole.state_dict().items():
        assert numpy.array_equal(weights, halves.state_dict()[name]), name
    assert {name: g.shape for name, g in halves.gradients().items()} == {
        name: w.shape for name, w in halves.state_dict().items()}


def test_gradients_are_the_slopes_of_the_loss(images: numpy.ndarray) -> None:
    net = AlexNet(1, 2, dropout=0, engine="cpu")
    net.compute_gradients(images, LABELS)
    gradient = net.gradients()["classifier.6.bias"]
    step = 1e-2
    for i in range(2):
        losses = []
        for sign in (1, -1):
            state = AlexNet(1, 2, dropout=0).state_dict()
            state["classifier.6.bias"][i] += sign * step
            other = AlexNet(1, 2, dropout=0)
            other.load_state_dict(state)
            losses.append(other.compute_gradients(images, LABELS))
        assert gradient[i] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-2, abs=1e-4)


@pytest.mark.parametrize("labels", [LABELS, numpy.array(LABELS, numpy.int32), numpy.array(LABELS, numpy.int64)])
def test_labels_are_numbers_of_any_kind(images: numpy.ndarray, labels: object) -> None:
    expected = AlexNet(1, 2).compute_gradients(images, LABELS)
    assert AlexNet(1, 2).compute_gradients(images, labels) == expected


def test_weights_go_out_and_in(images: numpy.ndarray) -> None:
    net, other = AlexNet(1, 2, seed=1), AlexNet(1, 2, seed=2)
    before = other(images)
    other.load_state_dict(net.state_dict())
    assert not numpy.array_equal(before, net(images))
    assert numpy.array_equal(other(images), net(images))
    net.state_dict()["classifier.6.bias"][:] = 1000  # a copy
    assert numpy.array_equal(other(images), net(images))


@pytest.mark.parametrize("extension", ["safetensors", "pth", "pt", "onnx"])
def test_files_of_every_format_that_is_written(images: numpy.ndarray, tmp_path: pathlib.Path, extension: str) -> None:
    net = AlexNet(1, 2)
    expected = net(images)
    path = tmp_path / f"net.{extension}"
    net.save(path)
    again = AlexNet.load(path, image_size=64, classes=["a", "b"])
    numpy.testing.assert_allclose(again(images), expected, atol=1e-5)
    assert alexnet_cpp.Classifier(again).classes == ["a", "b"]
