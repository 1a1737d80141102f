"""AlexNet in C++: train it, evaluate it, classify images with it, look at what it sees.

    net = alexnet_cpp.AlexNet(ch_in=1, d_out=10)
    log_probabilities = net(images)                     # float32 (n, 1, h, w) to (n, 10)
    loss = net.train_step(images, labels, learning_rate=0.01)

    alexnet_cpp.train("fashion-mnist", "runs/fashion", epochs=3)
    alexnet_cpp.evaluate("runs/fashion", "fashion-mnist").top1
    alexnet_cpp.Classifier("runs/fashion").classify("dress.png")

Errors are Python's: ValueError for what is wrong, NotFoundError (a FileNotFoundError and a ValueError) for what does
not exist, OSError for reading and writing, NotImplementedError for what this version or machine cannot do, TypeError
for arrays of another kind.
"""
from ._core import (AlexNet, BadImage, Classifier, EpochSummary, Evaluation, Explainer, FeatureExtractor,
                    Lpips, NotFoundError, Prediction, TrainProgress, TrainResult, _version, evaluate, network_names,
                    recipe_names)
from ._features import features
from ._training import TrainOptions, train

__version__ = _version()

__all__ = ["AlexNet", "BadImage", "Classifier", "EpochSummary", "Evaluation", "Explainer", "FeatureExtractor",
           "Lpips", "NotFoundError", "Prediction", "TrainOptions", "TrainProgress", "TrainResult", "__version__", "evaluate",
           "features", "network_names", "recipe_names", "train"]
