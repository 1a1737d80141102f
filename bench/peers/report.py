"""Rows for a JSON file, and the same as Markdown."""

import datetime

import processor
from measure import Contender
from peers import CLANG, OURS, Peer
from tasks import Task

LOW_PRECISIONS = ("bf16", "fp16", "int8")
OF_TASK = ("task", "model", "batch", "threads")
NOTES = """\
Medians. The programs take turns in one run, each in its best setting, after their outputs were
found to agree: float32 to 1e-3 of the largest logit. All start from the same weights and the same
normalised float32 images (N, C, H, W). Training is forward, backward and SGD with momentum and
weight decay, dropout on. Start is a new process, from its start to its first prediction, with the
weights in the page cache. Memory is the most that a process held, for inference at batch 1. In
brackets: peer over `alexnet`, so above 1 `alexnet` is faster, or smaller.
"""
LOW_NOTES = """\
Each beside `alexnet` in the same precision or, where it has none, in float32; training in bf16 is
PyTorch's autocast.
"""
BUSY_NOTES = """\
Images a second beside so many processes that compute all the time, float32. In brackets: the share
of the undisturbed rate.
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
                   "batch": task.batch, "threads": task.threads, "busy": task.busy,
                   "peer": peer.name, "peer_version": versions.get(peer.name, ""),
                   "precision": precision, "our_precision": ours.setting.precision,
                   **_figures(task, ours, tried), **processor.of_row()}
            problems = [missing[peer.name]] if peer.name in missing else \
                       [f"{c.setting.name}: {c.problem}" for c in tried if c.problem]
            rows.append(row | ({"problems": problems} if problems else {}))
    return rows


def _our_counterpart(contenders: list[Contender], precision: str) -> Contender:
    """Like with like; where we lack a precision, float32."""
    ours = {c.setting.precision: c for c in contenders if c.who == OURS.name}
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
    """The page of this machine's processor."""
    parts = [f"# Beside other programs: {processor.title()}",
             f"{datetime.date.today()}, {processor.machine()}.", NOTES, f"```sh\n{command}\n```"]
    pairs = [row for row in rows if row["network"] == "lpips"]
    plain = [row for row in rows if row["network"] != "lpips" and row["precision"] == "fp32"]
    disturbed = {_values(row, OF_TASK) for row in plain if row["busy"]}
    low = [row for precision in LOW_PRECISIONS for row in rows if row["precision"] == precision]
    if plain:
        parts += ["## float32", _table([row for row in plain if not row["busy"]], peers)]
    if low:
        parts += ["## Lower precisions", LOW_NOTES, _table(low, peers, low=True)]
    if disturbed:
        beside = [row for row in plain if _values(row, OF_TASK) in disturbed]
        parts += ["## Beside busy processes", BUSY_NOTES, _busy_table(beside, peers)]
    if pairs:
        parts += ["## LPIPS", LPIPS_NOTES, _table(pairs, peers)]
    used = "\n".join(f"- {p.title} {versions[p.name]}" for p in (OURS, *peers)
                     if p.name in versions)
    parts += ["## Versions", used]
    problems = _problems(rows)
    if problems:
        parts += ["## Missing", "\n".join(f"- {problem}" for problem in problems)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _values(row: dict, keys: tuple[str, ...]) -> tuple:
    return tuple(row[key] for key in keys)


def _lines(rows: list[dict], keys: tuple[str, ...]) -> dict[tuple, dict[str, dict]]:
    """The rows of the same values of `keys`, by peer."""
    lines = {}
    for row in rows:
        lines.setdefault(_values(row, keys), {})[row["peer"]] = row
    return lines


def _columns(rows: list[dict], peers: list[Peer]) -> list[Peer]:
    return [p for p in peers if any(row["peer"] == p.name for row in rows)]


def _grid(titles: list[str], lines: list[list[str]]) -> str:
    """Task and model, then numbers."""
    rule = "|---|---|" + "---:|" * (len(titles) - 2)
    titles, *lines = ("| " + " | ".join(cells) + " |" for cells in (titles, *lines))
    return "\n".join((titles, rule, *lines))


def _table(rows: list[dict], peers: list[Peer], low: bool = False) -> str:
    """A line for each task (and precision), a column for each peer."""
    keys = (*OF_TASK, *(["precision", "our_precision"] if low else []))
    columns = _columns(rows, peers)
    lines = []
    for key, found in _lines(rows, keys).items():
        ours = _amount(next(iter(found.values())), "ours") + (f" ({key[-1]})" if low else "")
        ratios = [row["ratio"] for name, row in found.items() if row["ratio"] and
                  name != CLANG.name]
        lines.append([*map(str, key[:-1] if low else key), ours,
                      *(_cell(found.get(p.name)) for p in columns),
                      f"{min(ratios):.2f}" if ratios else ""])
    return _grid([*(keys[:-1] if low else keys), OURS.title, *(p.title for p in columns), "best"],
                 lines)


def _busy_table(rows: list[dict], peers: list[Peer]) -> str:
    """A line for each task and number of loops, a column for each peer."""
    columns = _columns(rows, peers)
    found = _lines(rows, (*OF_TASK, "busy"))
    lines = []
    for key, here in found.items():
        alone = found[(*key[:-1], 0)]
        first = next(iter(here))
        lines.append([*map(str, key), _rate(here[first], alone[first], "ours"),
                      *(_rate(here.get(p.name), alone.get(p.name), "peer") for p in columns)])
    return _grid([*OF_TASK, "busy", OURS.title, *(p.title for p in columns)], lines)


def _rate(row: dict | None, alone: dict | None, who: str) -> str:
    """Images a second and, beside loops, their share of those alone."""
    if row is None:
        return ""
    milliseconds, undisturbed = row[f"{who}_ms"], alone[f"{who}_ms"]
    if milliseconds is None:
        return "missing"
    share = f" ({100 * undisturbed / milliseconds:.0f} %)" if row["busy"] and undisturbed else ""
    return f"{1e3 * row['batch'] / milliseconds:.0f}{share}"


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
