"""LPIPS: the fixtures that the Python package made (tests/golden), and its properties."""
import json
import pathlib
import sys

import numpy
import pytest

import alexnet_cpp

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
sys.path.insert(0, str(GOLDEN))
import philox  # noqa: E402

ANSWERS = json.loads((GOLDEN / "lpips.json").read_text())
PACKAGE = 1e-5  # relative


@pytest.fixture(scope="module")
def trunk() -> alexnet_cpp.AlexNet:
    """The network of variant 0.1."""
    net = alexnet_cpp.AlexNet(3, 2)
    state = net.state_dict()
    bounds = ANSWERS["bounds"]["0.1"]
    names = [name for name in state if name.startswith("features.")]
    for i, (name, bound) in enumerate(zip(names, bounds, strict=True)):
        key = philox.Key(ANSWERS["seed"], philox.Purpose.PARAMETERS, minor=i)
        high = numpy.float32(bound)
        state[name] = philox.uniform(key, state[name].size, -high, high).reshape(state[name].shape)
    net.load_state_dict(state)
    return net


@pytest.fixture(scope="module")
def lpips(trunk: alexnet_cpp.AlexNet) -> alexnet_cpp.Lpips:
    return alexnet_cpp.Lpips(trunk)


def pixels(seed: int, height: int = 40, width: int = 36) -> numpy.ndarray:
    return numpy.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=numpy.uint8)


def floats(image: numpy.ndarray) -> numpy.ndarray:
    return numpy.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=numpy.float32) / numpy.float32(255)


def test_black_and_white_are_as_far_apart_as_the_package_says(lpips: alexnet_cpp.Lpips) -> None:
    cases = [case for case in ANSWERS["cases"] if case["pair"].startswith("black white")]
    assert cases
    for case in cases:
        black = numpy.zeros((case["height"], case["width"], 3), numpy.uint8)
        expected = case["distances"]["0.1"][0]
        assert lpips.distance(black, black + 255) == pytest.approx(expected, rel=PACKAGE)


def test_all_ways_give_one_number(lpips: alexnet_cpp.Lpips, trunk: alexnet_cpp.AlexNet, tmp_path: pathlib.Path) -> None:
    one, two = pixels(1), pixels(2)
    distance = lpips.distance(one, two)
    assert distance > 0 and lpips.distance(one, one) == 0
    assert lpips.distance(two, one) == pytest.approx(distance, rel=1e-6)
    found = lpips.distances(numpy.concatenate([floats(one), floats(one)]), numpy.concatenate([floats(two), floats(one)]))
    assert found.dtype == numpy.float64 and found == pytest.approx([distance, 0], rel=1e-5)
    assert lpips.map(one, two).shape == (40, 36)
    trunk.save(tmp_path / "net.safetensors")
    of_file = alexnet_cpp.Lpips(tmp_path / "net.safetensors", threads=1)
    assert of_file.distance(one, two) == pytest.approx(distance, rel=1e-6)


def test_other_numbers(lpips: alexnet_cpp.Lpips, trunk: alexnet_cpp.AlexNet) -> None:
    one, two = pixels(1), pixels(2)
    numbers = {lpips.distance(one, two), alexnet_cpp.Lpips(trunk, version="0.0").distance(one, two)}
    assert len(numbers) == 2
    assert alexnet_cpp.Lpips(trunk, epsilon="torchmetrics").distance(one, two) > 0


def test_the_gradient_leads_down(lpips: alexnet_cpp.Lpips) -> None:
    reference, image = floats(pixels(1)), floats(pixels(2))
    distances, gradient = lpips.gradient(reference, image)
    assert gradient.shape == image.shape and gradient.dtype == numpy.float32
    nearer = numpy.clip(image - numpy.sign(gradient) / numpy.float32(255), 0, 1)
    assert lpips.distances(reference, nearer)[0] < distances[0]
    _, zero = lpips.gradient(reference, reference)
    assert not zero.any()


def test_the_gradient_is_torchs_way_in(lpips: alexnet_cpp.Lpips) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    reference, image = floats(pixels(1)), torch.from_numpy(floats(pixels(2)))
    _, gradient = lpips.gradient(reference, image)
    assert torch.from_numpy(gradient).shape == image.shape


def test_what_cannot_be_compared(lpips: alexnet_cpp.Lpips) -> None:
    with pytest.raises(ValueError, match="cannot be compared; resize"):
        lpips.distance(pixels(1), pixels(2, width=37))
    with pytest.raises(ValueError, match="0 to 1"):
        lpips.distances(floats(pixels(1)) * 255, floats(pixels(2)))
    with pytest.raises(TypeError, match="references are float32, not uint8"):
        lpips.distances(pixels(1), floats(pixels(2)))
    with pytest.raises(ValueError, match="choose one of 0.1, 0.0"):
        alexnet_cpp.Lpips(alexnet_cpp.AlexNet(3, 2), version="0.2")
    with pytest.raises(NotImplementedError, match="for RGB images"):
        alexnet_cpp.Lpips(alexnet_cpp.AlexNet(1, 2))
