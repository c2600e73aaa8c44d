"""A partner's own backend, between its app and a vendor (Sentiance or FinBox).

The app signs in here with its own session. The backend calls the vendor with the server key, which never leaves this
process, and hands the app what the vendor gave for that user. It takes Sentiance's firehose too, if it is told where to keep
what comes (INBOX, WEBHOOK_LOGIN, WEBHOOK_APP_ID). Only the standard library is needed:

    PORT=8080 VENDOR=sentiance VENDOR_URL=https://api.sentiance.com VENDOR_SERVER_KEY=... python3 partner_backend.py

It listens on loopback, unless HOST names another address: in a container, 0.0.0.0.
"""

import base64
import binascii
import contextlib
import gzip
import hashlib
import hmac
import http.client
import io
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
import zlib
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

VENDOR_TIMEOUT = 2.0  # seconds for a whole vendor call, however slowly its answer drips in
ANSWER_LIMIT = 4 * 1024 * 1024
BODY_LIMIT = 64 * 1024
FIREHOSE_LIMIT = 16 * 1024 * 1024  # a batch is 4 MB at most before it is compressed
PREDICTORS_VERSION = 6
POLL_PAUSE = 10.0  # seconds between two looks at a result in progress, and for how long to look at all
POLL_LONGEST = 120.0
RETRY_PAUSES = {"sentiance": [1.0], "finbox": [2.0, 5.0]}  # seconds; FinBox documents its own
LONGEST_PAUSE = 30.0  # whoever is told to stay away for longer gives up instead
READ_STATUSES = {"in_progress", "complete", "no_data", "not_found"}
MAY_PASS = {408, 425}  # the refusals that say "later", not "no"

# The app's sessions, and the id under which each user is known to the vendor: made once, kept for good, and telling
# nothing about the person.
USERS_BY_SESSION = {"alice-app-session": "alice", "bob-app-session": "bob"}
VENDOR_IDS = {"alice": "u4m9t2kx7q0ehw6zr1vd", "bob": "u8c3y5nb1j7pfs2ga9ol"}


class Refused(Exception):
    """The vendor said no. Its text is for our own staff and never for the app."""

    def __init__(self, body):
        super().__init__("the vendor refused the call")
        self.body = body


class Unavailable(Exception):
    """The vendor gave no answer that can be used; the app may ask again later."""


class Failing(Unavailable):
    """The vendor said 429 or 5xx: it may do better in a moment. Holds the seconds it asked for, or None."""

    def __init__(self, retry_after):
        super().__init__("the vendor is failing")
        self.retry_after = retry_after


class Vendor:
    """Calls to the vendor: straight (no proxy), no redirect followed, one deadline over each."""

    def __init__(self, name, url, server_key, server_hash=""):
        self.name = name
        self.url = urlsplit(url)
        self.server_key = server_key
        self.server_hash = server_hash

    def authentication_code(self, user_id):
        """A new Sentiance authentication code for one user, with its expiry."""
        headers = {"Authorization": f"Bearer {self.server_key}"}
        answer = self.post("/users/auth-code", headers, {"external_id": user_id})
        code, expires_at = answer.get("authentication_code"), answer.get("expires_at")
        if not (isinstance(code, str) and code and isinstance(expires_at, str) and expires_at):
            raise Unavailable
        return {"code": code, "expires_at": expires_at}

    def predictors(self, user_id):
        """What FinBox has worked out about one user; while it is at work, it is asked again now and then."""
        give_up = time.monotonic() + POLL_LONGEST
        while True:
            result = self.look_at_predictors(user_id)
            if result["status"] != "in_progress" or time.monotonic() + POLL_PAUSE > give_up:
                return result
            time.sleep(POLL_PAUSE)

    def look_at_predictors(self, user_id):
        """One look at what FinBox has worked out so far."""
        body = {"customer_id": user_id, "version": PREDICTORS_VERSION, "salt": self.salt(user_id)}
        answer = self.post("/v2/risk/predictors", {"x-api-key": self.server_key}, body)
        status = answer.get("status")
        if not (isinstance(status, str) and status in READ_STATUSES):
            raise Unavailable
        return {"status": status, "data": answer.get("data")}

    def salt(self, user_id):
        """FinBox's proof of a call: MD5 in upper-case hex, then the hash, then the raw SHA-256 in base64."""
        md5 = hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest().upper()
        return base64.b64encode(hashlib.sha256((md5 + self.server_hash).encode()).digest()).decode()

    def post(self, path, headers, body):
        """POST a JSON object and return the JSON object answered, trying again while the vendor fails for a moment."""
        for pause in RETRY_PAUSES[self.name]:
            try:
                return self.post_once(path, headers, body)
            except Failing as failing:
                told = failing.retry_after or 0.0
                if told > LONGEST_PAUSE:
                    raise
                time.sleep(max(pause, told))
        return self.post_once(path, headers, body)

    def post_once(self, path, headers, body):
        """POST a JSON object and return the JSON object answered; raises Refused, Failing or Unavailable."""
        headers = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
        try:
            status, text, retry_after = self.exchange(path, headers, json.dumps(body).encode())
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable from error
        if status == 429 or status >= 500:
            raise Failing(seconds(retry_after))
        if 400 <= status < 500 and status not in MAY_PASS:
            raise Refused(text)
        if not 200 <= status < 300:
            raise Unavailable
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:  # a captive portal's page, or half an answer
            raise Unavailable from error
        if not isinstance(answer, dict):
            raise Unavailable
        return answer

    def exchange(self, path, headers, body):
        """One HTTP request; status, body and Retry-After of its answer."""
        deadline = time.monotonic() + VENDOR_TIMEOUT
        secure = self.url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(self.url.hostname, self.url.port, timeout=VENDOR_TIMEOUT)
        with contextlib.closing(connection):
            connection.connect()
            # A socket's timeout starts anew with every byte, so the deadline is kept by ending the connection.
            watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), hang_up, [connection.sock])
            watchdog.daemon = True
            watchdog.start()
            try:
                connection.request("POST", self.url.path.rstrip("/") + path, body, headers)
                response = connection.getresponse()
                text = response.read(ANSWER_LIMIT + 1)
            finally:
                watchdog.cancel()
        if len(text) > ANSWER_LIMIT or time.monotonic() > deadline:
            raise Unavailable
        return response.status, text, response.headers.get("Retry-After")


