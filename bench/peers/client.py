"""Talks to a worker: one line of JSON there, one back."""

import json
import select
import signal
import subprocess
from pathlib import Path

PATIENCE = 600  # seconds for one answer


class Failed(Exception):
    """What a worker answered in place of a result."""


class Worker:
    """A worker process, stopped (SIGSTOP) whenever it is not asked, so that it cannot spin."""

    def __init__(self, command: list, log: Path):
        self._log = log
        with open(log, "w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                             stdout=subprocess.PIPE, stderr=errors)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, do: str, **details) -> dict:
        """Throws Failed when the worker answers with an error, not in time, or not at all."""
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed(f"ended; see {self._log}") from error
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise Failed(f"{'ended' if ready else 'no answer'}; see {self._log}")
        self._process.send_signal(signal.SIGSTOP)
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"].splitlines()[0][:200])
        return answer
