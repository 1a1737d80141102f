"""The server against tritonclient: triton_client.py HOST:PORT MODEL PICTURE

All that is served of the Open Inference Protocol, through an independent client: health, metadata, FP32, UINT8 and BYTES inputs, in binary and in JSON, ids, classification, compression, configuration, statistics, the repository, errors.
"""
import sys
from importlib.metadata import version

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

OUTPUTS = ["log_probabilities", "logits", "probabilities"]


def tensor(values, datatype, binary):
    put = triton.InferInput("input", list(values.shape), datatype)
    put.set_data_from_numpy(values, binary_data=binary)
    return put


def infer(client, model, values, datatype, binary, **more):
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in OUTPUTS]
    return client.infer(model, [tensor(values, datatype, binary)], outputs=wanted, **more)


def check_arithmetic(answer):
    log_probabilities, logits, probabilities = (answer.as_numpy(name) for name in OUTPUTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.exp(log_probabilities), probabilities, atol=1e-6)
    shifted = logits - logits.max(axis=1, keepdims=True)
    np.testing.assert_allclose(
        log_probabilities, shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), atol=1e-4)


def check_tensors(client, model, shape):
    numbers = np.random.default_rng(1)
    channels, height, width = shape
    for values, datatype in [
            (numbers.normal(size=(3, channels, height, width)).astype(np.float32), "FP32"),
            (numbers.integers(0, 256, (3, height, width, channels)).astype(np.uint8), "UINT8")]:
        answers = [infer(client, model, values, datatype, binary, request_id="seven")
                   for binary in (True, False)]
        for answer in answers:
            check_arithmetic(answer)
            assert answer.get_response()["id"] == "seven"
            assert answer.as_numpy("logits").shape[0] == 3
        np.testing.assert_allclose(answers[0].as_numpy("logits"), answers[1].as_numpy("logits"),
                                   rtol=1e-4, atol=1e-4)


def check_pictures(client, model, picture):
    with open(picture, "rb") as file:
        encoded = np.array([file.read()] * 2, dtype=np.object_)
    answer = infer(client, model, encoded, "BYTES", True)
    check_arithmetic(answer)
    wanted = [triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=2)
              for binary in (True, False)]
    for output in wanted:
        lines = client.infer(model, [tensor(encoded, "BYTES", True)], outputs=[output])
        best = lines.as_numpy("probabilities")[0][0]
        value, index, _ = (best.decode() if isinstance(best, bytes) else best).split(":", 2)
        assert int(index) == answer.as_numpy("probabilities")[0].argmax()
        assert abs(float(value) - answer.as_numpy("probabilities")[0].max()) < 1e-4


def check_half(client, model, shape):
    values = np.random.default_rng(2).normal(size=(2, *shape)).astype(np.float16)
    expected = infer(client, model, values.astype(np.float32), "FP32", True).as_numpy("logits")
    half = infer(client, model, values, "FP16", True).as_numpy("logits")
    np.testing.assert_allclose(half, expected, atol=1e-5)


def check_compression(client, model, shape):
    values = np.random.default_rng(3).normal(size=(2, *shape)).astype(np.float32)
    expected = infer(client, model, values, "FP32", True).as_numpy("logits")
    for algorithm in ("gzip", "deflate"):
        for binary in (True, False):
            answer = infer(client, model, values, "FP32", binary,
                           request_compression_algorithm=algorithm)
            np.testing.assert_allclose(answer.as_numpy("logits"), expected, atol=1e-5)


def check_extensions(client, model, shape):
    config = client.get_model_config(model)
    assert config["input"][0]["dims"] == shape and config["max_batch_size"] > 0
    statistics = client.get_inference_statistics(model)["model_stats"][0]
    assert statistics["inference_count"] > 0 and statistics["inference_stats"]["success"]["count"] > 0
    assert client.get_inference_statistics()["model_stats"][0]["name"] == model
    assert [entry["state"] for entry in client.get_model_repository_index()] == ["READY"]
    client.unload_model(model)
    assert not client.is_model_ready(model)
    assert [entry["state"] for entry in client.get_model_repository_index()] == ["UNAVAILABLE"]
    client.load_model(model)
    assert client.is_model_ready(model)


def check_refusals(client, model, shape):
    values = np.zeros((1, *shape[:2], shape[2] + 1), np.float32)
    for name, words in [(model, "shape"), ("nobody", "no model")]:
        try:
            infer(client, name, values, "FP32", True)
        except InferenceServerException as error:
            assert words in error.message(), error.message()
        else:
            raise AssertionError(f"{name} took {values.shape}")


def main(address, model, picture):
    client = triton.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready(model) and client.is_model_ready(model, "1")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata(model)
    assert [output["name"] for output in metadata["outputs"]] == OUTPUTS
    shape = metadata["inputs"][0]["shape"][1:]
    check_tensors(client, model, shape)
    check_pictures(client, model, picture)
    check_half(client, model, shape)
    check_compression(client, model, shape)
    check_extensions(client, model, shape)
    check_refusals(client, model, shape)
    print(f"tritonclient {version('tritonclient')}: "
          "health, metadata, FP32, UINT8, BYTES, FP16, binary and JSON, classification, compression, "
          "configuration, statistics, repository, errors")


main(*sys.argv[1:])
