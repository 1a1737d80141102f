#!/usr/bin/env python3
"""What a layer makes of an image, as an array of NumPy: features.py WEIGHTS IMAGE LAYER"""
import ctypes
import sys

import numpy

alexnet = ctypes.CDLL("libalexnet.so.1")
alexnet.alexnet_last_error.restype = ctypes.c_char_p
ACTIVATIONS = 3  # ALEXNET_ACTIVATIONS


class SessionOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("engine", ctypes.c_char_p), ("layer", ctypes.c_char_p),
                ("max_batch", ctypes.c_int32), ("threads", ctypes.c_int32), ("precision", ctypes.c_int32),
                ("reserved", ctypes.c_int32)]


class Tensor(ctypes.Structure):
    _fields_ = [("values", ctypes.POINTER(ctypes.c_float)), ("shape", ctypes.c_int64 * 4), ("rank", ctypes.c_int32)]


def check(status):
    if status != 0:
        sys.exit(alexnet.alexnet_last_error().decode())


def main():
    weights, image, layer = (argument.encode() for argument in sys.argv[1:])
    model, session, tensor = ctypes.c_void_p(), ctypes.c_void_p(), Tensor()
    options = SessionOptions()
    check(alexnet.alexnet_model_load(weights, None, ctypes.byref(model)))
    check(alexnet.alexnet_session_options_init(ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options))))
    options.layer = layer
    check(alexnet.alexnet_session_create(model, ctypes.byref(options), ctypes.byref(session)))

    check(alexnet.alexnet_session_run_files(session, (ctypes.c_char_p * 1)(image), 1))
    check(alexnet.alexnet_session_output(session, ACTIVATIONS, ctypes.byref(tensor)))
    features = numpy.ctypeslib.as_array(tensor.values, tuple(tensor.shape[:tensor.rank])).copy()
    print(layer.decode(), features.shape, f"{(features > 0).mean():.0%} are active")

    alexnet.alexnet_session_free(session)
    alexnet.alexnet_model_free(model)


main()
