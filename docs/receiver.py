"""Records the webhooks of Alertmanager, and of whatever can post JSON, as signals: python receiver.py [PORT]."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import modelkeep


def signals(body):
    """Yield the version, the name of the signal, its value and its source."""
    for alert in body.get("alerts", ()):  # Alertmanager: the version is a label of the series
        name, value = alert["labels"]["alertname"], alert["annotations"].get("value", 1)
        if alert["status"] == "firing":
            yield alert["labels"]["version"], name, value, "alertmanager"
    if "alerts" not in body:  # a template of Arize, or any other program
        yield body["version"], body["name"], body["value"], body.get("source", "arize")


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 where all was recorded, 503 where the registry was busy, else 400."""

    def do_POST(self):
        """Record what was posted."""
        try:
            body = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), 1 << 20)))
            for version, name, value, source in signals(body):
                modelkeep.open_registry().signal(version, name, value, source=source)
            self.send_response(204)
        except (ValueError, KeyError, TypeError, AttributeError, modelkeep.ModelkeepError) as error:
            print(f"refused: {error}", file=sys.stderr)
            self.send_response(503 if isinstance(error, modelkeep.Busy) else 400)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 9095), Receiver).serve_forever()
