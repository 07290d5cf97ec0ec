"""The benchmarks run, and their output has its shape. No time is asserted: the bars are for a quiet machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SUBJECTS = ["transitions", "loop", "map_", "executions", "fixture", "startup", "memory", "determinism"]
MEMBERS = {
    "subject",
    "name",
    "unit",
    "median",
    "best",
    "repetitions",
    "bar",
    "met",
    "moto",
    "moto_ratio",
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
    assert list(dict.fromkeys(figure["subject"] for figure in figures)) == SUBJECTS
    assert all(set(figure) == MEMBERS for figure in figures)
    assert all(figure["name"] in done.stdout for figure in figures)
    assert [figure["median"] for figure in figures if figure["subject"] == "determinism"] == [1]
    assert "QUICK" in done.stdout


def test_a_subject_that_is_not_there_is_named() -> None:
    done = benchmarks("transition")
    assert done.returncode == 2
    assert "there is no subject 'transition'; did you mean 'transitions'?" in done.stderr


def test_a_report_says_which_bars_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import report
    from benchmarks.measure import Figure

    figures = {
        "loop": [
            Figure("fast", "ms", [1.0, 2.0, 3.0], bar=2.0, bare=0.5, moto=("loop", 1000.0, "scaled")),
            Figure("now and then", "ms", [1.0, 3.0, 3.0], bar=2.0),
            Figure("free", "ms", [4.0]),
        ]
    }
    found = report.as_json(figures, {"loop": [0.2]}, quick=False)
    assert [row["met"] for row in found["figures"]] == [True, False, None]
    assert found["figures"][0]["moto_ratio"] == 100
    assert found["figures"][0]["bare_ratio"] == 4
    text = "\n".join(report.lines(found))
    assert "200.0 ms (100x)" in text
    assert "moto: scaled" in text
    assert "best only" in text
    assert text.endswith("bars missed: now and then")
    assert report.as_json(figures, "not installed", quick=False)["figures"][0]["moto"] is None