def seconds(retry_after):
    """What Retry-After says, as seconds from now; None if it says nothing that can be understood."""
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def sdk_customer_id(user_id):
    """What the app gives to its FinBox SDK: the very id that its insights are asked for under."""
    return {"customer_id": user_id}


def hang_up(connected):
    """Wake whoever reads from this socket, with the end of the stream."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Inbox:
    """What Sentiance's firehose told us, in a database: a message is in it once and for good, or not at all."""

    def __init__(self, path):
        self.path = path
        with self.open() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS messages (user_id TEXT, message_id TEXT, type TEXT, made_at TEXT,"
                " PRIMARY KEY (user_id, message_id))"
            )

    @contextlib.contextmanager
    def open(self):
        """A connection of its own for each use: requests have a thread each. It is committed unless something is raised."""
        database = sqlite3.connect(self.path, timeout=10)
        try:
            with database:
                yield database
        finally:
            database.close()

    def keep(self, messages):
        """Keep messages, all or none; those that are there already stay as they are."""
        with self.open() as database:
            database.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", [row(one) for one in messages])

    def summary(self, user_id):
        """Where a user stands, in whatever order the messages came."""
        with self.open() as database:
            query = "SELECT type, COUNT(*), MAX(made_at) FROM messages WHERE user_id = ? GROUP BY type ORDER BY type"
            return {kind: {"count": count, "newest": newest} for kind, count, newest in database.execute(query, [user_id])}


def row(message):
    """A message as the database has it. Those without an event's id are told apart by their type and time."""
    meta, data = message["meta"], message["data"]
    kind, made_at = str(meta["message_type"]), str(meta["message_timestamp"])
    return str(data["user_id"]), str(data.get("event_id") or f"{kind} {made_at}"), kind, made_at


