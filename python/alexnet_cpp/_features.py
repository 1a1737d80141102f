from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Union

import numpy
import numpy.typing

from ._core import AlexNet, FeatureExtractor

Picture = Union[str, "os.PathLike[str]", bytes, numpy.typing.NDArray[numpy.uint8]]


def features(weights: AlexNet | str | os.PathLike[str], images: Iterable[Picture],
             layer: str = "fc7") -> numpy.typing.NDArray[numpy.float32]:
    """A layer's activations, after its ReLU, for images: (len(images), n).

    weights: a file, a run folder, or a network. images: paths, bytes of files or uint8 pixels, as for Classifier.
    layer: torchvision's name ("features.10") or the paper's ("conv5", "fc7").
    """
    extractor = FeatureExtractor(weights, layer)
    rows = [extractor.features(image) for image in images]
    if not rows:
        raise ValueError("there are no images to take features of")
    return numpy.stack(rows)
