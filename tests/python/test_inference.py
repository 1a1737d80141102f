"""Classes, features and explanations of pictures."""
import pathlib

import numpy
import pytest

import alexnet_cpp
from conftest import stripes, write_png


def test_a_picture_is_a_path_or_bytes_or_pixels(run: pathlib.Path, tmp_path: pathlib.Path) -> None:
    pixels = stripes(1, seed=1000)
    write_png(tmp_path / "picture.png", pixels)
    classifier = alexnet_cpp.Classifier(run)
    expected = classifier.classify(pixels)
    assert [it.label for it in expected] == ["standing", "lying"] and expected[0].index == 1
    assert expected[0].probability + expected[1].probability == pytest.approx(1)
    for picture in (tmp_path / "picture.png", str(tmp_path / "picture.png"), (tmp_path / "picture.png").read_bytes(),
                    pixels[:, :, None]):
        found = classifier.classify(picture, top=1)
        assert len(found) == 1 and found[0].probability == expected[0].probability
    assert repr(found[0]).startswith("Prediction(label='standing', index=1, probability=")


def test_options_of_a_classifier(run: pathlib.Path) -> None:
    pixels = stripes(0, seed=1001)
    for options in ({"ten_crops": True}, {"precision": "fp16"}, {"precision": "int8"}, {"threads": 1}):
        assert alexnet_cpp.Classifier(run, **options).classify(pixels)[0].label == "lying"
    with pytest.raises(ValueError, match="fp32"):
        alexnet_cpp.Classifier(run, precision="fp4")


def test_a_classifier_of_a_network_does_not_follow_its_training(run: pathlib.Path, images: numpy.ndarray) -> None:
    net = alexnet_cpp.AlexNet.load(run)
    classifier = alexnet_cpp.Classifier(net)
    pixels = stripes(0, seed=1002)
    before = classifier.classify(pixels)[0].probability
    net.train_step(numpy.repeat(images, 3, axis=1), [0, 1, 0], 0.01)
    assert classifier.classify(pixels)[0].probability == before


def test_features(run: pathlib.Path) -> None:
    pictures = [stripes(label, seed=2000 + i) for i, label in enumerate((0, 0, 1, 1))]
    rows = alexnet_cpp.features(run, pictures)
    assert rows.shape == (4, 4096) and rows.dtype == numpy.float32 and (rows >= 0).all()
    near, far = numpy.linalg.norm(rows[0] - rows[1]), numpy.linalg.norm(rows[0] - rows[2])
    assert near < far
    assert alexnet_cpp.FeatureExtractor(run, "conv5").features(pictures[0]).size % 256 == 0


def test_explanations(run: pathlib.Path) -> None:
    explainer = alexnet_cpp.Explainer(run)
    pixels = stripes(1, seed=3000)
    seen = explainer.input(pixels)
    assert seen.shape == (64, 64, 3) and seen.dtype == numpy.uint8
    heat = explainer.grad_cam(pixels, 1)
    assert heat.ndim == 2 and heat.dtype == numpy.float32 and (heat >= 0).all()
    assert explainer.activations(pixels, "conv1").shape[0] == 64
    assert explainer.classify(pixels)[0].label == "standing"
    with pytest.raises(ValueError):
        explainer.grad_cam(pixels, 2)
