"""An adapter through which Standin drives sdk.py over standard input and output: docs/adapter.md. It calls the SDK and does
none of its work.

    python3 sdk_adapter.py [MODULE]
"""

import importlib
import itertools
import json
import sys
import threading

sdk = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "sdk")
Failed, Sdk, Storage = sdk.Failed, sdk.Sdk, sdk.Storage

ABOUT = {
    "name": "small Sentiance SDK in Python",
    "version": "1.0.0",
    "kind": "sdk",
    "capabilities": ["grant", "record", "sync_now", "reset", "state", "retry", "ca", "storage:same", "storage:clone"],
}
UNSUPPORTED = {"result": "unsupported"}


class Install:
    def __init__(self, setup, storage):
        self.setup, self.storage, self.sdk = setup, storage, None

    def run(self, command):
        """The result of a command."""
        name = command["command"]
        if name == "launch":
            return self.launch()
        if name not in COMMANDS:
            return UNSUPPORTED
        sdk = self.sdk
        if sdk is None:
            return {"result": "failed", "reason": "the app is not running"}
        try:
            value = COMMANDS[name](sdk, command)
        except Failed as failure:
            return {"result": "failed", "reason": str(failure)}
        if name == "kill":
            self.sdk = None
        return {"result": "done", "value": value or {}}

    def launch(self):
        setup = self.setup
        retry = setup.get("retry") or {}
        self.sdk = Sdk(self.storage, setup["base_url"], setup["app_id"], setup["device"], setup.get("ca"), **retry)
        return {"result": "done"}


COMMANDS = {
    "kill": lambda sdk, _: sdk.kill(),
    "grant": lambda sdk, command: sdk.grant(command["permissions"]),
    "create_user": lambda sdk, command: {"user_id": sdk.create_user(command.get("credential"))},
    "record": lambda sdk, command: {"accepted": sdk.record(command["id"], command["category"])},
    "sync_now": lambda sdk, _: sdk.sync(),
    "reset": lambda sdk, _: sdk.reset(),
    "state": lambda sdk, _: {"queued": len(sdk.kept["queue"]), "has_user": "user" in sdk.kept},
}

numbers = itertools.count(1)
installs = {}  # by path
storages = {}  # by label, kept until the adapter ends
printing = threading.Lock()


def make(setup):
    storage = setup["storage"]
    left = {"new": Storage, "same": lambda: storages[storage["of"]], "clone": lambda: storages[storage["of"]].copy()}
    storages[setup["install"]] = left[storage["kind"]]()
    path = f"/installs/{next(numbers)}"
    installs[path] = Install(setup, storages[setup["install"]])
    return {"status": 201, "location": path}


def answer(method, path, body):
    if path == "/":
        return {"status": 200, "body": ABOUT} if method == "GET" else make(body)
    install = installs.get(path)
    if install is None:
        return {"status": 404}
    if method == "POST":
        return {"status": 200, "body": install.run(body)}
    if install.sdk is not None:
        install.sdk.kill()
    installs[path] = None
    return {"status": 204}


def serve(question):
    try:
        told = answer(question["method"], question["path"], question.get("body"))
    except Exception as error:  # a bug in this adapter
        print(f"{question}: {error!r}", file=sys.stderr)
        told = {"status": 500, "body": repr(error)}
    with printing:
        print(json.dumps({"id": question["id"], **told}), flush=True)


for line in sys.stdin:
    # Each command has a thread of its own, since some wait for the vendor while others arrive.
    threading.Thread(target=serve, args=(json.loads(line),), daemon=True).start()
