"""LPIPS beside the Python package itself, where it is installed: distances, maps and gradients."""
import numpy
import pytest

import alexnet_cpp

package = pytest.importorskip("lpips", reason="the package lpips is not installed")
import torch  # noqa: E402

CLOSE = 1e-5  # relative
SIZES = ((31, 31), (64, 64), (65, 97), (131, 300), (240, 161))


class Both:
    """The package's network, in float64, and ours on the same random trunk."""

    def __init__(self, version: str, spatial: bool = False) -> None:
        torch.manual_seed(23)
        self.theirs = package.LPIPS(net="alex", version=version, pnet_rand=True, spatial=spatial, verbose=False)
        self.theirs = self.theirs.double().eval()
        net = alexnet_cpp.AlexNet(3, 2)
        state = net.state_dict()
        for (name, mine), tensor in zip(state.items(), self.theirs.net.parameters(), strict=False):
            assert name.startswith("features.") and mine.shape == tuple(tensor.shape)
            state[name] = tensor.detach().float().numpy()
            tensor.data = torch.from_numpy(state[name]).double()  # what both compute with
        net.load_state_dict(state)
        self.ours = alexnet_cpp.Lpips(net, version=version)


def pair(height: int, width: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """A slope under noise, and the same with other noise."""
    random = numpy.random.default_rng(height * width)
    slope = numpy.linspace(0, 127, height)[:, None, None]
    noise = random.integers(0, 96, (2, height, width, 3))
    one, two = (slope + noise).astype(numpy.uint8)
    return one, two


def tensor(image: numpy.ndarray) -> torch.Tensor:
    """(1, 3, h, w) in 0 … 1."""
    return torch.from_numpy(image / 255.0).permute(2, 0, 1)[None].contiguous()


@pytest.mark.parametrize("version", ["0.1", "0.0"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_distances(version: str, size: tuple[int, int]) -> None:
    both = Both(version)
    one, two = pair(*size)
    theirs = both.theirs(tensor(one), tensor(two), normalize=True).item()
    assert theirs > 0
    assert both.ours.distance(one, two) == pytest.approx(theirs, rel=CLOSE)


def test_maps() -> None:
    both = Both("0.1", spatial=True)
    one, two = pair(65, 97)
    theirs = both.theirs(tensor(one), tensor(two), normalize=True).detach().numpy()[0, 0]
    ours = both.ours.map(one, two)
    assert ours == pytest.approx(theirs, rel=CLOSE, abs=CLOSE * theirs.max())


def test_gradients() -> None:
    both = Both("0.1")
    one, two = pair(65, 97)
    image = tensor(two).requires_grad_()
    both.theirs(tensor(one), image, normalize=True).sum().backward()
    theirs = image.grad.numpy()
    _, ours = both.ours.gradient(tensor(one).float().numpy(), tensor(two).float().numpy())
    assert numpy.abs(ours - theirs).max() < 1e-4 * numpy.abs(theirs).max()
