"""A partner's own backend, between its app and a vendor (Sentiance or FinBox).

The app signs in here with its own session. The backend calls the vendor with the server key and gives the app the result
for that user. The key is sent to the vendor only. The backend also receives Sentiance's firehose, if INBOX, WEBHOOK_LOGIN
and WEBHOOK_APP_ID are set. It needs only the standard library:

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

VENDOR_TIMEOUT = 2.0  # seconds for a whole vendor call, to the last byte of its answer
ANSWER_LIMIT = 4 * 1024 * 1024
BODY_LIMIT = 64 * 1024
FIREHOSE_LIMIT = 16 * 1024 * 1024  # an uncompressed batch has 4 MB at most
PREDICTORS_VERSION = 6
POLL_PAUSE = 10.0  # seconds between two polls for a result in progress, and the longest time to poll
POLL_LONGEST = 120.0
RETRY_PAUSES = {"sentiance": [1.0], "finbox": [2.0, 5.0]}  # seconds; FinBox documents its own
LONGEST_PAUSE = 30.0  # seconds; the call fails if the vendor asks for a longer pause
READ_STATUSES = {"in_progress", "complete", "no_data", "not_found"}
MAY_PASS = {408, 425}  # 4xx statuses that are temporary

# The app's sessions, and the id under which the vendor knows each user. An id is random, never changes, and reveals
# nothing about the person.
USERS_BY_SESSION = {"alice-app-session": "alice", "bob-app-session": "bob"}
VENDOR_IDS = {"alice": "u4m9t2kx7q0ehw6zr1vd", "bob": "u8c3y5nb1j7pfs2ga9ol"}


class Refused(Exception):
    """The vendor's refusal. Its text is for our own staff and never for the app."""

    def __init__(self, body):
        super().__init__("the vendor refused the call")
        self.body = body


class Unavailable(Exception):
    """The vendor gave no usable answer. The app may ask again later."""


class Failing(Unavailable):
    """A temporary failure of the vendor: 429 or 5xx. Holds the pause in seconds that it asked for, or None."""

    def __init__(self, retry_after):
        super().__init__("the vendor is failing")
        self.retry_after = retry_after


class Vendor:
    """Calls to the vendor: without a proxy, without following redirects, with one deadline for each call."""

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
        """FinBox's predictors for one user. Polls while they are in progress."""
        give_up = time.monotonic() + POLL_LONGEST
        while True:
            result = self.look_at_predictors(user_id)
            if result["status"] != "in_progress" or time.monotonic() + POLL_PAUSE > give_up:
                return result
            time.sleep(POLL_PAUSE)

    def look_at_predictors(self, user_id):
        """One poll for FinBox's predictors."""
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
        """POST a JSON object and return the JSON object answered. Retry temporary failures."""
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
        """POST a JSON object once and return the JSON object answered. Raises Refused, Failing or Unavailable."""
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
        except (ValueError, RecursionError) as error:  # a captive portal's page, or an incomplete answer
            raise Unavailable from error
        if not isinstance(answer, dict):
            raise Unavailable
        return answer

    def exchange(self, path, headers, body):
        """Make one HTTP request and return the status, body and Retry-After of the answer."""
        deadline = time.monotonic() + VENDOR_TIMEOUT
        secure = self.url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(self.url.hostname, self.url.port, timeout=VENDOR_TIMEOUT)
        with contextlib.closing(connection):
            connection.connect()
            # A socket's timeout restarts with every byte, so a timer closes the connection at the deadline.
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
    """The pause that Retry-After asks for, in seconds from now. None if it can't be parsed."""
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def sdk_customer_id(user_id):
    """The id that the app gives to its FinBox SDK: the same one with which this backend asks for insights."""
    return {"customer_id": user_id}


def hang_up(connected):
    """Shut the socket down, so that a blocked read returns."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Inbox:
    """The messages of Sentiance's firehose, in a database. Each message is stored once."""

    def __init__(self, path):
        self.path = path
        with self.open() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS messages (user_id TEXT, message_id TEXT, type TEXT, made_at TEXT,"
                " PRIMARY KEY (user_id, message_id))"
            )

    @contextlib.contextmanager
    def open(self):
        """A connection for one use, since each request has a thread of its own. Commits unless an exception is raised."""
        database = sqlite3.connect(self.path, timeout=10)
        try:
            with database:
                yield database
        finally:
            database.close()

    def keep(self, messages):
        """Store messages, all or none. Messages that are stored already stay unchanged."""
        with self.open() as database:
            database.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", [row(one) for one in messages])

    def summary(self, user_id):
        """A summary of a user's messages that does not depend on their order."""
        with self.open() as database:
            query = "SELECT type, COUNT(*), MAX(made_at) FROM messages WHERE user_id = ? GROUP BY type ORDER BY type"
            return {kind: {"count": count, "newest": newest} for kind, count, newest in database.execute(query, [user_id])}


def row(message):
    """The database row of a message. Its id is the event's id, or else its type and time."""
    meta, data = message["meta"], message["data"]
    kind, made_at = str(meta["message_type"]), str(meta["message_timestamp"])
    return str(data["user_id"]), str(data.get("event_id") or f"{kind} {made_at}"), kind, made_at


class PartnerBackend(BaseHTTPRequestHandler):
    """The HTTP handler for the app and the vendor. One request per connection (HTTP/1.0), one thread each."""

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
        """Answer which app the firehose belongs to. The vendor asks before it sends anything."""
        if self.is_from_vendor():
            self.answer(200, {"app_id": self.webhook_app_id})
        else:
            self.answer(401, {"error": "unauthorized"}, {"WWW-Authenticate": "Basic"})

    def take_messages(self):
        """Store the firehose's messages, then answer 200. After any other answer the vendor delivers them again."""
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
        """Whether the request has the vendor's login. It is compared in constant time."""
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
        """The vendor's id of this user. It comes from our own table and never from the app's request."""
        return VENDOR_IDS[user]

    def answer_refusal(self, refusal):
        """Tell the app that the vendor refused, and nothing more."""
        del refusal
        self.answer(502, {"error": "vendor_refused"})

    def route(self):
        return self.path.partition("?")[0]

    def read_body(self, limit=BODY_LIMIT):
        """Read the request's body, so that no reset loses the answer. False if an error was answered."""
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
        """No access log: a request line may contain secrets that an app should not have put there."""


def unpacked(body):
    """The content of a gzip body. Its size is limited, since a small body may expand to fill the memory."""
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
        if not isinstance(sys.exc_info()[1], OSError):  # a closed connection is no error here
            super().handle_error(request, client_address)


def serve(handler=PartnerBackend):
    """Serve until SIGTERM or SIGINT. The environment holds the configuration."""
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
