"""Reads the features and labels that alexnet wrote: read_npy.py FEATURES.npy LABELS.npy RAW. Writes the features' bytes
to RAW."""
import sys

try:
    import numpy
except ImportError:
    sys.exit(77)

features, labels = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
assert features.shape == (30, 10) and features.dtype == numpy.float32 and features.flags.c_contiguous
assert labels.shape == (30,) and labels.dtype == numpy.int32
features.tofile(sys.argv[3])
