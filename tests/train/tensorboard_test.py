"""Event files as TensorBoard reads them: tensorboard_test.py ALEXNET

Trains, killed before the first checkpoint and again after it, and resumed each time: TensorBoard must find what
metrics.jsonl holds, every step once. Exit code 77, and a word, where TensorBoard is missing.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    print("skipped: TensorBoard is not installed")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from idx_patterns import write_idx  # noqa: E402

TAGS = {"step": {"training/loss": "loss", "training/accuracy": "accuracy", "training/learning_rate": "learning_rate"},
        "epoch": {"epoch/loss": "loss", "epoch/accuracy": "accuracy", "validation/loss": "validation_loss",
                  "validation/top1": "validation_top1", "validation/top5": "validation_top5"}}


def metrics(run):
    path = os.path.join(run, "metrics.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def kill_when(process, condition):
    """As kill -9 does it, so that nothing more is written."""
    while not condition():
        assert process.poll() is None, "the run ended by itself"
        time.sleep(0.002)
    process.kill()
    process.wait()


def train(alexnet, folder):
    """Steps 1 to 50 without a checkpoint, then an epoch of 57 steps and some, then to the end."""
    run = os.path.join(folder, "run")
    checkpoint = os.path.join(run, "last.safetensors")
    begin = [alexnet, "train", "data", "--model", "alexnet-2012", "--image-size", "63", "--batch-size", "2", "--epochs", "2",
             "--lr", "0.001", "--tensorboard", "--no-report", "--out", "run"]
    resume = [alexnet, "train", "--resume", "--tensorboard", "--no-report", "--out", "run"]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    kill_when(subprocess.Popen(begin, **quiet), lambda: metrics(run))
    assert not os.path.exists(checkpoint), "the first run was not killed in time"
    kill_when(subprocess.Popen(resume, **quiet),
              lambda: os.path.exists(checkpoint) and any(line["step"] == 100 for line in metrics(run)))
    subprocess.run(resume, check=True, **quiet)
    return run


def as_float(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def check(run):
    found = EventAccumulator(run)
    found.Reload()
    assert sum(name.startswith("events.out") for name in os.listdir(run)) == 3
    for event, tags in TAGS.items():
        lines = [line for line in metrics(run) if line["event"] == event]
        assert lines, event
        for tag, key in tags.items():
            shown = [(scalar.step, scalar.value) for scalar in found.Scalars(tag)]
            expected = [(line["step"], as_float(line[key])) for line in lines]
            assert shown == expected, (tag, shown, expected)


def main(alexnet):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "data"))
        write_idx(os.path.join(folder, "data"), "train", 120)
        write_idx(os.path.join(folder, "data"), "t10k", 10)
        check(train(os.path.abspath(alexnet), folder))
    print("passed")
    return 0


sys.exit(main(*sys.argv[1:]))
