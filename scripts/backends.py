"""Backends from the package index: LocalStack and MiniStack, installed, started, and stopped again.

    python -m scripts.backends run localstack [--port 4566]     until Ctrl-C
    python -m scripts.backends test localstack|ministack        the suite's backend tests against it
    python -m scripts.backends test localstack --where-possible  the same; says so where it cannot be had, and passes

Each has a virtual environment of its own in ``.backends/``, which git does not see and `make clean` deletes; it is made
when it is asked for, and is at hand from then on. A server listens on a port of the loopback, has a scratch folder for
its home, sees nothing of this process's environment but PATH, and is stopped at the end. No wait is without an end.

LocalStack without Docker has no DynamoDB and no Lambda: both need a download. Its tables come from moto.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

ROOT: Final = Path(__file__).parents[1]
ENVIRONMENTS: Final = ROOT / ".backends"

INSTALL_SECONDS: Final = 900
START_SECONDS: Final = 90
STOP_SECONDS: Final = 10


class UnavailableError(Exception):
    """A server cannot be had; ``str()`` says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server on PyPI. ``environment`` may hold ``{port}`` and ``{folder}``; ``python`` is the version it needs."""

    name: str
    requirements: tuple[str, ...]
    package: str
    module: str
    health: str
    environment: Mapping[str, str]
    python: tuple[int, int] | None = None
    elsewhere: str = ""
    """What it lacks, as ``--emulator-backend`` takes it."""

    @property
    def folder(self) -> Path:
        """Its virtual environment."""
        return ENVIRONMENTS / self.name

    @property
    def interpreter(self) -> Path:
        """Python of its virtual environment."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def _installed(self) -> Path:
        """Written when everything is in the environment: what was asked for."""
        return self.folder / "installed"

    def missing(self) -> str | None:
        """Why it is not at hand, with the command that adds it."""
        if self._installed.is_file() and self._installed.read_text(encoding="utf-8") == "\n".join(self.requirements):
            return None
        needed = "" if self.python is None else f" with Python {_dotted(self.python)}"
        return (
            f"not installed (python -m scripts.backends install {self.name} adds it{needed}, in {ENVIRONMENTS.name}/)"
        )

    def install(self) -> None:
        """Make its virtual environment anew; raises ``UnavailableError``."""
        python = sys.executable if self.python is None else _find_python(self.python, self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.python is None:
            venv.create(self.folder, with_pip=True)
        else:
            _bounded([python, "-m", "venv", str(self.folder)])
        quiet = ("install", "--quiet", "--disable-pip-version-check")
        _bounded([str(self.interpreter), "-m", "pip", *quiet, *self.requirements])
        self._installed.write_text("\n".join(self.requirements), encoding="utf-8")

    def version(self) -> str:
        """The version that is in its environment."""
        return _bounded(
            [str(self.interpreter), "-c", f"from importlib.metadata import version; print(version({self.package!r}))"]
        ).strip()

    @contextlib.contextmanager
    def running(self, folder: Path, port: int = 0) -> Iterator[str]:
        """The URL of a server that runs, and is stopped at the end; raises ``UnavailableError``."""
        port = port or _free_port()
        environment = {name: value.format(port=port, folder=folder) for name, value in self.environment.items()}
        around = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TMPDIR": str(folder)}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(self.interpreter), "-m", self.module],
                cwd=folder,
                env={**around, **keys, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _await_ready(process, f"http://127.0.0.1:{port}{self.health}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(process)


MINISTACK: Final = Server(
    name="ministack",
    requirements=("ministack",),
    package="ministack",
    module="ministack",
    health="/_ministack/health",
    environment={"GATEWAY_PORT": "{port}", "BIND_HOST": "127.0.0.1", "S3_DATA_DIR": "{folder}"},
)
LOCALSTACK: Final = Server(
    name="localstack",
    requirements=("localstack-core[runtime]==2026.3.0", "cbor2<5.8", "pyopenssl<26", "service_identity"),
    package="localstack-core",
    module="localstack.runtime.main",
    health="/_localstack/health",
    environment={
        "GATEWAY_LISTEN": "127.0.0.1:{port}",
        "FILESYSTEM_ROOT": "{folder}/root",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
    },
    python=(3, 13),
    elsewhere=",dynamodb=moto",
)
"""Its last release. It says that Python 3.10 is enough, and starts with none but 3.13; later releases of cbor2 and
pyopenssl took away what it uses, and it forgot to ask for service_identity.
"""


def _find_python(wanted: tuple[int, int], name: str) -> str:
    """A Python of this version that can make virtual environments, also one of pyenv or uv that is not on the PATH.

    Raises ``UnavailableError``.
    """
    version = _dotted(wanted)
    check = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != {wanted})"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = [shutil.which(each) for each in (sys.executable, f"python{version}", "python3", "python")]
    known += [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"))]
    if (uv := shutil.which("uv")) is not None:
        known += subprocess.run(
            [uv, "python", "find", version], capture_output=True, text=True, check=False
        ).stdout.split()
    for path in known:
        if path and subprocess.run([path, "-c", check], capture_output=True, check=False, timeout=60).returncode == 0:
            return path
    raise UnavailableError(
        f"it needs Python {version}, and neither PATH nor pyenv nor uv has one that runs: install one, then "
        f"python -m scripts.backends install {name}"
    )


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _bounded(command: list[str]) -> str:
    """What the command prints; raises ``UnavailableError``."""
    shown = " ".join(command[1:])[:120]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{shown} took longer than {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise UnavailableError(f"{shown}: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it printed nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until ``url`` answers; raises ``UnavailableError`` with the server's last words when it does not."""
    pause, until = threading.Event(), monotonic() + START_SECONDS
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and monotonic() < until:
        try:
            with direct.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.02)
    words = _last_line(log.read_text(encoding="utf-8", errors="replace"))
    what = f"was not ready after {START_SECONDS} s" if process.poll() is None else "ended at its start"
    raise UnavailableError(f"the server {what}: {words}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server and the processes it started: they are a group of their own."""
    for which in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, which)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


SERVERS: Final = {server.name: server for server in (LOCALSTACK, MINISTACK)}
TESTS: Final = (
    "tests/backends",
    "tests/test_main_job.py",
    "tests/test_examples.py",
    "tests/emulator/taskbench/test_bench.py",
    "tests/emulator/taskbench/test_articles.py",
    "tests/emulator/taskbench/test_looking.py",
    "tests/emulator/tasks",
)
"""What has to pass at every backend."""
TEST_SECONDS: Final = 900


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.backends", description="LocalStack and MiniStack.")
    parser.add_argument("what", choices=["install", "run", "test"])
    parser.add_argument("name", choices=list(SERVERS))
    parser.add_argument("--port", type=int, default=4566, help="for run  [default: 4566]")
    parser.add_argument("--where-possible", action="store_true", help="pass where the server cannot be had")
    parser.epilog = "For test, what stands behind -- is for pytest: options, and files in the place of all."
    words = sys.argv[1:] if arguments is None else arguments
    end = words.index("--") if "--" in words else len(words)
    given, for_pytest = parser.parse_args(words[:end]), words[end + 1 :]
    server = SERVERS[given.name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server is stopped on the way out
    try:
        if given.what == "test" and server is LOCALSTACK and _has_docker():
            with _docker() as url:
                return _test(url, for_pytest)
        if server.missing() is not None:
            print(f"installing {server.name} into {server.folder} ...", file=sys.stderr, flush=True)
            server.install()
        if given.what == "install":
            return 0
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            port = given.port if given.what == "run" else 0
            with server.running(Path(folder), port) as url:
                print(f"{server.name} {server.version()} is ready on {url}", file=sys.stderr, flush=True)
                return _wait() if given.what == "run" else _test(url + server.elsewhere, for_pytest)
    except UnavailableError as error:
        print(f"{server.name} cannot be had here: {error}", file=sys.stderr)
        if given.where_possible:
            print(f"NOT TESTED against {server.name}.", file=sys.stderr)
        return 0 if given.where_possible else 1


def _wait() -> int:
    """Until Ctrl-C or SIGTERM."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    over.wait()
    return 0


def _has_docker() -> bool:
    """Whether this machine can start LocalStack's image."""
    return (
        shutil.which("docker") is not None
        and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    )


@contextlib.contextmanager
def _docker() -> Iterator[str]:
    """The URL of LocalStack's image; raises ``UnavailableError``."""
    compose = ["docker", "compose", "--file", str(ROOT / "docker-compose.localstack.yml")]
    try:
        _bounded([*compose, "up", "--detach", "--wait"])
        yield "http://127.0.0.1:4566"
    finally:
        _bounded([*compose, "down"])


def _test(backend: str, more: list[str]) -> int:
    """pytest's exit code for the tests against the backend."""
    command = [sys.executable, "-m", "pytest", "-q", f"--emulator-backend={backend}", *more]
    if not any((ROOT / word.partition("::")[0]).exists() for word in more):
        command += TESTS
    print(" ".join(command[1:]), file=sys.stderr, flush=True)
    try:
        return subprocess.run(command, cwd=ROOT, check=False, timeout=TEST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        print(f"the tests against {backend} took longer than {TEST_SECONDS} s", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
