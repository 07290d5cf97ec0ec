"""Ways of handlers in Node.js, of their worker threads and of the processes that they start."""

# ruff: noqa: E501

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from emulator import Emulator, NodeHandler, RealAwsBlockedError
from tests.leaks.table import HOST, METADATA, REFUSED, WAYS, Way

HANDLERS: Final = {
    "node_http2": "import http2 from 'node:http2'; const go = (done) => http2.connect('https://HOST').on('error', done);",
    "node_tls": "import tls from 'node:tls'; const go = (done) => tls.connect(443, 'HOST').on('error', done);",
    "node_net": "import net from 'node:net'; const go = (done) => net.connect({ port: 80, host: 'METADATA' }).on('error', done);",
    "node_net_of_a_number": "import net from 'node:net'; const go = (done) => net.connect(80, '2852039166').on('error', done);",
    "node_https": "import https from 'node:https'; const go = (done) => https.get('https://HOST/').on('error', done);",
    "node_fetch": "const go = (done) => fetch('https://HOST/').catch((error) => done(error.cause || error));",
    "node_dns_lookup": "import dns from 'node:dns'; const go = (done) => dns.lookup('HOST', done);",
    "node_dns_promises": "import { resolve4 } from 'node:dns/promises'; const go = (done) => resolve4('HOST').catch(done);",
    "node_dns_resolver": "import { Resolver } from 'node:dns'; const go = (done) => new Resolver().resolve4('HOST', done);",
    "node_datagrams": """import dgram from 'node:dgram'; const go = (done) => {
        const socket = dgram.createSocket('udp4');
        try { socket.send('x', 53, 'METADATA', () => { socket.close(); done(); }); } catch (error) { done(error); } };""",
    "node_worker": """import { Worker } from 'node:worker_threads';
        const go = (done) => new Worker("require('https').get('https://HOST/')", { eval: true }).on('error', done);""",
    "node_worker_with_settings": """import { Worker } from 'node:worker_threads';
        const settings = { eval: true, execArgv: [], env: {} };
        const go = (done) => new Worker("require('https').get('https://HOST/')", settings).on('error', done);""",
    "node_child": """import { spawnSync } from 'node:child_process';
        const go = (done) => done({ name: said(spawnSync(process.execPath, ['-e', "fetch('https://HOST/')"])) });""",
    "node_child_without_an_environment": """import { execFile } from 'node:child_process';
        const go = (done) => execFile(process.execPath, ['-e', "fetch('https://HOST/')"], { env: {} },
          (error, out, err) => done({ name: said({ stderr: err }) }));""",
    "node_child_by_a_shell": """import { exec } from 'node:child_process'; import { promisify } from 'node:util';
        const go = (done) => promisify(exec)(`"${process.execPath}" -e "fetch('https://HOST/')"`)
          .catch((error) => done({ name: said(error) }));""",
}
"""Name -> the text of a module with ``go(done)``, which calls ``done`` with an error."""

HANDLER: Final = """
const said = (child) => (String(child.stderr).includes('RealAwsBlockedError') ? 'RealAwsBlockedError' : child.stderr);
export const handler = () => new Promise((done) => go((error) => done(error ? `${error.name} ${error.message}` : 'sent')));
"""
opened: Final[list[Emulator]] = []
"""The open emulator; a handler is a program of its own without one."""


def by_node(text: str) -> None:
    """Run a module's handler, in the emulator if there is one."""
    text = (text + HANDLER).replace("HOST", HOST).replace("METADATA", METADATA)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.mjs").write_text(text)
        if not opened:
            call = "import('./index.mjs').then((it) => it.handler())"
            subprocess.run(["node", "-e", call], cwd=folder, check=False, capture_output=True, timeout=30)
            return
        arn = opened[-1].lambda_function("f", NodeHandler("index.handler", root=folder))
        flow = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}
        answer = str(opened[-1].run(flow).output)
        opened[-1].assembly.functions.close()
    if not answer.startswith("RealAwsBlockedError"):
        raise OSError(answer)
    raise RealAwsBlockedError


for _name, _text in HANDLERS.items():
    WAYS.append(Way(_name, REFUSED, "node", partial(by_node, _text)))
