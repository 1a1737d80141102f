"""A peer's side of the comparison: the requests of worker.cpp, and `prepare`.

    worker.py BACKEND SETTING FOLDER

FOLDER keeps the peer's own files. Further requests:
    {"do": "prepare", "model": PATH}   {}   writes the model in the peer's format, unless there
    {"do": "version"}                  {"version": "1.2.3"}
"""

import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import model_file


class Inference:
    def __init__(self, predict: Callable, images: np.ndarray):
        self._predict, self._images = predict, images

    def check(self) -> np.ndarray:
        return self._predict(self._images)

    def run(self) -> None:
        self._predict(self._images)


class Comparison:
    def __init__(self, compare: Callable):
        self.check = self.run = compare


def read_images(task: dict) -> np.ndarray:
    """The first images of the inputs' file, normalised float32."""
    shape = task["batch"], *model_file.input_shape(Path(task["model"]))
    return np.fromfile(task["inputs"], np.float32, int(np.prod(shape))).reshape(shape)


def read_pairs(task: dict) -> np.ndarray:
    """The first pairs of the inputs' file, bytes (batch, 2, h, w, 3)."""
    width, height = task["size"]
    shape = task["batch"], 2, height, width, 3
    return np.fromfile(task["inputs"], np.uint8, int(np.prod(shape))).reshape(shape)


class Worker:
    def __init__(self, backend: str, setting: str, folder: Path):
        self._backend = importlib.import_module(f"backends.{backend}")
        self._setting, self._folder = setting, folder
        self._job = None

    def answer(self, request: dict) -> dict:
        return getattr(self, request.pop("do"))(**request) or {}

    def version(self) -> dict:
        return {"version": self._backend.version()}

    def prepare(self, model: str) -> None:
        self._prepared(model)

    def load(self, task: dict) -> None:
        self.unload()
        file = self._prepared(task["model"])
        if "size" in task:
            self._job = Comparison(self._backend.comparer(self._setting, file, read_pairs(task),
                                                          task["threads"]))
            return
        images = read_images(task)
        if task["task"] == "training":
            self._job = self._backend.trainer(self._setting, file, images, task["threads"])
        else:
            predict = self._backend.predictor(self._setting, file, task["batch"], task["threads"])
            self._job = Inference(predict, images)

    def check(self, file: str) -> None:
        np.ascontiguousarray(self._job.check(), np.float32).tofile(file)

    def run(self, count: int) -> dict:
        milliseconds = []
        for _ in range(count):
            start = time.perf_counter()
            self._job.run()
            milliseconds.append(1e3 * (time.perf_counter() - start))
        return {"ms": milliseconds}

    def memory(self) -> dict:
        return {"mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}

    def unload(self) -> None:
        self._job = None
        gc.collect()

    def _prepared(self, model: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._backend.prepare(self._setting, Path(model), self._folder)


def main(backend: str, setting: str, folder: str) -> None:
    # Answers go to a copy of stdout; what libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        try:
            worker = worker or Worker(backend, setting, Path(folder))
            reply = worker.answer(json.loads(line))
        except Exception as error:  # whatever a peer throws becomes its answer
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
