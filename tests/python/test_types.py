"""The stub file says what the module has, and a type checker agrees with the examples."""
import ast
import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

import alexnet_cpp
from alexnet_cpp import _core

PACKAGE = pathlib.Path(alexnet_cpp.__file__).parent
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def public(names: object) -> set[str]:
    return {name for name in names if not name.startswith("_")}  # type: ignore[attr-defined]


def test_the_stub_is_up_to_date() -> None:
    tree = ast.parse((PACKAGE / "_core.pyi").read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert public(classes) | public(functions) == public(vars(_core))
    for name, node in classes.items():
        members = {entry.name for entry in node.body if isinstance(entry, ast.FunctionDef)}
        assert public(members) == public(vars(getattr(_core, name))), name


def test_everything_is_documented() -> None:
    assert (PACKAGE / "py.typed").exists()
    for name in alexnet_cpp.__all__:
        if name != "__version__":
            assert getattr(alexnet_cpp, name).__doc__, name


def test_a_type_checker_agrees(tmp_path: pathlib.Path) -> None:
    """With the example, but for its part about PyTorch, whose types take a minute."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    tour, _, _ = (ROOT / "examples" / "tour.py").read_text().partition("# %% Beside PyTorch")
    (tmp_path / "tour.py").write_text(tour + "net.train_step(images, [0, 1], 'fast')\n")
    place = {} if "site-packages" in PACKAGE.parts or "dist-packages" in PACKAGE.parts else {"MYPYPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--allow-any-generics", "tour.py"],
                          capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **place})
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 1 and 'incompatible type "str"; expected "float"' in errors[0], done.stdout + done.stderr
