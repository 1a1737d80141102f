"""The server against independent clients: clients_test.py ALEXNET WEIGHTS PICTURE

Those of tritonclient (the Open Inference Protocol) and schemathesis (openapi.json) that are installed:
pip install 'tritonclient[http]' schemathesis. Exit code 77 where neither is.
"""
import importlib.util
import os
import shutil
import subprocess
import sys

# A JSON schema cannot say what is a picture, nor what shape a model wants: some of what it allows is
# refused. And clients should write true as it says, but True, 1 and null are understood too.
EXCLUDED = "positive_data_acceptance,negative_data_rejection"


def triton_command(address, picture):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "triton_client.py")
    return [sys.executable, script, address.split("//")[1], "served", picture]


def schemathesis_command(program, address):
    return [program, "run", f"{address}/openapi.json", "--url", address, "-n", "50",
            "--exclude-checks", EXCLUDED]


def find_schemathesis():
    beside = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    return beside if os.path.exists(beside) else shutil.which("schemathesis")


def main(alexnet, weights, picture):
    has_triton = importlib.util.find_spec("tritonclient") is not None
    schemathesis = find_schemathesis()
    if not has_triton and not schemathesis:
        print("skipped: neither tritonclient nor schemathesis is installed")
        return 77
    server = subprocess.Popen([alexnet, "serve", f"served={weights}", "--port", "0", "--quiet",
                               "--model-control"],
                              stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip().rstrip("/")
        if has_triton:
            subprocess.run(triton_command(address, picture), check=True)
        if schemathesis:
            subprocess.run(schemathesis_command(schemathesis, address), check=True)
    finally:
        server.terminate()
    return server.wait()


sys.exit(main(*sys.argv[1:]))
