"""moto's own Step Functions interpreter, in a process of its own; it needs what the extra ``bench`` installs."""

import importlib.util
import json
import os
import sys
from importlib.metadata import version

from benchmarks import peer_machines
from benchmarks.measure import Effort, answer_of, python, seconds
from benchmarks.peer_machines import SMALLEST, Times


def missing() -> str | None:
    """What moto's interpreter lacks here, and how to get it; ``None`` when it can run."""
    lacking = [name for name in ("antlr4", "jsonpath_ng") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(lacking)} (pip install 'asl-emulator[bench]')" if lacking else None


def measure(effort: Effort) -> tuple[str, Times]:
    """Its version, and its times."""
    times: Times = answer_of("benchmarks.moto_peer", "all", *(["--quick"] if effort.quick else []))
    whole = seconds(lambda: python("-m", "benchmarks.moto_peer", "process"), effort.times(3))
    return version("moto"), {**times, "process": whole}


def main(which: str, effort: Effort) -> Times:
    """The times of each machine; for ``process``, one run of the smallest."""
    import boto3
    from moto import mock_aws

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", region_name="us-east-1")
        if which == "process":
            peer_machines.run(client, SMALLEST)
            return {}
        return peer_machines.measured(client, effort)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Effort(quick="--quick" in sys.argv))), flush=True)
    os._exit(0)  # an execution that hangs is a thread of this process
