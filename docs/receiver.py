"""Records the webhooks of Alertmanager, and of other programs that post JSON, as signals: python receiver.py [PORT].

Who posts must send ``Authorization: Bearer TOKEN``, the token in the variable RECEIVER_TOKEN.
"""

import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import modelkeep

EXPECTED = f"Bearer {os.environ['RECEIVER_TOKEN']}".encode()


def signal_of(alert):
    """Return the version, the name of the signal, its value and its source."""
    if "labels" in alert:  # Alertmanager: the version is a label of the series
        labels = alert["labels"]
        return labels["version"], labels["alertname"], alert["annotations"].get("value", 1), "alertmanager"
    return alert["version"], alert["name"], alert["value"], alert.get("source", "webhook")


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 where all was recorded, 503 where the registry was busy, 401 without the token, else 400."""

    timeout = 10  # seconds that a client may say nothing

    def do_POST(self):
        """Record what was posted."""
        length = self.headers["Content-Length"] or ""
        body = self.rfile.read(min(int(length), 1 << 20)) if length.isdecimal() else b""
        given = (self.headers["Authorization"] or "").encode()
        self.send_response(record(body) if hmac.compare_digest(given, EXPECTED) else 401)
        self.end_headers()


def record(body):
    """Record each signal, whatever becomes of the others, and return the status of the answer."""
    status = 204
    try:
        found = json.loads(body)
        for alert in found.get("alerts", [found]):
            if alert.get("status", "firing") == "firing":
                status = max(status, record_one(alert))
    except (ValueError, TypeError, AttributeError) as error:
        print(f"not understood: {error}", file=sys.stderr)
        return 400
    return status


def record_one(alert):
    """Record a signal and return the status of its answer."""
    try:
        version, name, value, source = signal_of(alert)
        modelkeep.open_registry().signal(version, name, value, source=source)
    except modelkeep.Busy:
        return 503
    except (KeyError, TypeError, AttributeError, modelkeep.ModelkeepError) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 400
    return 204


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 9095), Receiver).serve_forever()
