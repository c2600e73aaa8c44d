"""A client backend in Python, without packages: it gets a Sentiance authentication code for the user of its app."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

# The ids given to the vendor are random and never change. They reveal nothing about the person.
USERS = {"alice-app-session": "u4m9t2kx7q0ehw6zr1vd", "bob-app-session": "u8c3y5nb1j7pfs2ga9ol"}


class NoRedirect(HTTPRedirectHandler):
    """Follows no redirect, so that the key goes only to the vendor."""

    def redirect_request(self, *_):
        return None


OPENER = build_opener(NoRedirect, ProxyHandler({}))
TIMEOUT = 3  # seconds: the app never waits for a vendor that doesn't answer, or answers a byte at a time
CALLS = ThreadPoolExecutor(32)


def authentication_code(vendor_id):
    request = Request(
        os.environ["SENTIANCE_URL"] + "/users/auth-code",
        data=json.dumps({"external_id": vendor_id}).encode(),
        headers={"Authorization": "Bearer " + os.environ["SENTIANCE_KEY"], "Content-Type": "application/json"},
    )
    with OPENER.open(request, timeout=TIMEOUT) as answer:
        return str(json.load(answer)["authentication_code"])


class App(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme, _, login = self.headers.get("Authorization", "").partition(" ")
        vendor_id = USERS.get(login) if scheme.lower() == "bearer" else None
        if self.path != "/credential":
            return self.answer(404, {"error": "not found"})
        if vendor_id is None:  # only the login counts, not the body
            return self.answer(401, {"error": "not signed in"})
        try:
            code = CALLS.submit(authentication_code, vendor_id).result(timeout=TIMEOUT)
            self.answer(200, {"code": code})
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            print(error, file=sys.stderr)  # for our log; the app is not told how the vendor refused us
            self.answer(503, {"error": "try again later"})

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
