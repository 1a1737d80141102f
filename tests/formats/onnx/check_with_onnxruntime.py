#!/usr/bin/python3
"""Runs an ONNX file on ONNX Runtime, as its user would.

    python3 tests/formats/onnx/check_with_onnxruntime.py FILE IMAGES BATCH ANSWER

IMAGES holds float32 pixels for a batch of BATCH; the file's output goes to ANSWER as float32. Exits
with 77 where there is no ONNX Runtime.
"""

import sys

try:
    import numpy
    import onnxruntime
except ImportError:
    sys.exit(77)


def main() -> None:
    file, images, batch, answer = sys.argv[1:]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (network_input,) = session.get_inputs()
    (network_output,) = session.get_outputs()
    assert network_input.name == "images" and network_input.shape[0] == "batch"
    pixels = numpy.fromfile(images, dtype=numpy.float32)
    pixels = pixels.reshape(int(batch), *network_input.shape[1:])
    (scores,) = session.run([network_output.name], {"images": pixels})
    scores.tofile(answer)


if __name__ == "__main__":
    main()
