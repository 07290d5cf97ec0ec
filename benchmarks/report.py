"""Figures as a table for people and as JSON for programs."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.measure import Figure

Peers = Mapping[str, list[float]] | str
"""moto's seconds by machine, or why there are none."""

_HEADS = ("", "median", "best", "bar", "", "moto", "bare loop")
_WIDTHS = (58, 11, 11, 11, 11, 22, 20)


def as_json(figures: Mapping[str, list[Figure]], peers: Peers, *, quick: bool) -> dict[str, Any]:
    """Where it was measured, and every figure with what stands beside it."""
    rows = [_row(subject, figure, peers, quick=quick) for subject, group in figures.items() for figure in group]
    return {"quick": quick, "where": where(), "moto": peers if isinstance(peers, str) else "measured", "figures": rows}


def where() -> dict[str, Any]:
    """The machine, and how busy it was."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "versions": {name: version(name) for name in ("asl-emulator", "boto3", "moto", "pytest")},
    }


def _row(subject: str, figure: Figure, peers: Peers, *, quick: bool) -> dict[str, Any]:
    moto = _moto(figure, peers)
    notes = [figure.note] if figure.note else []
    if moto is not None and figure.moto is not None and figure.moto[2]:
        notes.append(f"moto: {figure.moto[2]}")
    return {
        "subject": subject,
        "name": figure.name,
        "unit": figure.unit,
        "median": figure.median,
        "best": figure.best,
        "repetitions": len(figure.samples),
        "bar": figure.bar,
        "met": None if figure.bar is None or quick else figure.median <= figure.bar,
        "moto": moto,
        "moto_ratio": None if moto is None else moto / figure.median,
        "bare": figure.bare,
        "bare_ratio": None if figure.bare is None else figure.median / figure.bare,
        "notes": notes,
    }


def _moto(figure: Figure, peers: Peers) -> float | None:
    if figure.moto is None or isinstance(peers, str):
        return None
    key, scale, _ = figure.moto
    return median(peers[key]) * scale


def lines(report: Mapping[str, Any]) -> list[str]:
    """The table, subject by subject, with the notes below each figure."""
    where = report["where"]
    text = [
        f"Python {where['python']}, {where['platform']}, {where['cpus']} processors, load {where['load']}",
        f"moto's interpreter: {report['moto']}. Times are upper bounds: whatever else runs here is in them.",
    ]
    if report["quick"]:
        text.append("QUICK: sizes are cut down and nothing is repeated; the figures mean nothing.")
    subject = None
    for row in report["figures"]:
        if row["subject"] != subject:
            subject = row["subject"]
            text += ["", _line((subject, *_HEADS[1:]))]
        text.append(_line(_cells(row)))
        text += [f"      {note}" for note in row["notes"]]
    if not report["quick"]:
        missed = [row["name"] for row in report["figures"] if row["met"] is False]
        text += ["", f"bars missed: {'; '.join(missed) or 'none'}"]
    return text


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    unit = row["unit"]
    met = {None: "", True: "met", False: "MISSED"}[row["met"]]
    if met == "MISSED" and row["best"] <= row["bar"]:
        met = "best only"
    moto = "" if row["moto"] is None else f"{_shown(row['moto'], unit)} ({row['moto_ratio']:,.0f}x)"
    bare = "" if row["bare"] is None else f"{_shown(row['bare'], unit)} ({row['bare_ratio']:.1f}x)"
    return (
        f"  {row['name']}",
        _shown(row["median"], unit),
        _shown(row["best"], unit),
        "-" if row["bar"] is None else _shown(row["bar"], unit),
        met,
        moto,
        bare,
    )


def _shown(number: float, unit: str) -> str:
    digits = 0 if number >= 1000 or not unit else 1 if number >= 100 else 2
    return f"{number:,.{digits}f} {unit}".rstrip()


def _line(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    shown = first.ljust(_WIDTHS[0]) + "".join(cell.rjust(width) for cell, width in zip(rest, _WIDTHS[1:], strict=True))
    return shown.rstrip()
