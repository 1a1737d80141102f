"""Rows for a JSON file, and the same as Markdown."""

import datetime
import functools
import os
import re
import subprocess
from pathlib import Path

from measure import OURS, Contender
from peers import Peer
from tasks import Task

LOW_PRECISIONS = ("bf16", "fp16", "int8")
INSTRUCTION_SETS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile",
                    "amx_bf16", "amx_int8")
NOTES = """\
Medians. The programs take turns in one run, each in its best setting, after their outputs were
found to agree: float32 to 1e-3 of the largest logit. All start from the same weights and the same
normalised float32 images (N, C, H, W). Training is forward, backward and SGD with momentum and
weight decay, dropout on. Start is a new process, from its start to its first prediction, with the
weights in the page cache. Memory is the most that a process held, for inference at batch 1. In
brackets: peer over `alexnet`, so above 1 `alexnet` is faster, or smaller.
"""
LPIPS_NOTES = """\
Pairs of images of random pixels, on one random trunk, after the distances were found to agree to
1e-4. Each gets the images in its own form before the time begins: `alexnet` bytes, the package
float32 tensors. Start is a new process that reads two PNGs; memory that of a worker with one pair.
"""


def rows_of(task: Task, contenders: list[Contender], peers: list[Peer], missing: dict[str, str],
            versions: dict[str, str]) -> list[dict]:
    """One row for each peer and precision: its best setting beside ours."""
    rows = []
    for peer in peers:
        mine = [c for c in contenders if c.who == peer.name]
        for precision in sorted({c.setting.precision for c in mine}) or ["fp32"]:
            tried = [c for c in mine if c.setting.precision == precision]
            ours = _our_counterpart(contenders, precision)
            row = {"task": task.kind, "network": task.network, "model": task.model,
                   "batch": task.batch, "threads": task.threads, "peer": peer.name,
                   "peer_version": versions.get(peer.name, ""), "precision": precision,
                   "our_precision": ours.setting.precision, **_figures(task, ours, tried),
                   **processor()}
            problems = [missing[peer.name]] if peer.name in missing else \
                       [f"{c.setting.name}: {c.problem}" for c in tried if c.problem]
            rows.append(row | ({"problems": problems} if problems else {}))
    return rows


def _our_counterpart(contenders: list[Contender], precision: str) -> Contender:
    """Like with like; where we lack a precision, float32."""
    ours = {c.setting.precision: c for c in contenders if c.who == OURS}
    return ours.get(precision, ours["fp32"])


def _figures(task: Task, ours: Contender, tried: list[Contender]) -> dict:
    best = min((c for c in tried if c.result), key=lambda c: c.result, default=None)
    unit = "mib" if task.kind == "memory" else "ms"
    both = best and ours.result
    return {"setting": best.setting.name if best else None,
            f"ours_{unit}": _rounded(ours.result), f"peer_{unit}": _rounded(best and best.result),
            "ratio": round(best.result / ours.result, 3) if both else None}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def markdown(rows: list[dict], peers: list[Peer], versions: dict[str, str], command: str) -> str:
    """All of docs/results/performance.md."""
    parts = ["# Beside other programs", f"{datetime.date.today()}, {machine()}.", NOTES,
             f"```sh\n{command}\n```"]
    pairs = [row for row in rows if row["network"] == "lpips"]
    plain = [row for row in rows if row["network"] != "lpips" and row["precision"] == "fp32"]
    low = [row for precision in LOW_PRECISIONS for row in rows if row["precision"] == precision]
    if plain:
        parts += ["## float32", _table(plain, peers)]
    if low:
        parts += ["## Lower precisions", _table(low, peers, low=True)]
    if pairs:
        parts += ["## LPIPS", LPIPS_NOTES, _table(pairs, peers)]
    used = "\n".join(f"- {p.title} {versions[p.name]}" for p in peers if p.name in versions)
    parts += ["## Versions", used]
    problems = _problems(rows)
    if problems:
        parts += ["## Missing", "\n".join(f"- {problem}" for problem in problems)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _table(rows: list[dict], peers: list[Peer], low: bool = False) -> str:
    """A line for each task (and precision), a column for each peer."""
    keys = ("task", "model", "batch", "threads", "precision", "our_precision")
    lines = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in keys), {})[row["peer"]] = row
    columns = [p for p in peers if any(row["peer"] == p.name for row in rows)]
    titles = ["task", "model", "batch", "threads", *(["precision"] if low else []), "alexnet",
              *(p.title for p in columns), "best"]
    text = ["| " + " | ".join(titles) + " |", "|---|---|" + "---:|" * (len(titles) - 2)]
    for key, found in lines.items():
        cells = [*map(str, key[:5] if low else key[:4])]
        cells.append(_amount(next(iter(found.values())), "ours") +
                     (f" ({key[5]})" if low else ""))
        cells += [_cell(found.get(p.name)) for p in columns]
        ratios = [row["ratio"] for row in found.values() if row["ratio"]]
        cells.append(f"{min(ratios):.2f}" if ratios else "")
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text)


def _cell(row: dict | None) -> str:
    if row is None:
        return ""
    return f"{_amount(row, 'peer')} ({row['ratio']:.2f})" if row["ratio"] else "missing"


def _amount(row: dict, who: str) -> str:
    unit = "mib" if f"{who}_mib" in row else "ms"
    value = row[f"{who}_{unit}"]
    if value is None:
        return "missing"
    return f"{value:.{1 if value < 100 else 0}f} {'MiB' if unit == 'mib' else 'ms'}"


def _problems(rows: list[dict]) -> list[str]:
    """Each once, with the tasks that it spoils."""
    found = {}
    for row in rows:
        for problem in row.get("problems", []):
            task = f"{row['task']} {row['model']} batch {row['batch']}"
            found.setdefault(f"{row['peer']}: {problem}", []).append(task)
    return [f"{problem} ({', '.join(dict.fromkeys(tasks))})" for problem, tasks in found.items()]


@functools.cache
def _lscpu() -> dict[str, str]:
    text = subprocess.run(["lscpu"], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    return dict(re.findall(r"^([^:\n]+):\s*(.*)$", text, re.MULTILINE))


def processor() -> dict:
    """Its name, and what it has of the instruction sets that programs choose by."""
    flags = _lscpu().get("Flags", "").split()
    return {"processor": _lscpu().get("Model name", ""),
            "instruction_sets": [flag for flag in INSTRUCTION_SETS if flag in flags]}


def machine() -> str:
    """The machine in words."""
    fields = _lscpu()
    flags = fields.get("Flags", "").split()
    vectors = next((name for flag, name in (("amx_tile", "AVX-512, AMX"), ("avx512f", "AVX-512"),
                                            ("avx2", "AVX2")) if flag in flags), "no AVX2")
    kind = "virtual machine" if "hypervisor" in flags else "machine"
    system = re.search(r'^PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text(encoding="utf-8"),
                       re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{fields['CPU(s)']} cores of an {fields['Model name']} ({vectors}) {kind} with "
            f"{memory:.0f} GiB, {system[1]}")
