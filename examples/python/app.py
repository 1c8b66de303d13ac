"""The example app in Python, standard library only. The contract is in examples/README.md."""

import base64
import hashlib
import os
import signal
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

leaked = []
count = 0
count_lock = threading.Lock()


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def route(self):
        global count
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != "/count":
            with count_lock:
                count += 1
        handler = getattr(self, "get_" + (url.path.strip("/") or "root"), None)
        if handler is None:
            self.answer("not found\n", 404)
        else:
            handler()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = route

    def answer(self, body, status=200):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def get_root(self):
        self.answer("Hello from Python\n")

    def get_slow(self):
        ms = int(self.query.get("ms", "1000"))
        time.sleep(ms / 1000)
        self.answer(f"slept {ms} ms\n")

    def get_echo(self):
        lines = [f"{self.command} {self.path}", *(f"{k}: {v}" for k, v in self.headers.items())]
        self.answer(("\n".join(lines) + "\n\n").encode("latin1") + self.body())

    def get_env(self):
        name = self.query.get("name")
        if name is None:
            self.answer("".join(f"{k}={v}\n" for k, v in os.environ.items()))
        elif name in os.environ:
            self.answer(os.environ[name] + "\n")
        else:
            self.answer("not found\n", 404)

    def get_pid(self):
        self.answer(f"{os.getpid()}\n")

    def get_stream(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        for i in range(int(self.query.get("n", "5"))):
            self.wfile.write(f"data: {i + 1}\n\n".encode())
            self.wfile.flush()
            time.sleep(int(self.query.get("ms", "100")) / 1000)

    def get_crash(self):
        os._exit(int(self.query.get("code", "1")))

    def get_leak(self):
        leaked.append(b"\1" * (int(self.query.get("mib", "1")) * 1024 * 1024))
        self.answer(f"{sum(map(len, leaked)) // 1024 // 1024} MiB\n")

    def get_file(self):
        with open(__file__, "rb") as file:
            self.answer(file.read())

    def get_count(self):
        self.answer(f"{count}\n")

    def get_ws(self):
        """WebSocket (RFC 6455) in its simplest form: every frame is sent back as it came."""
        self.close_connection = True
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.wfile.flush()
        while (start := self.rfile.read(2)) and len(start) == 2:
            length = start[1] & 0x7F
            extended = self.rfile.read({126: 2, 127: 8}.get(length, 0))
            if extended:
                length = int.from_bytes(extended, "big")
            mask = self.rfile.read(4)
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(length)))
            opcode = start[0] & 0x0F
            first = start[0] + 1 if opcode == 9 else start[0]  # a ping is answered by a pong
            self.wfile.write(struct.pack("BB", first, start[1] & 0x7F) + extended + payload)
            self.wfile.flush()
            if opcode == 8:
                break

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        return b"".join(chunks)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


if os.environ.get("IGNORE_TERM"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.environ.get("FAIL_START"):
    sys.exit(int(os.environ["FAIL_START"]))
time.sleep(int(os.environ.get("START_DELAY_MS", "0")) / 1000)
port = int(os.environ.get("PORT", "8080"))
server = Server(("127.0.0.1", port), App)
print(f"listening on 127.0.0.1:{port}", flush=True)
server.serve_forever()
