"""Hooks that are webhooks, told to a server in this process: what it gets, and what it may answer."""

import hashlib
import hmac
import json
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ON = {"on": ["promote"]}


@contextmanager
def serving(*answers, encrypted=None):
    """Yield the URL of a server and the requests that it got; it answers with each status, the last one for ever.

    An answer is a status, or a status with the place that it redirects to.
    """
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            answer = answers[min(len(got), len(answers)) - 1]
            status, place = answer if isinstance(answer, tuple) else (answer, None)
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815  a redirect may be followed by a GET

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if encrypted is not None:
        server.socket = encrypted.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http{'' if encrypted is None else 's'}://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_sent_the_event_signed_with_the_secret_of_a_variable(hooked, monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    with serving(200) as (url, got):
        hooked.configure(ci={**ON, "url": f"{url}/models?x=1", "secret_env": "HOOK_SECRET"})
        done = hooked.registry.promote("fraud@1", "production")
    ((path, headers, body),) = got
    assert path == "/models?x=1"
    assert json.loads(body)["change"]["seq"] == done.seq
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Modelkeep-Event"] == "promote"
    assert headers["X-Modelkeep-Delivery"] == f"{hooked.registry.id}-{done.seq}-ci"
    expected = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Modelkeep-Signature-256"] == f"sha256={expected}"
    assert b"s3cret" not in body
    assert hooked.said == []
    assert not any("s3cret" in each.entry for each in hooked.registry.audit())


def test_the_secret_of_a_file_is_its_text_without_the_last_newline(hooked):
    (hooked.config.parent / "secret").write_text("s3cret\n")
    with serving(204) as (url, got):
        hooked.configure(ci={**ON, "url": url, "secret_file": "secret"})
        hooked.registry.promote("fraud@1", "production")
    ((_, headers, body),) = got
    assert headers["X-Modelkeep-Signature-256"].endswith(hmac.new(b"s3cret", body, hashlib.sha256).hexdigest())


@pytest.mark.parametrize(
    ("secret", "warning"),
    [
        ({"secret_env": "NO_SUCH_SECRET"}, "the environment variable NO_SUCH_SECRET has no secret"),
        ({"secret_file": "/no/such"}, "cannot read the secret in /no/such: No such file or directory"),
        ({"secret_file": "/dev/zero"}, "/dev/zero is no file"),
        ({"secret_file": "long"}, "the secret in long is longer than 4 KiB"),
    ],
)
def test_nothing_is_sent_unsigned_where_the_secret_is_missing(hooked, secret, warning):
    (hooked.config.parent / "long").write_text("x" * 5000)
    with serving(200) as (url, got):
        hooked.configure(ci={**ON, "url": url, **secret})
        assert hooked.registry.promote("fraud@1", "production").changed
    assert got == []
    assert [each.replace(f"{hooked.config.parent}/", "") for each in hooked.said] == [f"warning: hook ci: {warning}"]


def test_a_server_that_is_busy_is_asked_again_and_gets_the_same(hooked):
    with serving(503, 429, 200) as (url, got):
        hooked.configure(ci={**ON, "url": url})
        hooked.registry.promote("fraud@1", "production")
    assert len(got) == 3
    assert len({body for _, _, body in got}) == 1
    assert len({headers["X-Modelkeep-Delivery"] for _, headers, _ in got}) == 1
    assert hooked.said == []


def test_a_server_that_stays_busy_is_asked_a_few_times(hooked):
    with serving(500) as (url, got):
        hooked.configure(ci={**ON, "url": f"{url}/token-in-the-path", "retries": 1})
        assert hooked.registry.promote("fraud@1", "production").changed
    assert len(got) == 2
    assert hooked.said == [f"warning: hook ci: {url} answered with status 500 (tried 2 times)"]


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_final(hooked, status):
    with serving(status) as (url, got):
        hooked.configure(ci={**ON, "url": url})
        hooked.registry.promote("fraud@1", "production")
    assert len(got) == 1
    assert hooked.said == [f"warning: hook ci: {url} answered with status {status}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(hooked, status):
    with serving(200) as (other, never), serving((status, other)) as (url, got):
        hooked.configure(ci={**ON, "url": url})
        hooked.registry.promote("fraud@1", "production")
    assert (len(got), never) == (1, [])
    assert hooked.said == [f"warning: hook ci: {url} answered with a redirect (status {status}), which is not followed"]


def test_a_server_that_is_not_there_is_a_warning(hooked):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        hooked.configure(ci={**ON, "url": url, "retries": 0})
        assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == [f"warning: hook ci: {url}: Connection refused"]


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_server_that_never_ends_its_answer_is_not_waited_for(hooked, head):
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def answer():
            connection, _ = server.accept()
            kept.append(connection)
            connection.sendall(head)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        hooked.configure(ci={**ON, "url": url, "retries": 0, "timeout": "1s"})
        assert hooked.registry.promote("fraud@1", "production").changed
        thread.join()
        kept[0].close()
    (warning,) = hooked.said
    assert warning in (f"warning: hook ci: {url} did not answer in time", f"warning: hook ci: {url}: timed out")


def test_what_answers_no_http_is_a_warning_of_one_line(hooked):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(b"SSH-2.0 \x1b[2J\r\nwarning: forged\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        hooked.configure(ci={**ON, "url": url, "retries": 0})
        assert hooked.registry.promote("fraud@1", "production").changed
        thread.join()
    assert hooked.said == [f"warning: hook ci: {url}: SSH-2.0 \\x1b[2J"]


def test_a_trial_says_how_often_it_was_sent_and_is_another_delivery_than_the_change(hooked):
    with serving(200, 500) as (url, got):
        hooked.configure(ci={**ON, "url": url, "retries": 1})
        hooked.registry.promote("fraud@1", "production")
        tried = hooked.registry.test_hook("ci")
        again = hooked.registry.test_hook("ci")
    assert (tried.ok, tried.attempts, again.attempts) == (False, 2, 2)
    real, *tests = [headers["X-Modelkeep-Delivery"] for _, headers, _ in got]
    assert tests[0] == tests[1] != tests[2] == tests[3] != real


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
@pytest.mark.parametrize(
    ("name", "is_trusted", "problem"),
    [
        ("127.0.0.1", True, None),
        ("127.0.0.1", False, "signed certificate"),
        ("10.0.0.1", True, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_nothing_is_sent_to_a_server_without_a_certificate_of_its_name(
    hooked, monkeypatch, tmp_path, name, is_trusted, problem
):
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -days 2 -subj /CN=x"
    subprocess.run(
        ["openssl", *made.split(), "-addext", f"subjectAltName=IP:{name}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
    encrypted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    encrypted.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with serving(200, encrypted=encrypted) as (url, got):
        hooked.configure(ci={**ON, "url": url, "retries": 0})
        assert hooked.registry.promote("fraud@1", "production").changed
    assert len(got) == (problem is None)
    if problem is None:
        assert hooked.said == []
    else:
        assert problem in hooked.said[0]
        assert hooked.said[0].startswith(f"warning: hook ci: {url}: [SSL: CERTIFICATE_VERIFY_FAILED]")


def test_a_proxy_is_not_asked_about_this_machine(hooked, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(200) as (url, got):
        hooked.configure(ci={**ON, "url": url})
        hooked.registry.promote("fraud@1", "production")
    assert len(got) == 1
    assert hooked.said == []
