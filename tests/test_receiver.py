"""docs/receiver.py, which the page about monitoring offers, records what Alertmanager and other programs post."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from modelkeep.registry import create_registry

RECEIVER = Path(__file__).resolve().parent.parent / "docs" / "receiver.py"
ALERTS = {
    "version": "4",
    "status": "firing",
    "alerts": [
        {"status": "firing", "labels": {"alertname": "errors", "version": "fraud@1"}, "annotations": {"value": "0.12"}},
        {"status": "resolved", "labels": {"alertname": "p99", "version": "fraud@1"}, "annotations": {"value": "0.1"}},
        {"status": "firing", "labels": {"alertname": "up"}, "annotations": {}},
        {"status": "firing", "labels": {"alertname": "lag", "version": "fraud@1"}, "annotations": {}},
    ],
}

pytestmark = pytest.mark.process


@pytest.fixture
def registry(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MODELKEEP_REGISTRY", str(tmp_path / "registry"))
    made, _ = create_registry(tmp_path / "registry")
    (tmp_path / "model.onnx").write_bytes(b"one")
    made.register("fraud", tmp_path / "model.onnx", code="none")
    return made


@pytest.fixture
def post(registry):
    """Return what posts a document to a receiver and returns the status of its answer."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "RECEIVER_TOKEN": "s3cret"}
    receiver = subprocess.Popen([sys.executable, RECEIVER, str(port)], env=environ, stderr=subprocess.PIPE, text=True)
    try:
        while receiver.poll() is None:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break

        def send(body, token="s3cret"):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", data, headers, method="POST")
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                with opener.open(request, timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        yield send
    finally:
        receiver.kill()
        receiver.communicate()


def test_webhooks_are_signals(registry, post):
    assert post(ALERTS) == 400  # one alert names no version; the others are recorded
    assert post({"version": "fraud@1", "name": "drift", "value": 0.31}) == 204
    rows = [(each.ref, each.signal, float(each.value), each.source) for each in registry.signals()]
    assert rows == [
        ("fraud@1", "drift", 0.31, "webhook"),
        ("fraud@1", "lag", 1.0, "alertmanager"),
        ("fraud@1", "errors", 0.12, "alertmanager"),
    ]


@pytest.mark.parametrize("token", [None, "", "s3cre", "\xe9"])
def test_without_the_token_nothing_is_recorded(registry, post, token):
    assert post({"version": "fraud@1", "name": "drift", "value": 0.31}, token) == 401
    assert registry.signals() == ()


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b"3",
        {"alerts": [{}]},
        {"alerts": 3},
        {"version": "fraud@9", "name": "x", "value": 1},
        {"version": "fraud@1", "name": "x", "value": "much"},
    ],
)
def test_what_is_not_understood_is_refused_and_the_receiver_goes_on(registry, post, body):
    assert post(body) == 400
    assert registry.signals() == ()
    assert post({"version": "fraud@1", "name": "drift", "value": 1}) == 204


def test_the_page_shows_the_vectors_that_the_tests_hold():
    page = (RECEIVER.parent / "monitoring.md").read_text()
    for stage, key, slot in (
        ("production", "user-1", 9990),
        ("production", "user-2", 8264),
        ("staging", "user-1", 2799),
        ("production", "Zürich 東京", 6511),
    ):
        assert f"| `{stage}` | `{key}` | {slot} |" in page
