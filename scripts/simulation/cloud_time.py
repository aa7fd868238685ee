"""Keeps the local cloud's time with the app's."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from tests.cloud import LocalCloud

TOLERATED_S = 10.0


class CloudTime:
    """Tells the cloud how much time has passed, through a connection that is kept."""

    def __init__(self, cloud: LocalCloud) -> None:
        parts = urlsplit(cloud.control)
        self._path = f"{parts.path}/settings"
        context = ssl.create_default_context(cafile=cloud.ca_bundle)
        self._connection = http.client.HTTPSConnection(parts.netloc, timeout=10, context=context)
        self._told_s = 0.0

    def follow(self, passed_s: float) -> None:
        """Let the cloud catch up when it is behind by more than a few seconds."""
        if abs(passed_s - self._told_s) > TOLERATED_S:
            self.tell(passed_s)

    def tell(self, passed_s: float) -> None:
        """Say how much time has passed.

        Raises:
            AssertionError: the cloud does not take it.
        """
        body = json.dumps({"time_passed_s": passed_s})
        for is_last in (False, True):
            try:
                self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
                answer = self._connection.getresponse()
                text = answer.read()
            except (http.client.HTTPException, OSError):
                # The server closes connections that are quiet for a while.
                self._connection.close()
                if is_last:
                    raise
                continue
            assert answer.status == 200, text.decode(errors="replace")
            self._told_s = passed_s
            return

    def close(self) -> None:
        """Give the cloud its own time back."""
        self.tell(0.0)
        self._connection.close()
