#!/usr/bin/python3
"""Loads a state dict that write_pytorch wrote, as a user of PyTorch would.

    python3 tests/formats/pytorch/check_with_pytorch.py FILE COPY

FILE has `features.0` and `classifier.1` as `Network` below, whose numbers count up from the
parameter's place, and nothing else. Saves what was loaded as COPY, for the reader. Prints the
version of torch, or exits with 77 where there is no torch.
"""

import inspect
import sys
from collections import OrderedDict

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit(77)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 64, 11))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(256, 1030))


def main() -> None:
    file, copy = sys.argv[1:]
    safely = {"weights_only": True} if "weights_only" in inspect.signature(torch.load).parameters else {}
    loaded = torch.load(file, **safely)
    assert isinstance(loaded, OrderedDict)
    assert list(loaded) == list(Network().state_dict()), list(loaded)
    network = Network()
    network.load_state_dict(loaded, strict=True)
    for place, parameter in enumerate(network.parameters()):
        expected = torch.arange(parameter.numel(), dtype=torch.float32) + place
        assert torch.equal(parameter.detach(), expected.reshape(parameter.shape)), place
    for tensor in loaded.values():
        assert tensor.is_contiguous() and not tensor.requires_grad
    torch.save(network.state_dict(), copy)
    print(torch.__version__)


if __name__ == "__main__":
    main()
