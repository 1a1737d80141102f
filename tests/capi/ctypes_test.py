#!/usr/bin/env python3
"""Uses libalexnet.so through ctypes and compares with the C++ library's answers: ctypes_test.py LIBRARY FOLDER."""
import ctypes
import json
import pathlib
import sys
import threading

import numpy

LIBRARY, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
OK, BAD_INPUT, NOT_FOUND = 0, 1, 2
LOG_PROBABILITIES, LOGITS, FEATURES = range(3)

lib = ctypes.CDLL(LIBRARY)
lib.alexnet_last_error.restype = ctypes.c_char_p
lib.alexnet_version.restype = ctypes.c_char_p


class Tensor(ctypes.Structure):
    _fields_ = [("values", ctypes.POINTER(ctypes.c_float)), ("shape", ctypes.c_int64 * 4),
                ("rank", ctypes.c_int32)]

    def array(self):
        return numpy.ctypeslib.as_array(self.values, tuple(self.shape[:self.rank])).copy()


class Images(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("floats", ctypes.c_void_p), ("bytes", ctypes.c_void_p),
                ("count", ctypes.c_int32), ("channels", ctypes.c_int32), ("height", ctypes.c_int32),
                ("width", ctypes.c_int32)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("engine", ctypes.c_char_p), ("layer", ctypes.c_char_p),
                ("max_batch", ctypes.c_int32), ("threads", ctypes.c_int32), ("precision", ctypes.c_int32),
                ("reserved", ctypes.c_int32)]


class Prediction(ctypes.Structure):
    _fields_ = [("label", ctypes.c_char_p), ("probability", ctypes.c_double), ("index", ctypes.c_int32)]


def call(name, *arguments):
    status = getattr(lib, "alexnet_" + name)(*arguments)
    assert status == OK, f"{name}: {status}: {lib.alexnet_last_error().decode()}"


def answer(name):
    return numpy.fromfile(FOLDER / (name + ".f32"), numpy.float32)


def load():
    model = ctypes.c_void_p()
    call("model_load", str(FOLDER / "model.safetensors").encode(), None, ctypes.byref(model))
    return model


def open_session(model, **fields):
    options = SessionOptions()
    call("session_options_init", ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options)))
    for name, value in fields.items():
        setattr(options, name, value)
    session = ctypes.c_void_p()
    call("session_create", model, ctypes.byref(options), ctypes.byref(session))
    return session


def output(session, which):
    tensor = Tensor()
    call("session_output", session, which, ctypes.byref(tensor))
    return tensor.array()


def run_pictures(session):
    paths = (ctypes.c_char_p * 2)(*(str(FOLDER / f"{i}.png").encode() for i in range(2)))
    call("session_run_files", session, paths, 2)


def floats(array):
    count, channels, height, width = array.shape
    return Images(ctypes.sizeof(Images), array.ctypes.data, None, count, channels, height, width)


def check_description(model):
    text = ctypes.c_char_p()
    call("model_json", model, ctypes.byref(text))
    description = json.loads(text.value)
    assert description["model"] == "small" and description["input"] == [1, 28, 28]
    assert description["class_names"] == [str(i) for i in range(10)]
    for tensor in description["tensors"]:
        found = Tensor()
        call("model_tensor", model, tensor["name"].encode(), ctypes.byref(found))
        assert found.array().shape == tuple(tensor["shape"])


def check_pictures(model):
    session = open_session(model, max_batch=2)
    run_pictures(session)
    for which, name in ((LOG_PROBABILITIES, "log_probabilities"), (LOGITS, "logits"), (FEATURES, "features")):
        assert numpy.array_equal(output(session, which).ravel(), answer(name)), name
    best = numpy.argmax(answer("logits").reshape(2, 10), axis=1)
    for image in range(2):
        predictions, count = (Prediction * 3)(), ctypes.c_int32()
        call("session_predictions", session, image, 3, predictions, ctypes.byref(count))
        assert count.value == 3 and predictions[0].index == best[image]
        assert predictions[0].label.decode() == str(best[image])
    lib.alexnet_session_free(session)


def check_training(model):
    trainer = ctypes.c_void_p()
    call("trainer_create", model, None, ctypes.byref(trainer))
    images = answer("images").reshape(4, 1, 28, 28)
    labels = numpy.array([3, 1, 4, 1], numpy.int32)
    losses = []
    for step in range(3):
        loss = ctypes.c_double()
        call("trainer_compute_gradients", trainer, ctypes.byref(floats(images)),
             labels.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint32(step), ctypes.byref(loss), None)
        call("trainer_update", trainer, ctypes.c_float(0.01))
        losses.append(loss.value)
    assert numpy.array_equal(numpy.array(losses, numpy.float32), answer("losses"))
    weight = Tensor()
    call("trainer_tensor", trainer, 0, b"features.0.weight", ctypes.byref(weight))
    assert numpy.array_equal(weight.array().ravel(), answer("trained"))
    lib.alexnet_trainer_free(trainer)


def check_errors(model):
    handle = ctypes.c_void_p(1)
    assert lib.alexnet_model_load(b"no such file", None, ctypes.byref(handle)) == NOT_FOUND
    assert handle.value is None and b"no such file" in lib.alexnet_last_error()
    session = open_session(model)
    assert lib.alexnet_session_run(session, ctypes.byref(floats(numpy.zeros((1, 3, 28, 28), "f4")))) == BAD_INPUT
    assert b"3 channels" in lib.alexnet_last_error()
    lib.alexnet_session_free(session)


def check_threads(model):
    """Python's threads compute at the same time: ctypes lets the interpreter go on meanwhile."""
    outputs = [None] * 4

    def work(i):
        session = open_session(model, max_batch=2, threads=1)
        run_pictures(session)
        outputs[i] = output(session, LOG_PROBABILITIES)
        lib.alexnet_session_free(session)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(outputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found in outputs:
        assert numpy.array_equal(found.ravel(), answer("log_probabilities"))


def main():
    assert lib.alexnet_version().decode().count(".") == 2
    model = load()
    check_description(model)
    check_pictures(model)
    check_training(model)
    check_errors(model)
    check_threads(model)
    lib.alexnet_model_free(model)


main()
