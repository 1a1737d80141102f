import contextlib
import os
import subprocess


@contextlib.contextmanager
def served(alexnet, *arguments, token=None):
    """The address and process of a server."""
    environment = dict(os.environ, **({"ALEXNET_TOKEN": token} if token else {}))
    server = subprocess.Popen([alexnet, "serve", *arguments, "--port", "0", "--quiet"], env=environment,
                              stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip(), server
    finally:
        server.terminate()
        server.wait()