class PartnerBackend(BaseHTTPRequestHandler):
    """What the app can ask for. One request per connection (HTTP/1.0), one thread each."""

    timeout = 10  # seconds for the app to send its request
    vendor = None  # set by `serve`, as are the next three
    inbox = None
    webhook_login = ""  # user:password, as set in the vendor's dashboard
    webhook_app_id = ""
    body = b""

    def do_GET(self):
        if self.route() == "/health":
            self.answer(200, {"status": "ok"})
        elif self.route() == "/firehose" and self.inbox:
            self.tell_app_id()
        elif self.route().startswith("/activity/") and self.inbox:  # for our own staff: not open to the internet
            self.answer(200, self.inbox.summary(self.route().removeprefix("/activity/")))
        else:
            self.answer(404, {"error": "not_found"})

    def do_POST(self):
        offers = {
            "sentiance": {"/credential": self.vendor.authentication_code},
            "finbox": {"/insights": self.vendor.predictors, "/customer-id": sdk_customer_id},
        }
        to_firehose = self.route() == "/firehose" and self.inbox
        if not self.read_body(FIREHOSE_LIMIT if to_firehose else BODY_LIMIT):
            return
        if to_firehose:
            self.take_messages()
            return
        ask = offers[self.vendor.name].get(self.route())
        if ask is None:
            self.answer(404, {"error": "not_found"})
            return
        user = self.app_user()
        if user is None:
            self.answer(401, {"error": "unauthorized"}, {"WWW-Authenticate": "Bearer"})
            return
        try:
            self.answer(200, ask(self.vendor_user_id(user)))
        except Refused as refusal:
            self.answer_refusal(refusal)
        except Unavailable:
            self.answer(503, {"error": "vendor_unavailable"})

    def tell_app_id(self):
        """Which app the firehose is for; the vendor asks before it sends anything."""
        if self.is_from_vendor():
            self.answer(200, {"app_id": self.webhook_app_id})
        else:
            self.answer(401, {"error": "unauthorized"}, {"WWW-Authenticate": "Basic"})

    def take_messages(self):
        """Keep what the firehose delivers, and only then say 200; anything else has it delivered again."""
        if not self.is_from_vendor():
            self.answer(401, {"error": "unauthorized"}, {"WWW-Authenticate": "Basic"})
            return
        try:
            messages = json.loads(unpacked(self.body))["data"]
            if self.headers.get("sentiance-payload-type") != "test":
                self.inbox.keep(messages)
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            self.answer(400, {"error": "not_understood"})
        except sqlite3.Error:
            self.answer(503, {"error": "try_again"})
        else:
            self.answer(200, {})

    def is_from_vendor(self):
        """True if the request shows the login that we gave the vendor, which is compared in constant time."""
        logins = self.headers.get_all("Authorization", [])
        scheme, _, token = logins[0].partition(" ") if len(logins) == 1 else ("", "", "")
        try:
            shown = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(shown, self.webhook_login.encode())

    def app_user(self):
        """The user of the app's session, or None."""
        logins = self.headers.get_all("Authorization", [])
        scheme, _, session = logins[0].partition(" ") if len(logins) == 1 else ("", "", "")
        return USERS_BY_SESSION.get(session) if scheme.lower() == "bearer" else None

    def vendor_user_id(self, user):
        """The id to name this user by at the vendor. It comes from our own table, whatever the app's request says."""
        return VENDOR_IDS[user]

    def answer_refusal(self, refusal):
        """Tell the app that the vendor refused, and nothing more."""
        del refusal
        self.answer(502, {"error": "vendor_refused"})

    def route(self):
        return self.path.partition("?")[0]

    def read_body(self, limit=BODY_LIMIT):
        """Take the request's body off the wire, so that the answer isn't lost to a reset; False if it was answered."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.answer(411, {"error": "length_required"})
        elif len(length) > 9 or int(length) > limit:
            self.answer(413, {"error": "body_too_large"})
        else:
            self.body = self.rfile.read(int(length))
            return True
        return False

    def answer(self, status, body, headers=None):
        self.answer_bytes(status, json.dumps(body).encode(), headers)

    def answer_bytes(self, status, content, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):
        """No access log: a request's line may hold what an app should not have put there."""


def unpacked(body):
    """A gzip body's content; a small one must not fill the memory."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            plain = packed.read(FIREHOSE_LIMIT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("no gzip") from error
    if len(plain) > FIREHOSE_LIMIT:
        raise ValueError("too much")
    return plain


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # an app that went away is no news
            super().handle_error(request, client_address)


def serve(handler=PartnerBackend):
    """Serve until SIGTERM or SIGINT, as the environment says."""
    env = os.environ
    needed = ["PORT", "VENDOR", "VENDOR_URL", "VENDOR_SERVER_KEY"]
    if env.get("VENDOR") == "finbox":
        needed.append("VENDOR_SERVER_HASH")
    missing = [name for name in needed if not env.get(name)]
    if missing:
        sys.exit(f"not set: {', '.join(missing)}")
    if env["VENDOR"] not in ("sentiance", "finbox"):
        sys.exit("VENDOR must be sentiance or finbox")
    key = env["VENDOR_SERVER_KEY"]
    if not (key.isascii() and key.isprintable()):  # it would not fit into a header, and the error would print it
        sys.exit("VENDOR_SERVER_KEY must be printable ASCII")
    handler.vendor = Vendor(env["VENDOR"], env["VENDOR_URL"], key, env.get("VENDOR_SERVER_HASH", ""))
    if env.get("WEBHOOK_LOGIN") and env.get("INBOX"):
        handler.inbox = Inbox(env["INBOX"])
        handler.webhook_login, handler.webhook_app_id = env["WEBHOOK_LOGIN"], env.get("WEBHOOK_APP_ID", "")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Server((env.get("HOST", "127.0.0.1"), int(env["PORT"])), handler) as server:
        print(f"{handler.__name__} for {env['VENDOR']} on port {server.server_port}", file=sys.stderr, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve()
