"""Processes that compute beside what is measured."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Ends when whoever started it has ended.
LOOP = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextlib.contextmanager
def busy(count: int, threads: int) -> Iterator[None]:
    """So many loops that want one of the `threads` processors that a program under test uses each,
    and one for every further processor."""
    if count > 0:
        count += max(0, len(os.sched_getaffinity(0)) - threads)
    loops: list[subprocess.Popen] = []
    try:
        for _ in range(count):
            loops.append(subprocess.Popen([sys.executable, "-c", LOOP]))
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
