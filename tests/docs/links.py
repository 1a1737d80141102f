#!/usr/bin/env python3
"""Fails, naming them, when links of the documents to files and headings of this repository lead nowhere."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").rglob("*.md")]


def prose(document):
    return re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)


def anchor(heading):
    """As GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return "".join(c for c in text if c.isalnum() or c in "-_ ").replace(" ", "-")


def problem(document, link):
    path, _, part = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return "no such file"
    if part and part not in map(anchor, re.findall(r"^#+ (.*)$", prose(target), re.M)):
        return "no such heading"
    return None


def main():
    found = []
    for document in sorted(DOCUMENTS):
        for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
            if not link.startswith("http") and (why := problem(document, link)):
                found.append(f"{document.relative_to(ROOT)}: {link}: {why}")
    sys.exit("\n".join(found) or 0)


main()
