"""The partner backend with two deliberate mistakes, which Standin should find (and nothing else):

1. it takes the user from the app's request instead of from the app's session (`credential/for-another-user`);
2. it passes the vendor's refusal on to the app, word for word (`key/refusal-leaked`).
"""

import json
from urllib.parse import parse_qs, urlsplit

from partner_backend import PartnerBackend, serve


class FaultyBackend(PartnerBackend):
    def vendor_user_id(self, user):
        return self.named_user() or super().vendor_user_id(user)

    def answer_refusal(self, refusal):
        self.answer_bytes(502, refusal.body)

    def named_user(self):
        """The `user_id` of the request's JSON body, or else of its query; None if there is none."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            body = None
        named = body.get("user_id") if isinstance(body, dict) else None
        named = named or parse_qs(urlsplit(self.path).query).get("user_id", [None])[0]
        return named if isinstance(named, str) else None


if __name__ == "__main__":
    serve(FaultyBackend)
