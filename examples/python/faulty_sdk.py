"""The small SDK with three deliberate mistakes, which Standin should find (and nothing else):

1. it goes on after the vendor said that another device has replaced it (`session/deactivated-sends`);
2. a reset ends the session and does not delete it (`session/used-after-end`);
3. it records denied categories (`sync/without-permission`).
"""

from sdk import Failed, Storage, now
from sdk import Sdk as CorrectSdk

__all__ = ["Failed", "Sdk", "Storage"]


class Sdk(CorrectSdk):
    def call_signed_in(self, method, path, body):
        return self.call(method, path, body, authorized=True)

    def reset(self):
        with self.sync_lock, self.user_lock:
            if "user" in self.kept:
                self.call("DELETE", "/sdk/session", authorized=True)

    def record(self, item_id, category):
        with self.changing() as kept:
            kept["queue"].append({"id": item_id, "category": category, "recorded_at": now()})
        return True
