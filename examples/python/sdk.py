"""A small SDK for Sentiance: users, recorded items, batches. Python 3 and nothing else.

It uses the real time and makes its requests on the caller's thread. Everything that must survive the process is stored
before it is relied upon.
"""

import http.client
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse
import uuid

TIMEOUT = 10  # seconds for one request, from its beginning to its last byte
TRIES = 6  # of one request, before it counts as failed
AGAIN = (408, 425, 429, 500, 502, 503, 504)
SILENCING = ("INSTALL_DEACTIVATED", "USER_DISABLED_REMOTELY")  # another device has replaced this one
NAME = "small-sentiance-sdk/1.0"


class Failed(Exception):
    """The error of a call that failed. Its text is for the app."""


class Storage:
    """The storage on the device: one text, replaced as a whole."""

    def __init__(self, text="{}"):
        self.text = text

    def copy(self):
        return Storage(self.text)


class Sdk:
    def __init__(self, storage, base_url, app_id, device, ca=None, base_ms=1000, cap_ms=60000):
        self.storage = storage
        self.base = urllib.parse.urlsplit(base_url)
        self.tls = ssl.create_default_context(cadata=ca)  # without `ca`, the authorities of the device
        self.app_id, self.device = app_id, device
        self.base_ms, self.cap_ms = base_ms, cap_ms
        self.dead = threading.Event()  # set when the process dies
        self.lines = set()  # connections under way
        self.state_lock = threading.Lock()
        self.user_lock = threading.Lock()  # one creation, refresh or reset at a time
        self.sync_lock = threading.Lock()  # one sync at a time
        self.kept = json.loads(storage.text)
        with self.changing() as kept:
            if kept.setdefault("device_id", device["id"]) != device["id"]:
                kept.clear()  # a copy of another device's storage: two devices can't be one install
                kept["device_id"] = device["id"]
            kept.setdefault("install_id", uuid.uuid4().hex)
            kept.setdefault("queue", [])
            kept.setdefault("permissions", {})

    # The SDK's functions for the app.

    def grant(self, permissions):
        with self.changing() as kept:
            kept["permissions"].update(permissions)
            kept["queue"] = [item for item in kept["queue"] if kept["permissions"].get(item["category"])]
            # A batch with a category that is denied now is never sent again. Its other items go into a new batch.
            if any(not kept["permissions"].get(item["category"]) for item in kept.get("batch", {}).get("items", [])):
                kept.pop("batch", None)
            kept["permissions_told"] = False

    def create_user(self, code):
        with self.user_lock:
            if "user" in self.kept and not self.kept.get("silent"):
                raise Failed("USER_ALREADY_EXISTS")
            asked = {
                "authentication_code": code,
                "install_id": self.kept["install_id"],
                "app_id": self.app_id,
                "device_id": self.device["id"],
                "device_kind": self.device["kind"],
            }
            status, answer = self.call("POST", "/sdk/users", asked)
            if status != 200:
                raise Failed(answer.get("errorCode", f"status {status}"))
            with self.changing() as kept:
                kept["user"] = answer
                kept.pop("silent", None)
            return answer["user_id"]

    def record(self, item_id, category):
        if not self.kept["permissions"].get(category):
            return False
        with self.changing() as kept:
            kept["queue"].append({"id": item_id, "category": category, "recorded_at": now()})
        return True

    def sync(self):
        with self.sync_lock:
            if "user" not in self.kept:
                raise Failed("there is no user")
            if self.kept.get("silent"):
                raise Failed("another device has the user")
            self.tell_permissions()
            while self.kept["queue"] or "batch" in self.kept:
                self.bring(self.next_batch())

    def reset(self):
        with self.sync_lock, self.user_lock:
            try:
                if "user" in self.kept:
                    self.call("DELETE", "/sdk/session", authorized=True)
            finally:
                with self.changing() as kept:
                    kept.clear()
                    kept.update(device_id=self.device["id"], install_id=uuid.uuid4().hex, queue=[], permissions={})

    def kill(self):
        self.dead.set()
        for line in list(self.lines):
            try:
                line.sock.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                pass  # it is closed, or not yet open

    # Internal functions.

    def next_batch(self):
        """The batch under way, or a new one. Its id stays the same until the vendor has answered it."""
        with self.changing() as kept:
            if "batch" not in kept:
                kept["batch"] = {"batch_id": uuid.uuid4().hex, "items": kept["queue"][:100]}
            return kept["batch"]

    def bring(self, batch):
        status, answer = self.call_signed_in("POST", "/sdk/batches", batch)
        if status in (400, 403, 404, 409, 413, 422):
            accepted = {item["id"] for item in batch["items"]}  # a retry would be refused too: drop the batch
        elif status != 200:
            raise Failed(answer.get("errorCode", f"status {status}"))
        else:
            accepted = set(answer["accepted"])
        with self.changing() as kept:
            kept["queue"] = [item for item in kept["queue"] if item["id"] not in accepted]
            kept.pop("batch", None)
        if not accepted:
            raise Failed("nothing was accepted")

    def tell_permissions(self):
        if self.kept["permissions"] and not self.kept.get("permissions_told"):
            told = dict(self.kept["permissions"])
            status, _ = self.call_signed_in("PUT", "/sdk/permissions", told)
            if status == 204 and told == self.kept["permissions"]:
                with self.changing() as kept:
                    kept["permissions_told"] = True

    def call_signed_in(self, method, path, body):
        """A call with the user's token. An expired token is refreshed once."""
        token = self.kept["user"]["token"]
        status, answer = self.call(method, path, body, authorized=True)
        if status == 403 and answer.get("errorCode") in SILENCING:
            with self.changing() as kept:
                kept["silent"] = True
            raise Failed(answer["errorCode"])
        if status != 401:
            return status, answer
        with self.user_lock:
            if self.kept["user"]["token"] == token:
                self.refresh()
        return self.call(method, path, body, authorized=True)

    def refresh(self):
        asked = {"refresh_token": self.kept["user"].get("refresh_token")}
        status, answer = self.call("POST", "/sdk/sessions/refresh", asked)
        if status != 200:
            raise Failed("the session is over")
        with self.changing() as kept:
            kept["user"] = {**kept["user"], **answer}

    def call(self, method, path, body=None, authorized=False):
        """One call, retried after temporary failures with growing, random pauses."""
        for attempt in range(TRIES):
            status, wait, answer = self.request(method, path, body, authorized)
            if status not in AGAIN and status != 0:
                return status, answer
            ceiling = min(self.cap_ms, self.base_ms * 2**attempt) / 1000
            if attempt + 1 < TRIES and self.dead.wait(max(wait, random.uniform(ceiling / 2, ceiling))):
                raise Failed("the process died")
        raise Failed("the vendor can't be reached")

    def request(self, method, path, body, authorized):
        """The status, the pause that the vendor asks for in seconds, and the answer. The status is 0 if no answer came."""
        line = self.line()
        self.lines.add(line)
        headers = {"user-agent": NAME}
        if authorized:
            headers["authorization"] = f"Bearer {self.kept['user']['token']}"
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            line.request(method, self.base.path + path, None if body is None else json.dumps(body), headers)
            response = line.getresponse()
            text = response.read()
            answer = json.loads(text) if text else {}
            if not isinstance(answer, dict):
                return 0, 0, {}
            return response.status, seconds(response.headers.get("retry-after")), answer
        except ssl.SSLError as error:
            raise Failed("the vendor can't be trusted") from error  # nothing was sent, and a retry changes nothing
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            return 0, 0, {}  # no answer, an incomplete one, or one of another sender
        finally:
            self.lines.discard(line)
            line.close()
            if self.dead.is_set():
                raise Failed("the process died")

    def line(self):
        """A new connection. Over https the certificate is checked."""
        if self.base.scheme == "https":
            return http.client.HTTPSConnection(self.base.hostname, self.base.port, timeout=TIMEOUT, context=self.tls)
        return http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=TIMEOUT)

    def changing(self):
        return Change(self)


class Change:
    """A change of the storage: made as a whole, or not at all once the process is dead."""

    def __init__(self, sdk):
        self.sdk = sdk

    def __enter__(self):
        self.sdk.state_lock.acquire()
        return self.sdk.kept

    def __exit__(self, *_):
        if not self.sdk.dead.is_set():
            self.sdk.storage.text = json.dumps(self.sdk.kept)
        self.sdk.state_lock.release()


def seconds(text):
    return int(text) if text is not None and text.isdigit() else 0


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
