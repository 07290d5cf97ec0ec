"""Ways of child processes, however they are started."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from emulator import RealAwsBlockedError
from tests.leaks.table import CLOSED_PORT, REFUSED, run, way

CLOSED: Final = "asl-emulator-does-not-answer-child-processes"
CHILD: Final = (
    "import boto3; boto3.client('sqs', 'eu-west-1', aws_access_key_id='x', aws_secret_access_key='x').list_queues()"
)


def in_a_file(go: Callable[[str], object]) -> str:
    """What the child says in a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "said")
        go(str(file))
        return CLOSED_PORT if CLOSED in file.read_text() else file.read_text()[-300:]


def told(done: "subprocess.CompletedProcess[str]") -> str:
    return CLOSED_PORT if CLOSED in done.stderr + done.stdout else f"{done.stdout}{done.stderr}"[-300:]


@way(CLOSED_PORT)
def subprocess_run() -> str:
    return told(subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_without_an_environment() -> str:
    bare = {"PATH": os.environ["PATH"]}
    return told(subprocess.run([sys.executable, "-c", CHILD], env=bare, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_with_other_keys() -> str:
    env = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_PROFILE": "prod",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    return told(subprocess.run([sys.executable, "-c", CHILD], env=env, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_of_a_shell() -> str:
    command = f'{sys.executable} -c "{CHILD}"'
    return told(subprocess.run(command, shell=True, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def os_system() -> str:
    return in_a_file(lambda file: os.system(f'{sys.executable} -c "{CHILD}" 2>{file}'))


@way(CLOSED_PORT)
def os_popen() -> str:
    with os.popen(f'{sys.executable} -c "{CHILD}" 2>&1') as output:
        return CLOSED_PORT if CLOSED in output.read() else "another error"


@way(CLOSED_PORT)
def os_posix_spawn() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", program], {"PATH": os.environ["PATH"]}), 0)

    return in_a_file(go)


@way(CLOSED_PORT)
def os_spawnv() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program])

    return in_a_file(go)


@way(CLOSED_PORT)
def fork_and_execve() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        child = os.fork()
        if child == 0:
            os.execve(sys.executable, [sys.executable, "-c", program], {"PATH": os.environ["PATH"]})
        os.waitpid(child, 0)

    return in_a_file(go)


@way(CLOSED_PORT)
def asyncio_subprocess() -> str:
    async def go() -> str:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stderr=asyncio.subprocess.PIPE)
        _, errors = await process.communicate()
        return CLOSED_PORT if CLOSED in errors.decode() else errors.decode()[-300:]

    return str(run(go()))


def in_a_child(results: Any) -> None:
    """What the child of multiprocessing does."""
    import boto3

    try:
        boto3.client("sqs", region_name="eu-west-1").list_queues()
        results.put("it was answered")
    except RealAwsBlockedError:
        results.put(REFUSED)
    except Exception as error:
        results.put(CLOSED_PORT if CLOSED in str(error) else str(error))


def by(method: str) -> str:
    context: Any = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    process = context.Process(target=in_a_child, args=(results,))
    process.start()
    result: str = results.get()
    process.join()
    if result == REFUSED:
        raise RealAwsBlockedError
    return result


@way(CLOSED_PORT)
def multiprocessing_spawn() -> str:
    return by("spawn")


@way(CLOSED_PORT)
def multiprocessing_forkserver() -> str:
    return by("forkserver")


@way(REFUSED)
def multiprocessing_fork() -> str:
    return by("fork")
