"""Measures the contenders of a task, turn about."""

import json
import math
import random
import subprocess
import time
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from busy import busy
from client import Failed, Worker
from peers import Setting
from tasks import Task

TOLERANCES = {"fp32": 1e-3, "fp16": 1e-2, "bf16": 5e-2, "int8": 1e-1}  # of the largest logit
DISTANCE_TOLERANCE = 1e-4  # relative
TURN_MS = 150  # a turn repeats a task for about so long, five times at most
MOST_REPEATS = 5
TASK_SECONDS = 60  # then a task has had rounds enough
LEAST_ROUNDS = 5
HOPELESS = 1.3  # times slower than its peer's best setting after two rounds: given up
MEMORY_RUNS = 3


@dataclass
class Contender:
    """A program in one of its settings. `result` is in ms or, for memory, in MiB."""

    who: str
    setting: Setting
    command: list  # starts its worker
    answer: list  # predicts the picture, or compares two, in a new process
    log: Path
    worker: Worker | None = None
    samples: list[float] = field(default_factory=list)
    problem: str = ""

    @property
    def result(self) -> float | None:
        return median(self.samples) if self.samples and not self.problem else None


def measure(task: Task, contenders: list[Contender], folder: Path, rounds: int) -> None:
    """Fills in samples and problems; our contenders come first."""
    for contender in contenders:
        contender.samples, contender.problem = [], ""
    if task.kind == "memory":
        _measure_memory(task, contenders, folder)
    elif task.kind == "start":
        _measure_start(contenders, rounds)
    else:
        _measure_speed(task, contenders, folder, rounds)


def _request(task: Task, contender: Contender, folder: Path) -> dict:
    request = {"task": task.kind, "model": str(folder / task.weights), "batch": task.batch,
               "inputs": str(folder / task.inputs), "threads": task.threads,
               "precision": contender.setting.precision}
    return request | ({"size": task.size} if task.network == "lpips" else {})


def _measure_speed(task: Task, contenders: list[Contender], folder: Path, rounds: int) -> None:
    repeats, expected = {}, None
    for contender in contenders:
        try:
            contender.worker = contender.worker or Worker(contender.command, contender.log)
            contender.worker.ask("load", task=_request(task, contender, folder))
            output = _output(contender, folder / "output.f32")
            expected = expected or output
            check = _check_distances if task.network == "lpips" else _check_logits
            check(task, contender, expected, output)
            warm = contender.worker.ask("run", count=2)["ms"][-1]
            repeats[id(contender)] = max(1, min(MOST_REPEATS, int(TURN_MS / warm)))
        except Failed as failure:
            contender.problem = str(failure)
    running = [c for c in contenders if not c.problem]
    with busy(task.busy, task.threads):
        _take_turns(running, repeats, rounds)
    for contender in contenders:
        _leave(contender)


def _take_turns(running: list[Contender], repeats: dict[int, int], rounds: int) -> None:
    begin = time.monotonic()
    for number in range(rounds):
        random.Random(number).shuffle(running)
        for contender in running:
            try:
                answer = contender.worker.ask("run", count=repeats[id(contender)])
                contender.samples += answer["ms"]
            except Failed as failure:
                contender.problem = str(failure)
        running = _promising(running) if number >= 1 else running
        if number + 1 >= LEAST_ROUNDS and time.monotonic() - begin > TASK_SECONDS:
            break


def _leave(contender: Contender) -> None:
    """Frees what the task took; a worker that failed is started again the next time."""
    try:
        if contender.worker and not contender.problem:
            contender.worker.ask("unload")
            return
    except Failed as failure:
        contender.problem = str(failure)
    if contender.worker:
        contender.worker.close()
        contender.worker = None


def _promising(running: list[Contender]) -> list[Contender]:
    """Without the settings that will not be their program's best."""
    best = defaultdict(lambda: float("inf"))
    running = [c for c in running if not c.problem]
    for c in running:
        key = c.who, c.setting.precision
        best[key] = min(best[key], c.result)
    return [c for c in running if c.result <= HOPELESS * best[c.who, c.setting.precision]]


