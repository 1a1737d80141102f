#!/usr/bin/env python3
"""Trains AlexNet on labelled images, looks at what it learned, and compares it with PyTorch: tour.py [DATA [RUN]]

The parts between # %% are cells: editors that know notebooks run them one by one.
"""
# %% Data: a known set's name, or a folder of class folders of images.
from __future__ import annotations

import pathlib
import sys

import numpy as np

import alexnet_cpp

DATA = sys.argv[1] if len(sys.argv) > 1 else "fashion-mnist"
RUN = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "runs/tour")


# %% Train: 40 steps into a run folder. Ctrl-C keeps the work; resume=True goes on.
def show_step(step: alexnet_cpp.TrainProgress) -> None:
    if step.step % 10 == 0:
        print(f"step {step.step}: loss {step.loss:.3f}, {step.accuracy:.0%} right, {step.images_per_second:.0f} images/s")


result = alexnet_cpp.train(DATA, RUN, resume=True, epochs=1, max_steps=40, batch_size=32,
                           progress=show_step)
print(result)

# %% Evaluate: a table of what was taken for what.
found = alexnet_cpp.evaluate(RUN, DATA)
print(f"{found.images} {found.description}: {found.top1:.1%} right")
print(found.confusion)

# %% Look: arrays of NumPy go in, and come out.
net = alexnet_cpp.AlexNet.load(RUN)
images = np.random.default_rng(1).standard_normal((4, net.ch_in, *net.image_size), dtype=np.float32)
print(net, "log-probabilities", net(images).shape, "features", net.features(images).shape)

filters = net.state_dict()["features.0.weight"]
print(f"{len(filters)} filters of {filters.shape[1:]}; the strongest is number {np.abs(filters).sum((1, 2, 3)).argmax()}")

# %% Look at a picture: its classes, and where Grad-CAM sees the best of them. Here the picture is a circle.
rows, columns = np.mgrid[-1:1:64j, -1:1:64j]
picture = np.where(np.hypot(rows, columns) < 0.7, 220, 0).astype(np.uint8)
best = alexnet_cpp.Classifier(RUN).classify(picture, top=3)
print(*best, sep="\n")
heat = alexnet_cpp.Explainer(RUN).grad_cam(picture, best[0].index)
for row in heat / max(float(heat.max()), 1e-9):
    print("".join(" .:-=+*#%@"[int(9 * value)] for value in row))

# %% Beside PyTorch: the same weights, a training step of each, without copies of the images.
try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("PyTorch is not installed: nothing to compare with")

features = nn.Sequential(
    nn.Conv2d(net.ch_in, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(),
    nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(), nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(),
    nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6), nn.Flatten())
classifier = nn.Sequential(
    nn.Identity(), nn.Linear(9216, 4096), nn.ReLU(), nn.Identity(), nn.Linear(4096, 4096), nn.ReLU(),
    nn.Linear(4096, net.d_out))
twin = nn.ModuleDict({"features": features, "classifier": classifier})
twin.load_state_dict({name: torch.from_numpy(weights) for name, weights in net.state_dict().items()})
optimiser = torch.optim.SGD(twin.parameters(), lr=0.001, momentum=0.9, weight_decay=5e-4)

same = alexnet_cpp.AlexNet(net.ch_in, net.d_out, dropout=0, momentum=0.9, weight_decay=5e-4)
same.load_state_dict(net.state_dict())
batch, labels = torch.from_numpy(images), torch.tensor([0, 1, 0, 1])
for step in range(3):
    loss = nn.functional.cross_entropy(classifier(features(batch)), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    print(f"step {step}: loss here {same.train_step(batch, labels, 0.001):.6f}, in PyTorch {loss.item():.6f}")
