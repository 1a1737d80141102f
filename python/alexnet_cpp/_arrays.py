from __future__ import annotations

from typing import Any, Protocol


class Array(Protocol):
    """An array of NumPy, PyTorch or whoever speaks DLPack."""

    def __dlpack__(self, *args: Any, **options: Any) -> Any: ...
