"""Memory that requests took is given back: memory_test.py ALEXNET WEIGHTS PICTURE

Large bodies that are refused, of every kind, several at a time; afterwards the process is about as large as before.
"""
import base64
import concurrent.futures
import http.client
import json
import subprocess
import sys

MIB = 1 << 20
LARGE = 24 * MIB
MOST_GROWTH = 64 * MIB


def bodies(picture):
    """Kinds of 24 MiB each, with their status."""
    def infer(data):
        return (b'{"inputs":[{"name":"input","datatype":"UINT8","shape":[1,2,3,4],"data":[' + data +
                b"]}]}")
    with open(picture, "rb") as file:
        image = base64.b64encode(file.read())
    rest = b"1" + b",1" * (LARGE // 2)
    return [("/v2/models/m/infer", infer(rest), 413),
            ("/v2/models/m/infer", infer(b'"' + b"A" * LARGE + b'"'), 400),
            ("/v2/models/m/infer", b'{"other":[' + rest + b"]}", 400),
            ("/v2/models/m/infer", b"[" * LARGE, 400),
            ("/v1/models/m:predict", b'{"instances":[[' + rest + b"]]}", 413),
            ("/v1/predict", b'{"images":["' + image + b'"' + b',"' + b"A" * LARGE + b'"]}', 415),
            ("/v1/predict", b'{"images":[' + rest + b"]}", 400)]


def ask(port, request):
    path, body, status = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == status, (path, body[:80], answer.status, answer.read())
    answer.read()
    connection.close()


def resident(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    for line in connection.getresponse().read().decode().splitlines():
        if line.startswith("process_resident_memory_bytes "):
            return float(line.split()[1])
    raise AssertionError("there is no process_resident_memory_bytes")


def main(alexnet, weights, picture):
    server = subprocess.Popen([alexnet, "serve", f"m={weights}", "--port", "0", "--quiet"],
                              stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().split(":")[2].strip("/\n"))
    before = resident(port)
    with concurrent.futures.ThreadPoolExecutor(4) as clients:
        for answer in [clients.submit(ask, port, request) for request in 4 * bodies(picture)]:
            answer.result()
    growth = resident(port) - before
    print(json.dumps({"before_mib": before / MIB, "growth_mib": growth / MIB}))
    assert growth < MOST_GROWTH
    server.terminate()
    assert server.wait() == 0


main(*sys.argv[1:])
