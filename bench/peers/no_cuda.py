"""Lets PyPI's torch run without CUDA's libraries: 4 GB that a CPU never calls.

    no_cuda.py TORCH_LIB_FOLDER

PyPI has no CPU build for x86-64. The CUDA build refuses to load without the libraries that it links
to, so one library stands in for them all: it has their names and symbols, and every function
returns cudaErrorNoDevice. Needs cc, nm and objdump.
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

STAND_IN = "libno_cuda.so"
NO_DEVICE = 100


def output_of(*command: object) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def wanted(folder: Path) -> tuple[set[str], dict[str, set[str]]]:
    """The libraries that torch's own miss, and the functions they miss by symbol version."""
    names, functions = set(), defaultdict(set)
    for library in folder.glob("*.so"):
        headers = output_of("objdump", "-p", library)
        names |= set(re.findall(r"NEEDED\s+(lib(?:cu|nv|nccl)\S+)", headers))
        symbols = output_of("nm", "-D", "-u", library)
        for name, version in re.findall(r"\b[Uw] ((?:__cuda|cu|nccl|nv)\w+)@?(\S*)", symbols):
            functions[version].add(name)
    return names, functions


def main(folder: Path) -> None:
    names, functions = wanted(folder)
    source = "".join(f"int {name}(void) {{ return {NO_DEVICE}; }}\n"
                     for name in sorted(set().union(*functions.values())))
    versions = "".join(f"{version} {{ {'; '.join(sorted(group))}; }};\n"
                       for version, group in functions.items() if version)
    with tempfile.NamedTemporaryFile("w", suffix=".map") as script:
        script.write(versions)
        script.flush()
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-x", "c", "-", "-o", folder / STAND_IN,
                        f"-Wl,--version-script={script.name}"], input=source, text=True, check=True)
    for name in names:
        (folder / name).symlink_to(STAND_IN)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
