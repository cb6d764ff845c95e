"""A server whose answer never ends, in whatever part of it: a piece at a time, for some ten seconds.

A call that ends only then would have gone on for as long as it dripped.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
DRIPS = {
    "interim answers one by one": (b"", INTERIM, 0.05),
    "interim answers without a pause": (b"", INTERIM * 100, 0),
    "the status line": (b"", b"H", 0.05),
    "one header": (HEAD + b"X: ", b"x", 0.05),
    "header after header": (HEAD, b"X: x\r\n", 0.05),
    "the size of a chunk": (CHUNKED, b"0", 0.05),
    "what follows the last chunk": (CHUNKED + b"0\r\n", b"X: x\r\n", 0.05),
    "the body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x", 0.05),
}


class Dripping:
    """Reads a request, answers `head` and then `piece` again and again. `cut`: that the client hung up on it."""

    def __init__(self, head, piece, pause, *, certificate=None, good=0):
        """The first `good` requests of a connection are answered well."""
        self.head, self.piece, self.pause, self.good = head, piece, pause, good
        self.requests = self.connections = 0
        self.cut = threading.Event()
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        self.connections += 1
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.answer(connection)
        except OSError:
            self.cut.set()
        finally:
            connection.close()

    def answer(self, connection):
        for number in range(self.good + 1):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.requests += 1
            if number < self.good:
                connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        connection.sendall(self.head)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            connection.sendall(self.piece)
            time.sleep(self.pause)

    def close(self):
        self.listener.close()
