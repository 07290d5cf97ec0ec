"""Two places to try the ways of ``tests.leaks.ways``: nothing gets out of them, and they tell what wanted to.

``audit``: this process, with an audit hook of Python (PEP 578) that every look-up and every connection has to pass. It
sees what Python's own ``socket`` does.

``namespace``: a network namespace of Linux, in which every address of the world is this machine's. It sees every packet
and every name, also those of libraries in C and of child processes. Start it as ``unshare -rn``.

Each prints the lines of ``ways`` with one member more, ``seen``: the names and addresses that were asked for. With the
argument ``open`` no emulator is there: everything has to be seen.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

ADDRESS: Final = bytes((10, 9, 9, 9))
"""What the names of the namespace lead to."""
AUDITED: Final = {
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
}
"""Event -> the argument with the host or the address."""
OWN: Final = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")


class NothingGetsOutError(Exception):
    """What a way gets that has passed the guards."""


def audit() -> None:
    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in AUDITED:
            return
        where = arguments[AUDITED[event]]
        host = where[0] if isinstance(where, tuple) else where if event != "socket.connect" else ""
        host = host.decode() if isinstance(host, bytes) else host or ""
        if host not in OWN:
            seen.append(f"{event} {host}")
            raise NothingGetsOutError(event, host)

    from tests.leaks import ways

    sys.addaudithook(hook)
    ways.main(lambda: list(take(seen)))


def take(seen: list[str]) -> Iterator[str]:
    while seen:
        yield seen.pop(0)


def namespace(arguments: list[str]) -> None:
    for command in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    seen: list[str] = []
    for work in (names, packets, *(listener(port) for port in (80, 443, 3128))):
        threading.Thread(target=work, args=(seen,), daemon=True).start()
    env = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1"}
    ways = [sys.executable, "-m", "tests.leaks.ways", "step", *arguments]
    with subprocess.Popen(ways, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            select.select([], [], [], 0.01)  # packets come a little later than what sent them has ended
            print(json.dumps({**json.loads(line), "seen": sorted(set(take(seen)))}), flush=True)  # noqa: T201
            print(file=process.stdin, flush=True)


def names(seen: list[str]) -> None:
    """Answer every question for a name with one address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", 53))
        while True:
            question, client = server.recvfrom(512)
            labels, at = [], 12
            while len(question) > 16 and (size := question[at]):
                labels.append(question[at + 1 : at + 1 + size].decode("latin-1"))
                at += size + 1
            if not labels:  # no question for a name
                continue
            seen.append(f"name {'.'.join(labels)}")
            is_a = question[at + 1 : at + 3] == b"\0\1"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + ADDRESS if is_a else b""
            counts = b"\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
            server.sendto(question[:2] + b"\x81\x80" + counts + question[12 : at + 5] + record, client)


def packets(seen: list[str]) -> None:
    """Note every packet to an address that is not this machine's usual one."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as sniffer:
        while True:
            packet, _ = sniffer.recvfrom(128)
            if packet[0] >> 4 == 4 and len(packet) >= 20:
                target = socket.inet_ntoa(packet[16:20])
            elif packet[0] >> 4 == 6 and len(packet) >= 40:
                target = socket.inet_ntop(socket.AF_INET6, packet[24:40])
            else:
                continue
            if not target.startswith(("127.", "::1", "ff", "224.")):
                seen.append(f"packet to {target}")


def listener(port: int) -> Any:
    """Accept and hang up."""

    def listen(_seen: list[str]) -> None:
        with socket.create_server(("", port)) as server:
            while True:
                server.accept()[0].close()

    return listen


if __name__ == "__main__":
    if sys.argv[1] == "audit":
        audit()
    else:
        namespace(sys.argv[2:])
