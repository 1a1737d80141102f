"""Training into a run folder, and evaluating it."""
import json
import os
import pathlib
import signal
import threading
import time
import typing

import numpy
import pytest

import alexnet_cpp
from alexnet_cpp import _core
from conftest import OPTIONS, Training


def test_a_run_learns(run: pathlib.Path, data: pathlib.Path) -> None:
    found = alexnet_cpp.evaluate(run, data)
    assert found.images == 12 and found.top1 == 1.0 and found.loss < 0.5
    assert found.classes == ["lying", "standing"] and found.unknown_classes == []
    assert numpy.array_equal(found.confusion, [[6, 0], [0, 6]])
    assert found.class_images == [6, 6] and "test images" in found.description
    assert found.scores()["macro"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert alexnet_cpp.evaluate(run, data, split="val").images == 8


def test_a_network_is_evaluated_too(run: pathlib.Path, data: pathlib.Path) -> None:
    of_file = alexnet_cpp.evaluate(run, data)
    heard: list[tuple[int, int]] = []
    of_network = alexnet_cpp.evaluate(alexnet_cpp.AlexNet.load(run), data, batch_size=4,
                                      progress=lambda done, total: heard.append((done, total)))
    assert of_network.loss == pytest.approx(of_file.loss, rel=1e-5)
    assert heard[-1] == (12, 12)


def test_it_tells_how_it_goes(training: Training) -> None:
    assert training.steps == list(range(1, 9))
    assert [epoch.epoch for epoch in training.epochs] == [1, 2]
    assert training.epochs[-1].validation_top1 == 1.0 and training.epochs[-1].best
    assert training.result is not None and training.result.steps == 8 and training.result.best_top1 == 1.0
    assert any("images" in message for message in training.messages)
    assert training.threads == {threading.get_ident()}  # that which called


def test_a_recipe_and_what_changes_it(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert alexnet_cpp.recipe_names() == ["krizhevsky2012", "torchvision"]
    alexnet_cpp.train(data, tmp_path / "run", recipe="torchvision", image_size=64, batch_size=8, max_steps=1)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["recipe"] == "torchvision" and config["random_resized_crop"] is True
    assert config["image_size"] == 64 and config["schedule"] == "step"


def test_numbers_of_numpy_are_options_too(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    alexnet_cpp.train(data, tmp_path / "run", image_size=numpy.int64(64), batch_size=numpy.uint8(8),
                      max_steps=numpy.int32(1), learning_rate=numpy.float32(0.0078125))
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["image_size"] == 64 and config["learning_rate"] == 0.0078125


def test_the_types_name_all_options() -> None:
    hints = typing.get_type_hints(alexnet_cpp.TrainOptions)
    assert list(hints) == _core._training_options()

    def words(option: str) -> list[str]:
        return [word for part in typing.get_args(hints[option]) for word in typing.get_args(part)]
    assert words("model") == alexnet_cpp.network_names()
    assert words("recipe") == alexnet_cpp.recipe_names()


@pytest.fixture
def ctrl_c() -> typing.Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_when(wanted: threading.Event, after: float = 0) -> threading.Thread:
    """Ctrl-C, from another thread."""
    def press() -> None:
        wanted.wait(60)
        time.sleep(after)
        os.kill(os.getpid(), signal.SIGINT)
    thread = threading.Thread(target=press)
    thread.start()
    return thread


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_the_work_and_resuming_gives_the_same_bits(run: pathlib.Path, data: pathlib.Path,
                                                                tmp_path: pathlib.Path) -> None:
    wanted = threading.Event()
    thread = interrupt_when(wanted)
    with pytest.raises(KeyboardInterrupt):
        alexnet_cpp.train(data, tmp_path / "run", progress=lambda news: wanted.set() or time.sleep(0.1), **OPTIONS)
    thread.join()
    assert (tmp_path / "run" / "last.safetensors").exists()
    result = alexnet_cpp.train(None, tmp_path / "run", resume=True)
    assert result.steps == 8
    whole, again = alexnet_cpp.AlexNet.load(run), alexnet_cpp.AlexNet.load(tmp_path / "run")
    for name, weights in whole.state_dict().items():
        assert numpy.array_equal(weights, again.state_dict()[name]), name


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_without_a_callback_and_threads_that_go_on(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    ticks = 0
    done, wanted = threading.Event(), threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)
    counter = threading.Thread(target=count)
    counter.start()
    wanted.set()
    with pytest.raises(KeyboardInterrupt):
        thread = interrupt_when(wanted, after=1)
        alexnet_cpp.train(data, tmp_path / "run", **{**OPTIONS, "epochs": 1000})
    thread.join()
    done.set()
    counter.join()
    assert ticks > 100


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_an_evaluation(run: pathlib.Path, data: pathlib.Path) -> None:
    wanted = threading.Event()
    thread = interrupt_when(wanted)
    with pytest.raises(KeyboardInterrupt):
        alexnet_cpp.evaluate(run, data, batch_size=1, progress=lambda *_: wanted.set() or time.sleep(0.1))
    thread.join()


def test_what_a_callback_raises_ends_the_training(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    calls = 0

    def progress(news: alexnet_cpp.TrainProgress) -> None:
        nonlocal calls
        calls += 1
        raise LookupError(f"after step {news.step}")
    with pytest.raises(LookupError, match="after step 1"):
        alexnet_cpp.train(data, tmp_path / "run", progress=progress, **OPTIONS)
    assert calls == 1
    assert (tmp_path / "run" / "last.safetensors").exists()
