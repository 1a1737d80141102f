"""Arrays go in and out without copies."""
import subprocess
import sys

import numpy
import pytest

from alexnet_cpp import AlexNet

# Images of half a gigabyte that are refused when they have come in: whoever copies them on the way has them in memory.
REFUSED = """
import numpy
from alexnet_cpp import AlexNet
def peak():  # not getrusage's, which begins with that of the process that started this one
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
net = AlexNet(1, 2)
images = numpy.zeros((32, 4, 1024, 1024), numpy.float32)  # pages that nobody has written to
{wrap}
before = peak()
try:
    net(images)
except ValueError as error:
    assert "4 channels" in str(error), error
print((peak() - before) // 1024)
"""


def grown_mebibytes(wrap: str) -> int:
    done = subprocess.run([sys.executable, "-c", REFUSED.format(wrap=wrap)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_images_are_read_where_they_lie() -> None:
    assert grown_mebibytes("") < 64


def test_images_of_torch_are_read_where_they_lie() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert grown_mebibytes("import torch; images = torch.from_numpy(images)") < 64


def test_results_are_the_librarys_memory(images: numpy.ndarray) -> None:
    net = AlexNet(1, 2)
    result = net(images)
    assert not result.flags.owndata and result.base is not None and result.flags.writeable
    assert result.ctypes.data % 64 == 0  # as the library aligns
    kept = result.copy()
    del net
    assert numpy.array_equal(result, kept)  # it outlives the network


def test_torch_takes_results_where_they_lie(images: numpy.ndarray) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    result = AlexNet(1, 2)(images)
    assert torch.from_numpy(result).data_ptr() == result.ctypes.data
    assert torch.from_dlpack(result).data_ptr() == result.ctypes.data


def test_arrays_that_may_not_be_written_to(images: numpy.ndarray) -> None:
    images.flags.writeable = False
    assert AlexNet(1, 2)(images).shape == (3, 2)
