"""This machine's processor and the machine, in words."""

import functools
import os
import re
import subprocess
from pathlib import Path

INSTRUCTION_SETS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
                    "amx_tile", "amx_bf16", "amx_int8")
# Where the name hides which it is, as in virtual machines: vendor, family, models, generation.
GENERATIONS = (
    ("AuthenticAMD", 23, range(0x00, 0x30), "Zen"),
    ("AuthenticAMD", 23, range(0x30, 0x100), "Zen 2"),
    ("AuthenticAMD", 25, (*range(0x00, 0x10), *range(0x20, 0x60)), "Zen 3"),
    ("AuthenticAMD", 25, (*range(0x10, 0x20), *range(0x60, 0xb0)), "Zen 4"),
    ("AuthenticAMD", 26, (*range(0x00, 0x30), *range(0x40, 0x50), *range(0x60, 0x80)), "Zen 5"),
    ("GenuineIntel", 6, (63,), "Haswell"),
    ("GenuineIntel", 6, (79, 86), "Broadwell"),
    ("GenuineIntel", 6, (85,), "Skylake or Cascade Lake"),
    ("GenuineIntel", 6, (106, 108), "Ice Lake"),
    ("GenuineIntel", 6, (143,), "Sapphire Rapids"),
    ("GenuineIntel", 6, (207,), "Emerald Rapids"),
    ("GenuineIntel", 6, (173, 174), "Granite Rapids"),
)


@functools.cache
def _lscpu() -> dict[str, str]:
    text = subprocess.run(["lscpu"], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    return dict(re.findall(r"^([^:\n]+):[ \t]*(.*)$", text, re.MULTILINE))


def _flags() -> list[str]:
    return _lscpu().get("Flags", "").split()


def _name() -> str:
    """The model's name without trade marks and clock: "Intel Xeon Platinum 8481C"."""
    name = re.sub(r"\((R|TM)\)|@.*", " ", _lscpu().get("Model name", "unknown processor"))
    return " ".join(word for word in name.split() if word not in ("CPU", "Processor"))


def _generation() -> str:
    """Empty where GENERATIONS does not have it."""
    fields = _lscpu()
    try:
        family, model = int(fields["CPU family"]), int(fields["Model"])
    except (KeyError, ValueError):  # other architectures
        return ""
    return next((generation for vendor, known, models, generation in GENERATIONS
                 if vendor == fields.get("Vendor ID") and known == family and model in models), "")


def title() -> str:
    """Name and generation: "AMD EPYC, Zen 5"."""
    return ", ".join(filter(None, (_name(), _generation())))


def file_name() -> str:
    """Of this processor's page: "amd-epyc-zen-5.md"."""
    return re.sub(r"[^a-z0-9]+", "-", title().lower()).strip("-") + ".md"


def of_row() -> dict:
    """The processor, and what it has of the instruction sets that programs choose by."""
    return {"processor": title(),
            "instruction_sets": [name for name in INSTRUCTION_SETS if name in _flags()]}


def machine() -> str:
    """The processor, its instruction sets, cores, memory, system."""
    flags = _flags()
    sets = [word for name, word in (("avx512f", "AVX-512"), ("avx512_vnni", "VNNI"),
                                    ("avx512_bf16", "BF16"), ("avx512_fp16", "FP16"),
                                    ("amx_tile", "AMX")) if name in flags]
    sets = sets or (["AVX2"] if "avx2" in flags else ["no AVX2"])
    kind = "virtual machine" if "hypervisor" in flags else "machine"
    system = re.search(r'^PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text(encoding="utf-8"),
                       re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{title()} ({', '.join(sets)}): {_lscpu()['CPU(s)']} cores of a {kind} with "
            f"{memory:.0f} GiB, {system[1]}")
