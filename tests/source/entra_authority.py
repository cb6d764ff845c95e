"""What gives tokens, on a real socket."""

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
ASSERTION = "eyJjanary.eyJjYW5hcnkiOiJhc3NlcnRpb24ifQ.canary-signature"


class Authority:
    """Entra's token endpoint, GitHub's and a machine's identity endpoint, hand-written from graph.md §9.1 and §9.4.

    Over TLS, or plain where there is no certificate.
    """

    def __init__(self, certificate=None):
        self.requests = []
        self.tokens = 0
        self.refuse = None
        self.github = (200, {"value": ASSERTION})
        authority = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                parts = urlsplit(self.path)
                form = {key: values[0] for key, values in parse_qs(body).items()}
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                authority.requests.append(
                    SimpleNamespace(path=parts.path, query=query, form=form, headers=dict(self.headers.items()))
                )
                status, answer = authority.answer(parts.path, query)
                sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is the handler's: a client that breaks it off must not hold up the next one.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self.server.server_port
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, path, query):
        if path == "/github/token":
            return self.github
        if path.startswith("/v1.0") or path.startswith("/API"):
            return 200, {}
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}/{TENANT}/oauth2/v2.0"
            return 200, {
                "issuer": f"{self.url}/{TENANT}/v2.0",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
            }
        if self.refuse:
            return self.refuse
        self.tokens += 1
        if "resource" in query:  # a managed identity's answer: numbers as text
            ends = str(int(time.time()) + 3599)
            return 200, {
                "token_type": "Bearer",
                "expires_in": "3599",
                "expires_on": ends,
                "resource": query["resource"],
                "access_token": f"token-{self.tokens}",
            }
        return 200, {
            "token_type": "Bearer",
            "expires_in": 3599,
            "ext_expires_in": 3599,
            "access_token": f"token-{self.tokens}",
        }

    def asked(self, path):
        return [request for request in self.requests if request.path.endswith(path)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
