"""What is measured."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Task:
    """`kind` is inference, training, start (of a process, to its first answer) or memory. A model
    lpips-WIDTHxHEIGHT compares `batch` pairs of images of that size. Beside run `busy` loops that
    want a processor each."""

    kind: str
    model: str = "alexnet"
    batch: int = 1
    threads: int = 2
    busy: int = 0

    def __str__(self) -> str:
        beside = f" busy{self.busy}" if self.busy else ""
        return f"{self.kind} {self.model} b{self.batch} t{self.threads}{beside}"

    @property
    def undisturbed(self) -> "Task":
        return replace(self, busy=0)

    @property
    def network(self) -> str:
        return "lpips" if self.model.startswith("lpips-") else "alexnet"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the images of a pair."""
        width, height = self.model.removeprefix("lpips-").split("x")
        return int(width), int(height)

    @property
    def weights(self) -> str:
        return f"{'lpips' if self.network == 'lpips' else self.model}.safetensors"

    @property
    def inputs(self) -> str:
        if self.network == "lpips":
            return "pixels.u8"
        return "inputs-1x64x64.f32" if self.model == "alexnet-64" else "inputs-3x224x224.f32"

    @property
    def low_precision(self) -> bool:
        """Whether precisions below float32 are measured too."""
        if self.kind == "start" or self.busy:
            return False
        return self.kind == "training" or self.model == "alexnet"


UNDISTURBED = (
    *(Task("inference", batch=batch, threads=threads)
      for batch in (1, 8, 32, 128) for threads in (1, 2)),
    *(Task("inference", "alexnet-2012", batch) for batch in (1, 32)),
    Task("training", batch=64),
    Task("training", "alexnet-64", batch=128),
    Task("start"),
    Task("memory"),
    Task("inference", "lpips-64x64"),
    Task("inference", "lpips-64x64", batch=32),
    Task("inference", "lpips-256x256"),
    Task("inference", "lpips-1920x1080"),
    Task("inference", "lpips-3840x2160"),
    Task("start", "lpips-256x256"),
    Task("memory", "lpips-3840x2160"),
)
DISTURBED = Task("inference", batch=32), Task("training", "alexnet-64", batch=128)
TASKS = tuple(replace(task, busy=busy) for task in UNDISTURBED
              for busy in ((0, 1, 2) if task in DISTURBED else (0,)))
