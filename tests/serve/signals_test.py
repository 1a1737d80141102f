"""The program's signals and refusals: signals_test.py ALEXNET WEIGHTS PICTURE

SIGHUP reads the weights again, a damaged file keeps the old ones, SIGTERM ends with 0; what cannot be
served is one sentence and 1; a log that cannot be written ends nothing.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request


class Served:
    def __init__(self, alexnet, weights):
        self.process = subprocess.Popen([alexnet, "serve", f"m={weights}", "--port", "0", "--quiet"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.process.stderr.readline().startswith("m: ")

    def predict(self, picture):
        with open(picture, "rb") as file:
            body = file.read()
        with urllib.request.urlopen(f"{self.address}v1/predict", body) as answer:
            return json.load(answer)["predictions"]

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        return self.process.stderr.readline()


def check_signals(alexnet, weights, picture, folder):
    copy = os.path.join(folder, "copy.safetensors")
    shutil.copy(weights, copy)
    server = Served(alexnet, copy)
    before = server.predict(picture)
    assert server.reload() == f"m: read {copy} again\n"
    assert server.predict(picture) == before
    with open(copy, "w") as file:  # in place
        file.write("damaged")
    assert server.reload().startswith("m: keeps the weights that it has: ")
    assert server.predict(picture) == before
    server.process.terminate()
    assert server.process.wait() == 0
    assert server.process.stderr.read() == "stopping: answering what is under way\n"


def check_logs(alexnet, weights):
    """Nobody who can read the log is no reason not to serve."""
    reader, pipe = os.pipe()
    os.close(reader)
    with open("/dev/full", "w") as full:
        for log in [full, pipe]:
            process = subprocess.Popen([alexnet, "serve", weights, "--port", "0"],
                                       stdout=subprocess.PIPE, stderr=log, text=True)
            address = process.stdout.readline().strip()
            assert address, "it does not start"
            for _ in range(3):
                with urllib.request.urlopen(f"{address}v2") as answer:
                    assert answer.status == 200
            process.terminate()
            assert process.wait() == 0
    os.close(pipe)


def check_token_variable(alexnet, weights):
    for token in ["", " \n"]:
        done = subprocess.run([alexnet, "serve", weights, "--port", "0"], capture_output=True, text=True,
                              env={**os.environ, "ALEXNET_TOKEN": token}, timeout=10)
        assert done.returncode == 1 and "ALEXNET_TOKEN has no token" in done.stderr, done


def check_refusals(alexnet, weights, folder):
    empty = os.path.join(folder, "empty")
    open(empty, "w").close()
    for arguments, words in [
            (["absent"], "absent"),
            ([f"a/b={weights}"], "'a/b' is not a name"),
            ([f"m={weights}", f"m={weights}"], "two models are called 'm'"),
            ([f"m={weights}", "--token-file", empty], "has no token"),
            ([f"m={weights}", "--host", "nowhere"], "'nowhere' is not an address"),
            ([f"m={weights}", "--port", "0", "--tls-cert", empty, "--tls-key", empty],
             "cannot be used as a certificate")]:
        done = subprocess.run([alexnet, "serve", *arguments], capture_output=True, text=True)
        assert done.returncode == 1 and words in done.stderr, (arguments, done)
        assert done.stdout == ""


def main(alexnet, weights, picture):
    with tempfile.TemporaryDirectory() as folder:
        check_signals(alexnet, weights, picture, folder)
        check_refusals(alexnet, weights, folder)
    check_token_variable(alexnet, weights)
    check_logs(alexnet, weights)


main(*sys.argv[1:])
