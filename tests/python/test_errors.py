"""Errors are Python's, with a sentence."""
import pathlib

import numpy
import pytest

import alexnet_cpp
from alexnet_cpp import AlexNet


def test_what_does_not_exist(tmp_path: pathlib.Path, data: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError, match="none.pth"):
        AlexNet.load(tmp_path / "none.pth")
    with pytest.raises(alexnet_cpp.NotFoundError, match="choose one of alexnet"):
        AlexNet(network="vgg")
    with pytest.raises(ValueError, match="conv9"):
        alexnet_cpp.FeatureExtractor(AlexNet(1, 2), "conv9")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        alexnet_cpp.train("nowhere", tmp_path / "run")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        alexnet_cpp.evaluate(AlexNet(1, 2), "nowhere")
    with pytest.raises(FileNotFoundError, match="none.png"):
        alexnet_cpp.Classifier(AlexNet(1, 2)).classify(tmp_path / "none.png")


def test_what_is_wrong(images: numpy.ndarray, tmp_path: pathlib.Path, data: pathlib.Path) -> None:
    net = AlexNet(1, 2)
    with pytest.raises(ValueError, match="channels"):
        net(numpy.zeros((1, 3, 64, 64), numpy.float32))
    with pytest.raises(ValueError, match="label"):
        net.train_step(images, [0, 1, 2], 0.01)
    with pytest.raises(ValueError, match="there is no label 9223372036854775807"):
        net.train_step(images, [0, 1, 2**63 - 1], 0.01)
    with pytest.raises(ValueError, match="there are no gradients"):
        net.gradients()
    with pytest.raises(ValueError, match="classifier.6.bias"):
        state = net.state_dict()
        state["classifier.6.bias"] = numpy.zeros(3, numpy.float32)
        net.load_state_dict(state)
    with pytest.raises(ValueError, match="no training option 'epoch'"):
        alexnet_cpp.train(data, tmp_path / "run", epoch=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="batch_size"):
        alexnet_cpp.evaluate(net, data, batch_size=0)
    with pytest.raises(ValueError, match="no split 'all'"):
        alexnet_cpp.evaluate(net, data, split="all")
    with pytest.raises(ValueError, match="data is None"):
        alexnet_cpp.train(None, tmp_path / "run")
    with pytest.raises(ValueError, match="there are no images"):
        alexnet_cpp.features(net, [])
    with pytest.raises(ValueError, match="cannot be decoded"):
        alexnet_cpp.Classifier(net).classify(b"\x89PNG\r\n\x1a\n")


def test_what_cannot_be_written() -> None:
    with pytest.raises(OSError) as caught:
        AlexNet(1, 2).save("/proc/net.pth")
    assert "/proc" in str(caught.value)


def test_what_is_of_another_type(images: numpy.ndarray) -> None:
    net = AlexNet(1, 2)
    with pytest.raises(TypeError, match="images are float32, not float64; convert them"):
        net(images.astype(numpy.float64))
    with pytest.raises(TypeError, match="images are float32, not uint8"):
        net(numpy.zeros((1, 1, 64, 64), numpy.uint8))
    with pytest.raises(TypeError, match="do not lie in memory row by row"):
        net(images.transpose(0, 1, 3, 2))
    with pytest.raises(TypeError, match="labels are int64, not float32"):
        net.train_step(images, numpy.zeros(3, numpy.float32), 0.01)
    with pytest.raises(TypeError, match=r"labels are one for each image: \(n,\), not \(3, 1\)"):
        net.train_step(images, numpy.zeros((3, 1), numpy.int64), 0.01)
    with pytest.raises(TypeError, match="classifier.6.bias is no array"):
        net.load_state_dict({"classifier.6.bias": "zero"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="a state is a dict of arrays by name"):
        net.load_state_dict([1.0, 2.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"pixels are \(h, w\)"):
        alexnet_cpp.Classifier(net).classify(numpy.zeros((4, 4, 4), numpy.uint8))
    with pytest.raises(TypeError):
        alexnet_cpp.Classifier(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        net("images")  # type: ignore[arg-type]
