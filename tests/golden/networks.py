"""The networks of src/model/networks.cpp in PyTorch, giving logits.

Children stand where torchvision has them, so that state_dict() uses the project's names.
"""

from torch import Tensor, nn

HIDDEN = 4096


class Network(nn.Module):
    """features, pool, classifier; `overhang` zeros are added at the right and the bottom."""

    def __init__(self, features: nn.Module, pool: nn.Module, classifier: nn.Module, overhang: int):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, overhang, 0, overhang))
        self.features, self.avgpool, self.classifier = features, pool, classifier

    def forward(self, images: Tensor) -> Tensor:
        """(n, c, h, w) to logits (n, classes)."""
        return self.classifier(self.avgpool(self.features(self.pad(images))).flatten(1))


def alexnet(channels: int, classes: int, dropout: float = 0.0) -> Network:
    """torchvision's AlexNet."""
    features = nn.Sequential(
        nn.Conv2d(channels, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2))
    classifier = nn.Sequential(
        nn.Dropout(dropout), nn.Linear(9216, HIDDEN), nn.ReLU(),
        nn.Dropout(dropout), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes))
    return Network(features, nn.AdaptiveAvgPool2d(6), classifier, overhang=0)


def alexnet_2012(channels: int, classes: int) -> Network:
    """The network of the 2012 paper for 224 pixels: the last window of conv1 hangs over by 3."""
    norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    features = nn.Sequential(
        nn.Conv2d(channels, 96, 11, stride=4), nn.ReLU(), norm, pool,
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm, pool,
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), pool)
    classifier = nn.Sequential(
        nn.Linear(9216, HIDDEN), nn.ReLU(), nn.Identity(),
        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Identity(), nn.Linear(HIDDEN, classes))
    return Network(features, nn.Identity(), classifier, overhang=3)
