"""The program's signals and refusals: signals_test.py ALEXNET WEIGHTS PICTURE

SIGHUP reloads the weights, a damaged file leaves the old ones, SIGTERM ends with 0, a second one at
once; where there is a terminal, its closing ends the server; what cannot be served is one sentence and
an exit code; a log that cannot be written, or that nobody reads, holds nothing up; systemd is told.
"""
import contextlib
import http.client
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

# src/cli/exit_codes.h
BAD_INPUT, NOT_FOUND, IO, INTERRUPTED = 1, 3, 5, 130


class Served:
    """Without a terminal, whoever runs the test."""

    def __init__(self, alexnet, weights, *options, env=None):
        self.process = subprocess.Popen([alexnet, "serve", f"m={weights}", "--port", "0", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True, env=env)
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
    server = Served(alexnet, copy, "--quiet")
    before = server.predict(picture)
    assert server.reload() == f"m: reloaded {copy}\n"
    assert server.predict(picture) == before
    with open(copy, "w") as file:  # in place
        file.write("damaged")
    assert server.reload().startswith("m: keeps its weights, reloading failed: ")
    assert server.predict(picture) == before
    server.process.terminate()
    assert server.process.wait() == 0
    assert server.process.stderr.read() == "stopping: answering the requests in progress\n"


def check_service_manager(alexnet, weights, folder):
    """What systemd is told when it started the server, by a path or a name of Linux's abstract namespace."""
    for path in [os.path.join(folder, "notify"), f"\0alexnet-{os.getpid()}"]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(10)
            told = lambda: manager.recv(4096).decode()
            server = Served(alexnet, weights, "--quiet",
                            env={**os.environ, "NOTIFY_SOCKET": path.replace("\0", "@")})
            assert told() == "READY=1"
            server.reload()
            assert [told(), told()] == ["RELOADING=1", "READY=1"]
            server.process.terminate()
            assert told() == "STOPPING=1"
            assert server.process.wait() == 0
    # Nobody is there to be told.
    server = Served(alexnet, weights, env={**os.environ, "NOTIFY_SOCKET": os.path.join(folder, "nobody")})
    server.process.terminate()
    assert server.process.wait() == 0


def check_passed_socket(alexnet, weights):
    """A socket that listens already, as systemd passes one."""

    def give(listener):
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)  # where it was 3 before

    def start(listener):
        command = ["sh", "-c", 'exec env LISTEN_PID=$$ LISTEN_FDS=1 "$0" serve "$@"', alexnet, f"m={weights}", "--port", "1"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=False,
                                preexec_fn=lambda: give(listener), start_new_session=True)

    def refuses(socket_of_another_kind):
        process = start(socket_of_another_kind)
        assert "takes no connections over TCP" in process.stderr.read() and process.wait() == BAD_INPUT

    for family, host in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]:
        with socket.create_server((host, 0), family=family) as listener:
            port = listener.getsockname()[1]
            early = socket.create_connection((host, port))
            early.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n")  # waits
            process = start(listener)
            name = f"[{host}]" if ":" in host else host
            assert process.stdout.readline() == f"http://{name}:{port}/\n"
            assert early.recv(4096).startswith(b"HTTP/1.1 200")
            early.close()
            process.terminate()
            assert process.wait() == 0
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(folder, "socket"))
        listener.listen()
        refuses(listener)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        refuses(datagrams)


def check_logs(alexnet, weights):
    """The server works on when its log cannot be written."""
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


def ask_often(address, count=1000):
    """More lines of the log than a pipe or a terminal holds."""
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=10)
    for _ in range(count):
        connection.request("GET", "/" + 150 * "x")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
    connection.close()


def check_unread_log(alexnet, weights):
    server = Served(alexnet, weights)
    ask_often(server.address)
    server.process.terminate()
    assert server.process.wait(timeout=10) == 0


def check_full_pipe(alexnet, weights):
    """Nobody ever read stdout and stderr, which are one pipe."""
    reader, pipe = os.pipe()
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(pipe, 4096 * b"x"):
            pass
    os.set_blocking(pipe, True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([alexnet, "serve", weights, "--port", str(port)], stdout=pipe, stderr=pipe)
    ready = f"http://127.0.0.1:{port}/v2/health/ready"
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(ready, timeout=10):
            break
        time.sleep(0.1)
    process.terminate()
    assert process.wait(timeout=10) == 0
    os.close(reader)
    os.close(pipe)


def check_second_stop(alexnet, weights):
    server = Served(alexnet, weights)
    port = int(server.address.split(":")[2].strip("/"))
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.2)
        for _ in range(2):
            assert server.process.poll() is None
            server.process.terminate()
            time.sleep(0.2)
        assert server.process.wait(timeout=10) == INTERRUPTED


def start_in_terminal(alexnet, weights):
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the test itself ignores it
        os.execv(alexnet, [alexnet, "serve", f"m={weights}", "--port", "0"])
    text = ""
    while not (address := re.search(r"http://\S+/", text)):
        text += os.read(terminal, 4096).decode()
    return child, terminal, address[0]


def wait_for_exit(child):
    for _ in range(100):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def check_terminal(alexnet, weights):
    child, terminal, address = start_in_terminal(alexnet, weights)
    os.write(terminal, b"\x13")  # Ctrl-S
    time.sleep(0.2)
    ask_often(address)
    os.kill(child, signal.SIGTERM)
    assert wait_for_exit(child) == 0
    os.close(terminal)
    child, terminal, address = start_in_terminal(alexnet, weights)
    os.close(terminal)
    assert wait_for_exit(child) == 0


def check_token_variable(alexnet, weights):
    for token in ["", " \n"]:
        done = subprocess.run([alexnet, "serve", weights, "--port", "0"], capture_output=True, text=True,
                              env={**os.environ, "ALEXNET_TOKEN": token}, timeout=10)
        assert done.returncode == BAD_INPUT and "ALEXNET_TOKEN has no token" in done.stderr, done


def check_refusals(alexnet, weights, folder):
    empty = os.path.join(folder, "empty")
    open(empty, "w").close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for arguments, code, words in [
                (["absent"], NOT_FOUND, "absent"),
                ([f"a/b={weights}"], BAD_INPUT, "'a/b' is not a name"),
                ([f"m={weights}", f"m={weights}"], BAD_INPUT, "two models are called 'm'"),
                ([f"m={weights}", "--token-file", empty], BAD_INPUT, "has no token"),
                ([f"m={weights}", "--host", "nowhere"], BAD_INPUT, "'nowhere' is not an address"),
                ([f"m={weights}", "--port", str(taken.getsockname()[1])], IO, "cannot listen on"),
                ([f"m={weights}", "--port", "0", "--tls-cert", empty, "--tls-key", empty],
                 BAD_INPUT, "cannot be used as a certificate")]:
            done = subprocess.run([alexnet, "serve", *arguments], capture_output=True, text=True)
            assert done.returncode == code and words in done.stderr, (arguments, done)
            assert done.stdout == ""


def main(alexnet, weights, picture):
    with tempfile.TemporaryDirectory() as folder:
        check_signals(alexnet, weights, picture, folder)
        check_service_manager(alexnet, weights, folder)
        check_refusals(alexnet, weights, folder)
    check_passed_socket(alexnet, weights)
    check_token_variable(alexnet, weights)
    check_logs(alexnet, weights)
    check_unread_log(alexnet, weights)
    check_full_pipe(alexnet, weights)
    check_second_stop(alexnet, weights)
    check_terminal(alexnet, weights)


main(*sys.argv[1:])
