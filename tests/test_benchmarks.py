"""The benchmarks run, and their output has its shape. No time is asserted: the bars are for a quiet machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SUBJECTS = [
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
]
MEMBERS = {
    "subject",
    "name",
    "unit",
    "median",
    "best",
    "repetitions",
    "bar",
    "met",
    "peers",
    "bare",
    "bare_ratio",
    "notes",
}


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run them in a process of their own, as `make bench` does."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_quick_run_measures_every_subject(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = benchmarks("--quick", "--json", str(file))
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    figures = report["figures"]
    assert report["quick"] is True
    assert report["peers"] == {}
    assert list(dict.fromkeys(figure["subject"] for figure in figures)) == SUBJECTS
    assert all(set(figure) == MEMBERS for figure in figures)
    assert all(figure["name"] in done.stdout for figure in figures)
    assert [figure["median"] for figure in figures if figure["subject"] == "determinism"] == [1]
    assert "QUICK" in done.stdout


def test_a_subject_that_is_not_there_is_named() -> None:
    done = benchmarks("transition")
    assert done.returncode == 2
    assert "there is no subject 'transition'; did you mean 'transitions'?" in done.stderr


def test_a_peer_that_is_not_there_is_named() -> None:
    done = benchmarks("--peers", "moto,minstack")
    assert done.returncode == 2
    assert "there is no peer 'minstack'; did you mean 'ministack'?" in done.stderr


def test_a_report_says_which_bars_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import report
    from benchmarks.measure import Figure
    from benchmarks.peers import Measured

    figures = {
        "loop": [
            Figure("fast", "ms", [1.0, 2.0, 3.0], bar=2.0, bare=0.5, peer=("loop", 1000.0, "scaled")),
            Figure("now and then", "ms", [1.0, 3.0, 3.0], bar=2.0),
            Figure("free", "ms", [4.0], peer=("map", 1000.0, "")),
            Figure("elsewhere", "ms", [], bar=2.0, note="skipped: not in this tree"),
        ]
    }
    peers = {
        "moto": Measured("5.2, measured", {"loop": [0.2], "map": "FAILED: States.Runtime"}),
        "ministack": Measured("not installed (this adds it)", {}),
    }
    found = report.as_json(figures, peers, quick=False)
    assert [row["met"] for row in found["figures"]] == [True, False, None, None]
    assert found["figures"][0]["peers"]["moto"] == {"value": 200, "ratio": 100, "why": None}
    assert found["figures"][0]["peers"]["ministack"]["why"] == "not installed (this adds it)"
    assert found["figures"][0]["bare_ratio"] == 4
    text = "\n".join(report.lines(found))
    assert "200.0 ms (100.0x)" in text
    assert "peers: scaled" in text
    assert "      moto: FAILED: States.Runtime" in text
    assert text.count("ministack: not installed (this adds it)") == 1
    assert "skipped: not in this tree" in text
    assert "best only" in text
    assert text.endswith("bars missed: now and then")
