"""`python -m benchmarks`: measure everything, print it beside its bars, say what is missed.

Every subject runs in a process of its own, so that none pays for what another has loaded. All of them share a cache of
bytecode made for the run, as an installed package has one: whether this checkout has its own changes nothing.
"""

import argparse
import contextlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

from benchmarks import peers, report
from benchmarks.measure import Effort, Figure, answer_of

SUBJECTS = (
    "transitions",
    "chains",
    "expressions",
    "loop",
    "linearity",
    "map_",
    "distributed",
    "executions",
    "contention",
    "tasks",
    "invocations",
    "handlers",
    "stubs",
    "fixture",
    "startup",
    "memory",
    "reading",
    "determinism",
)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and compare with the bars.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"only these: {', '.join(SUBJECTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="cut down to some seconds: shows that it runs, no more")
    parser.add_argument(
        "--peers",
        metavar="NAMES",
        help=f"beside ours, with commas between them: {', '.join(peers.PEERS)}, none; what is named is installed where "
        "it can be; by default those at hand, and none with --quick",
    )
    parser.add_argument("--one", choices=SUBJECTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    effort = Effort(quick=options.quick)
    if options.one:
        figures = importlib.import_module(f"benchmarks.{options.one}").figures(effort)
        print(json.dumps([asdict(figure) for figure in figures]))
        return
    if unknown := [name for name in options.subjects if name not in SUBJECTS]:
        near = get_close_matches(unknown[0], SUBJECTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(SUBJECTS)}"
        parser.error(f"there is no subject {unknown[0]!r}; {hint}")
    try:
        named = peers.parse(options.peers or "none") if options.peers or effort.quick else None
    except ValueError as error:
        parser.error(str(error))

    with contextlib.nullcontext() if effort.quick else _bytecode_cache():
        measured = _measure(options.subjects or SUBJECTS, effort)
        beside = peers.measure(named, (figure for group in measured.values() for figure in group), effort)
    found = report.as_json(measured, beside, quick=effort.quick)
    print("\n".join(report.lines(found)))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _measure(subjects: Sequence[str], effort: Effort) -> dict[str, list[Figure]]:
    """The figures of each subject, one after the other; side by side only where they mean nothing."""

    def measure(subject: str) -> list[Figure]:
        print(f"measuring {subject} ...", file=sys.stderr)
        rows = answer_of("benchmarks", "--one", subject, *(["--quick"] if effort.quick else []))
        return [Figure(**row) for row in rows]

    with ThreadPoolExecutor(max_workers=os.cpu_count() if effort.quick else 1) as pool:
        return dict(zip(subjects, pool.map(measure, subjects), strict=True))


@contextlib.contextmanager
def _bytecode_cache() -> Iterator[None]:
    """Let the processes started here write and find their bytecode in a folder that goes when the run ends."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        yield


if __name__ == "__main__":
    main()
