"""The command line as a victim: run with a clean environment, against a service that means it ill."""

import contextlib
import http.server
import json
import os
import subprocess
import threading

from kit.server import Server


def strongroom(*arguments, shell='"$@"', folder="/nonexistent", **environment):
    """Runs the executable, as `"$@"` of a script of bash's. Gives the finished process, its outputs as text."""
    return subprocess.run(
        ["/bin/bash", "-c", shell, "bash", Server.binary, *arguments], capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": folder, **environment},
    )


@contextlib.contextmanager
def hostile(answer):
    """A service whose every answer is made by `answer(method, path)`: a status, and what is sent as JSON or as it is. Gives its
    address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answer(self.command, self.path)
            data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