def _output(contender: Contender, file: Path) -> array:
    file.unlink(missing_ok=True)
    contender.worker.ask("check", file=str(file))
    output = array("f")
    output.frombytes(file.read_bytes())
    return output


def _check_distances(task: Task, _: Contender, expected: array, distances: array) -> None:
    """Throws Failed unless each distance is ours."""
    if not len(distances) == len(expected) == task.batch:
        raise Failed(f"disagrees: {len(distances)} distances in place of {task.batch}")
    error = max(abs(a - b) / a for a, b in zip(expected, distances))
    if not error <= DISTANCE_TOLERANCE:
        raise Failed(f"disagrees: a distance by {error:.2g}, relative")


def _check_logits(task: Task, contender: Contender, expected: array, logits: array) -> None:
    """Throws Failed unless the logits are near ours and, in lower precisions, so are the best."""
    if len(logits) != len(expected):
        raise Failed(f"disagrees: {len(logits)} logits in place of {len(expected)}")
    largest = max(map(abs, expected))
    error = max(abs(a - b) for a, b in zip(expected, logits)) / largest
    tolerance = TOLERANCES[contender.setting.precision]
    if not error <= tolerance:
        raise Failed(f"disagrees: by {error:.2g} of the largest logit")
    if contender.setting.precision != "fp32":
        width = len(logits) // task.batch
        for i in range(0, len(logits), width):
            _check_best(expected[i:i + width], logits[i:i + width], tolerance * largest)


def _check_best(expected: array, logits: array, tolerance: float) -> None:
    """The best class is one of our best five and, by our scores, as good as the best: with the near
    ties of random weights it need not be the same."""
    ranked = sorted(range(len(expected)), key=expected.__getitem__, reverse=True)
    best = max(range(len(logits)), key=logits.__getitem__)
    gap = expected[ranked[0]] - expected[best]
    if best not in ranked[:5] or gap > tolerance:
        raise Failed(f"disagrees: class {best}, {gap:.2g} below our best, {ranked[0]}")


def _measure_memory(task: Task, contenders: list[Contender], folder: Path) -> None:
    for contender in contenders:
        try:
            # What a peer has to write first is written by another process than the measured one.
            with Worker(contender.command, contender.log) as worker:
                worker.ask("prepare", model=str(folder / task.weights))
            with Worker(contender.command, contender.log) as worker:
                worker.ask("load", task=_request(task, contender, folder))
                worker.ask("run", count=MEMORY_RUNS)
                contender.samples.append(worker.ask("memory")["mib"])
        except Failed as failure:
            contender.problem = str(failure)


def _measure_start(contenders: list[Contender], rounds: int) -> None:
    expected = None
    for number in range(1 + rounds):  # the first fills the page cache and is not counted
        for contender in contenders:
            if contender.problem:
                continue
            milliseconds, line = _first_line(contender)
            if not line:
                contender.problem = f"printed nothing; see {contender.log}"
                continue
            answer = _answer_in(line)
            expected = answer if expected is None else expected
            if not math.isclose(answer, expected, rel_tol=DISTANCE_TOLERANCE):  # classes are equal
                contender.problem = f"disagrees: answers {answer} in place of {expected}"
            if number > 0:
                contender.samples.append(milliseconds)


def _first_line(contender: Contender) -> tuple[float, str]:
    """Milliseconds to the first line of its output, and the line."""
    with open(contender.log, "w", encoding="utf-8") as errors:
        begin = time.perf_counter()
        with subprocess.Popen(contender.answer, stdout=subprocess.PIPE, stderr=errors,
                              text=True) as process:
            line = process.stdout.readline()
            milliseconds = 1e3 * (time.perf_counter() - begin)
    return milliseconds, line


def _answer_in(line: str) -> float:
    """A class or a distance. `alexnet --json` answers with an object, the peers with a number."""
    answer = json.loads(line)
    if not isinstance(answer, dict):
        return answer
    if "distances" in answer:
        return answer["distances"][0]["distance"]
    return answer["predictions"][0]["top"][0]["index"]
