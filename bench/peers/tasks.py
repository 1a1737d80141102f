"""What is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """`kind` is inference, training, start (of a process, to its first prediction) or memory."""

    kind: str
    model: str = "alexnet"
    batch: int = 1
    threads: int = 2

    def __str__(self) -> str:
        return f"{self.kind} {self.model} b{self.batch} t{self.threads}"

    @property
    def inputs(self) -> str:
        return "inputs-1x64x64.f32" if self.model == "alexnet-64" else "inputs-3x224x224.f32"

    @property
    def low_precision(self) -> bool:
        """Whether precisions below float32 are measured too."""
        return self.kind == "training" or (self.kind != "start" and self.model == "alexnet")


TASKS = (
    *(Task("inference", batch=batch, threads=threads)
      for batch in (1, 8, 32, 128) for threads in (1, 2)),
    *(Task("inference", "alexnet-2012", batch) for batch in (1, 32)),
    Task("training", batch=64),
    Task("training", "alexnet-64", batch=128),
    Task("start"),
    Task("memory"),
)
