"""Replay the cases that were recorded on AWS, and hold the result against the baseline.

    python -m tests.conformance.run [COLLECTION ...] [--http] [--baseline] [--group base ...] [--id TEXT ...] [-v]

The cases are data from elsewhere, in a folder beside the checkout; where it is absent there is nothing to run and that
is said. A case of ``baseline.txt`` that no longer passes is a regression (exit 1); one that passes and is not in it
is reported, and ``--accept`` writes it down. With ``--http`` the emulator is behind a port, and the ids in the
baseline begin with ``http:``.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Final

from tests.conformance import aws, aws_runs, eventbridge, query
from tests.conformance.accounts import Open, Port, in_process
from tests.conformance.outcome import Case, Outcome

BASELINE: Final = Path(__file__).with_name("baseline.txt")
COLLECTIONS: Final = {"aws": aws, "aws-runs": aws_runs, "eventbridge": eventbridge, "query": query}
"""A collection has ``CASES`` (its folder), ``cases()``, and ``run(case, open_account)``."""
HTTP: Final = "http:"


def read_baseline() -> set[str]:
    """The ids of the cases that are known to pass."""
    return set(BASELINE.read_text(encoding="utf-8").split("\n")) - {""}


def chosen(arguments: argparse.Namespace, prefix: str, baseline: set[str]) -> Iterator[tuple[ModuleType, Case]]:
    """The cases that ``arguments`` choose."""
    for name, collection in COLLECTIONS.items():
        if (arguments.collection and name not in arguments.collection) or not collection.CASES.is_dir():
            continue
        for case in collection.cases():
            grouped = not arguments.group or case.group in arguments.group
            wanted = not arguments.id or any(text in case.id for text in arguments.id)
            if grouped and wanted and (prefix + case.id in baseline or not arguments.baseline):
                yield collection, case


def run(collection: ModuleType, case: Case, open_account: Open) -> Outcome:
    """What came of ``case``."""
    try:
        found: Outcome = collection.run(case.data, open_account)
    except Exception as error:
        return Outcome("error", (f"{type(error).__name__}: {error}",))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Replay the recorded AWS cases.")
    parser.add_argument("collection", nargs="*", choices=[*COLLECTIONS, []], help="all, if none is named")
    parser.add_argument("--http", action="store_true", help="over HTTP instead of in this process")
    parser.add_argument("--baseline", action="store_true", help="only the cases that are known to pass")
    parser.add_argument("--group", nargs="+", help="only these groups")
    parser.add_argument("--id", nargs="+", help="only cases whose id holds one of these texts")
    parser.add_argument("--accept", action="store_true", help="write the cases that pass into the baseline")
    parser.add_argument("-v", action="store_true", help="show what differs")
    arguments = parser.parse_args()
    if not any(each.CASES.is_dir() for each in COLLECTIONS.values()):
        print("conformance: no recorded cases beside this checkout, nothing to replay")
        return 0
    baseline, prefix = read_baseline(), HTTP * arguments.http
    counts: dict[str, Counter[str]] = {}
    passed, ran = set(), set()
    changed: Counter[str] = Counter()
    began = time.perf_counter()
    with Port().open() if arguments.http else nullcontext[Open](in_process) as open_account:
        for collection, case in chosen(arguments, prefix, baseline):
            id_, found = prefix + case.id, run(collection, case, open_account)
            ran.add(id_)
            counts.setdefault(case.group, Counter())[found.kind] += 1
            if found.kind == "pass":
                passed.add(id_)
                changed.update(found.dated)
            elif found.kind != "excluded" and (arguments.v or id_ in baseline):
                print(found.kind.upper(), id_)
                for line in found.told[:6]:
                    print("    ", line[:400])
    for group, each in counts.items():
        print(f"{group:38} " + "  ".join(f"{name} {each[name]:3}" for name in ("pass", "fail", "error", "excluded")))
    lost, new = (baseline & ran) - passed, passed - baseline
    total = sum(counts.values(), Counter())
    for reason, number in changed.items():
        print(f"{number} pass with what AWS has changed since: {reason}")
    where, seconds = "over HTTP" if arguments.http else "in process", time.perf_counter() - began
    print(f"conformance {where}: {total['pass']} of {total.total()} pass in {seconds:.1f} s; {len(lost)} regressions")
    if new:
        print(f"not yet in the baseline: {len(new)}")
    for id_ in sorted(lost):
        print(f"REGRESSION {id_}")
    if arguments.accept:
        BASELINE.write_text("".join(f"{id_}\n" for id_ in sorted(baseline - lost | passed)), encoding="utf-8")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
