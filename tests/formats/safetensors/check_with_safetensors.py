#!/usr/bin/python3
"""Loads a file that write_safetensors wrote, as a user of the safetensors package would.

    python3 tests/formats/safetensors/check_with_safetensors.py FILE COPY

Every tensor's numbers count up from its place in the file. Saves what was loaded, and the metadata,
as COPY, for the reader. Exits with 77 where there is no safetensors package.
"""

import sys

try:
    import numpy
    from safetensors import safe_open
    from safetensors.numpy import save_file
except ImportError:
    sys.exit(77)


def main() -> None:
    file, copy = sys.argv[1:]
    tensors = {}
    with safe_open(file, framework="numpy") as opened:
        metadata = opened.metadata()
        for name in opened.keys():
            tensors[name] = opened.get_tensor(name)
    assert sorted(tensors) == ["classifier.1.weight", "features.0.bias", "features.0.weight"]
    for place, name in enumerate(["features.0.weight", "features.0.bias", "classifier.1.weight"]):
        expected = numpy.arange(tensors[name].size, dtype=numpy.float32) + place
        assert numpy.array_equal(tensors[name].ravel(), expected), name
    assert metadata == {"made by": "alexnet"}, metadata
    save_file(tensors, copy, metadata=metadata)


if __name__ == "__main__":
    main()
