"""Who is compared, in which settings, and how each is installed."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
BIG = 1.0  # GB; what is bigger is asked about first


class Missing(Exception):
    """Why a peer cannot be had."""


@dataclass(frozen=True)
class Setting:
    """A way to run a peer. Precisions below fp32 are measured only where tasks.py says."""

    name: str
    precision: str = "fp32"
    tasks: tuple[str, ...] = ("inference", "memory", "start")
    network: str = "alexnet"  # whose tasks: alexnet's, or those of lpips


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    backend: str
    settings: tuple[Setting, ...]
    packages: tuple[str, ...] = ()  # PyPI's
    alone: tuple[str, ...] = ()  # PyPI's, installed without what they depend on
    gigabytes: float = 0.3  # installed
    debian: tuple[str, ...] = ()  # packages in place of an environment of our own

    def python(self, cache: Path, yes: bool) -> Path:
        """The interpreter that has the peer, which is installed when it is missing."""
        if self.debian:
            return self._system_python()
        environment = cache / f"venv-{self.name}"
        python = environment / "bin" / "python"
        done = environment / "complete"
        if not done.exists():
            self._ask(yes)
            print(f"installing {self.title} into {environment}", file=sys.stderr)
            try:
                self._install(environment, python)
            except subprocess.CalledProcessError as error:
                raise Missing(f"installing failed: {' '.join(map(str, error.cmd))}") from error
            done.touch()
        return python

    def _system_python(self) -> Path:
        python = Path("/usr/bin/python3")
        check = subprocess.run(["dpkg", "--status", *self.debian], capture_output=True, check=False)
        if check.returncode != 0:
            raise Missing(f"needs Debian's packages: apt-get install {' '.join(self.debian)}")
        return python

    def _ask(self, yes: bool) -> None:
        if self.gigabytes <= BIG or yes:
            return
        if not sys.stdin.isatty():
            raise Missing(f"not installed, takes {self.gigabytes} GB: give --yes")
        if input(f"{self.title} takes {self.gigabytes} GB. Install it? [y/N] ").lower() != "y":
            raise Missing("not wanted")

    def _install(self, environment: Path, python: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *self.packages], check=True)
        if self.alone:
            subprocess.run([*pip, "--no-deps", *self.alone], check=True)
        for library in environment.glob("lib/*/site-packages/torch/lib"):
            subprocess.run([sys.executable, HERE / "no_cuda.py", library], check=True)


OUR_SETTINGS = (Setting("fp32", tasks=("inference", "training", "memory", "start")),
                Setting("bf16", "bf16", tasks=("inference", "training", "memory")),
                Setting("fp16", "fp16", tasks=("inference", "memory")),
                Setting("int8", "int8", tasks=("inference", "memory")),
                Setting("lpips", network="lpips"))
OURS = Peer("alexnet", "alexnet", "", OUR_SETTINGS)
CLANG = Peer("alexnet-clang", "alexnet (Clang)", "", OUR_SETTINGS)

WARM = ("inference", "memory")
# torch itself comes without its dependencies: see no_cuda.py. These are the others.
TORCH_NEEDS = ("numpy", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec", "filelock",
               "setuptools")
PEERS = (
    Peer("pytorch", "PyTorch", "pytorch", gigabytes=1.4, packages=TORCH_NEEDS, alone=("torch",),
         settings=(Setting("eager", tasks=(*WARM, "start", "training")),
                   Setting("eager+channels_last", tasks=(*WARM, "training")),
                   Setting("compile+channels_last", tasks=(*WARM, "training")),
                   Setting("optimized+channels_last", tasks=WARM),
                   Setting("frozen", tasks=("memory", "start")),
                   Setting("compile+channels_last+bf16", "bf16", tasks=(*WARM, "training")),
                   Setting("eager+channels_last+bf16", "bf16", tasks=(*WARM, "training")),
                   Setting("eager+channels_last+int8", "int8"))),
    Peer("pytorch-debian", "PyTorch (Debian)", "pytorch",
         debian=("python3-torch", "libopenblas0-pthread"),
         settings=(Setting("eager", tasks=(*WARM, "start", "training")),
                   Setting("eager+channels_last", tasks=(*WARM, "training")),
                   Setting("optimized+channels_last", tasks=WARM),
                   Setting("frozen", tasks=("memory", "start")),
                   Setting("eager+channels_last+int8", "int8"))),
    Peer("onnxruntime", "ONNX Runtime", "onnxruntime", packages=("onnxruntime", "onnx"),
         settings=(Setting("default"), Setting("dynamic-int8", "int8"))),
    Peer("openvino", "OpenVINO", "openvino", packages=("openvino", "onnx"),
         settings=(Setting("f32"), Setting("bf16", "bf16"), Setting("int8-weights", "int8"),
                   Setting("int8-weights+bf16", "int8"))),
    Peer("ncnn", "ncnn", "ncnn", packages=("ncnn",),
         settings=(Setting("fp32"), Setting("fp16-storage", "fp16"),
                   Setting("bf16-storage", "bf16"), Setting("int8", "int8"))),
    Peer("opencv", "OpenCV", "opencv", packages=("opencv-python-headless", "onnx"),
         settings=(Setting("classic"), Setting("new"))),
    Peer("lpips", "lpips (Python)", "lpips", gigabytes=1.6,
         packages=(*TORCH_NEEDS, "pillow", "scipy", "tqdm"),
         alone=("torch", "torchvision", "lpips==0.1.4"),
         settings=(Setting("eager", network="lpips"),
                   Setting("eager+channels_last", tasks=WARM, network="lpips"),
                   Setting("compile", tasks=WARM, network="lpips"),
                   Setting("compile+channels_last", tasks=WARM, network="lpips"))),
)
