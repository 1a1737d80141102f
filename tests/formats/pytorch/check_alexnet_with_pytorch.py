#!/usr/bin/python3
"""Loads a state dict of torchvision's alexnet that the library wrote, and answers with its own.

    python3 tests/formats/pytorch/check_alexnet_with_pytorch.py FILE IMAGES LOGITS COPY

FILE must load strictly into alexnet with 10 classes. IMAGES holds float32 (2, 3, 64, 64); LOGITS gets
what PyTorch makes of them, COPY the state dict of the loaded network. torchvision's own network where
it is installed, else the same layers. Exits with 77 where there is no torch.
"""

import inspect
import sys

try:
    import numpy
    import torch
    from torch import nn
except ImportError:
    sys.exit(77)


class AlexNet(nn.Module):
    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
            nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def new_network() -> nn.Module:
    try:
        from torchvision.models import alexnet
    except ImportError:
        return AlexNet(num_classes=10)
    return alexnet(num_classes=10)


def main() -> None:
    file, images, logits, copy = sys.argv[1:]
    safely = {"weights_only": True} if "weights_only" in inspect.signature(torch.load).parameters else {}
    state = torch.load(file, **safely)
    assert len(state) == 16, len(state)
    network = new_network().eval()
    network.load_state_dict(state, strict=True)
    batch = torch.from_numpy(numpy.fromfile(images, dtype=numpy.float32)).reshape(2, 3, 64, 64)
    with torch.no_grad():
        network(batch).numpy().tofile(logits)
    torch.save(network.state_dict(), copy)


if __name__ == "__main__":
    main()
