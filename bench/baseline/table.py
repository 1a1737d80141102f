#!/usr/bin/python3
"""Reads measurements, one JSON object a line, and prints them as a Markdown table with ratios."""

import json
import sys
from collections import defaultdict
from statistics import median

TITLES = {"train-64": "training, 1×64×64, 10 classes", "train-224": "training, 3×224×224",
          "infer-1": "inference, 3×224×224", "infer-32": "inference, 3×224×224"}


def main(lines: list[str]) -> None:
    rates: dict[str, dict] = defaultdict(lambda: defaultdict(list))
    batches = {}
    for line in lines:
        entry = json.loads(line)
        rates[entry["task"]][entry["who"], entry["mode"]].append(entry["images_per_second"])
        batches[entry["task"]] = entry["batch"]
    print("| task | batch | alexnet, images/s | PyTorch, images/s | its better mode | ratio |")
    print("|---|---:|---:|---:|---|---:|")
    for task, measured in rates.items():
        ours = median(measured.pop(("alexnet", "cpu")))
        theirs, mode = max((median(found), mode) for (_, mode), found in measured.items())
        print(f"| {TITLES[task]} | {batches[task]} | {ours:.1f} | {theirs:.1f} | {mode} |"
              f" {ours / theirs:.2f} |")


if __name__ == "__main__":
    main(sys.stdin.readlines())
