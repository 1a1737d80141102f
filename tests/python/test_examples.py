"""The example runs, and finds what it should."""
import pathlib
import re
import subprocess
import sys

import pytest

TOUR = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "tour.py"


def test_the_tour(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = subprocess.run([sys.executable, TOUR, data, tmp_path / "run"], capture_output=True, text=True)
    assert "12 " in done.stdout and "Prediction(label=" in done.stdout, done.stdout + done.stderr
    if "PyTorch is not installed" in done.stderr:
        pytest.skip("PyTorch is not installed")
    assert done.returncode == 0, done.stderr
    losses = re.findall(r"loss here ([\d.]+), in PyTorch ([\d.]+)", done.stdout)
    assert len(losses) == 3
    for here, there in losses:
        assert float(here) == pytest.approx(float(there), rel=1e-4)
