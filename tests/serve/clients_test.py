"""The server against clients that others wrote: clients_test.py ALEXNET WEIGHTS PICTURE

tritonclient (the Open Inference Protocol) and schemathesis (openapi.json), as far as they are
installed: pip install 'tritonclient[http]' schemathesis. Exit code 77, and a word, where neither is.
"""
import importlib.util
import os
import shutil
import subprocess
import sys

# A JSON schema cannot say what is a picture, nor what shape a model wants: some of what it allows is
# refused.
EXCLUDED = "positive_data_acceptance"


def commands(address, picture):
    model = "served"
    if importlib.util.find_spec("tritonclient"):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "triton_client.py")
        yield [sys.executable, script, address.split("//")[1], model, picture]
    beside = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    schemathesis = beside if os.path.exists(beside) else shutil.which("schemathesis")
    if schemathesis:
        yield [schemathesis, "run", f"{address}/openapi.json", "--url", address, "-n", "50",
               "--exclude-checks", EXCLUDED]


def main(alexnet, weights, picture):
    server = subprocess.Popen([alexnet, "serve", f"served={weights}", "--port", "0", "--quiet"],
                              stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip().rstrip("/")
        todo = list(commands(address, picture))
        for command in todo:
            subprocess.run(command, check=True)
        if not todo:
            print("skipped: neither tritonclient nor schemathesis is installed")
            return 77
    finally:
        server.terminate()
    return server.wait()


sys.exit(main(*sys.argv[1:]))
