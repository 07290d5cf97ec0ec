"""Figures as a table for people and as JSON for programs."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.measure import Figure
from benchmarks.peers import Measured, Peers

_HEADS = ("median", "best", "bar", "", "bare loop")
_WIDTHS = (11, 11, 11, 11, 20)
_NAME_WIDTH = 58
_PEER_WIDTH = 22


def as_json(figures: Mapping[str, list[Figure]], peers: Peers, *, quick: bool) -> dict[str, Any]:
    """Where it was measured, and every figure with what stands beside it."""
    rows = [_row(subject, figure, peers, quick=quick) for subject, group in figures.items() for figure in group]
    said = {name: measured.status for name, measured in peers.items()}
    return {"quick": quick, "where": where(), "peers": said, "figures": rows}


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
    beside = {name: _beside(figure, peer) for name, peer in peers.items()} if figure.peer else {}
    notes = [figure.note] if figure.note else []
    if figure.peer and figure.peer[2] and any(peer["value"] is not None for peer in beside.values()):
        notes.append(f"peers: {figure.peer[2]}")
    notes += [f"{name}: {peer['why']}" for name, peer in beside.items() if peer["why"] and peers[name].times]
    middle = figure.median if figure.samples else None
    return {
        "subject": subject,
        "name": figure.name,
        "unit": figure.unit,
        "median": middle,
        "best": figure.best if figure.samples else None,
        "repetitions": len(figure.samples),
        "bar": figure.bar,
        "met": None if figure.bar is None or middle is None or quick else middle <= figure.bar,
        "peers": beside,
        "bare": figure.bare,
        "bare_ratio": None if figure.bare is None or middle is None else middle / figure.bare,
        "notes": notes,
    }


def _beside(figure: Figure, peer: Measured) -> dict[str, Any]:
    """The peer's figure, and its multiple of ours; or why there is none."""
    assert figure.peer is not None
    key, scale, _ = figure.peer
    times = peer.times.get(key, peer.status)
    if isinstance(times, str):
        return {"value": None, "ratio": None, "why": times}
    value = median(times) * scale
    return {"value": value, "ratio": value / figure.median, "why": None}


def lines(report: Mapping[str, Any]) -> list[str]:
    """The table, subject by subject, with the notes below each figure."""
    where = report["where"]
    text = [
        f"Python {where['python']}, {where['platform']}, {where['cpus']} processors, load {where['load']}",
        "Times are upper bounds: whatever else runs here is in them.",
        *(f"{name}: {status}" for name, status in report["peers"].items()),
    ]
    peers = list(report["peers"])
    if report["quick"]:
        text.append("QUICK: sizes are cut down and nothing is repeated; the figures mean nothing.")
    subject = None
    for row in report["figures"]:
        if row["subject"] != subject:
            subject = row["subject"]
            text += ["", _line(subject, [*_HEADS, *peers])]
        text.append(_line(f"  {row['name']}", [*_cells(row), *(_peer_cell(row, name) for name in peers)]))
        text += [f"      {note}" for note in row["notes"]]
    if not report["quick"]:
        missed = [row["name"] for row in report["figures"] if row["met"] is False]
        text += ["", f"bars missed: {'; '.join(missed) or 'none'}"]
    return text


def _cells(row: Mapping[str, Any]) -> list[str]:
    unit = row["unit"]
    bar = "-" if row["bar"] is None else _shown(row["bar"], unit)
    if row["median"] is None:
        return ["-", "-", bar, "skipped", ""]
    met = {None: "", True: "met", False: "MISSED"}[row["met"]]
    if met == "MISSED" and row["best"] <= row["bar"]:
        met = "best only"
    bare = "" if row["bare"] is None else f"{_shown(row['bare'], unit)} ({row['bare_ratio']:.1f}x)"
    return [_shown(row["median"], unit), _shown(row["best"], unit), bar, met, bare]


def _peer_cell(row: Mapping[str, Any], name: str) -> str:
    """What the peer took; its lines above the table, or below the figure, say why it has nothing."""
    if name not in row["peers"]:
        return ""
    peer = row["peers"][name]
    return "none" if peer["value"] is None else f"{_shown(peer['value'], row['unit'])} ({peer['ratio']:,.1f}x)"


def _shown(number: float, unit: str) -> str:
    digits = 0 if number >= 1000 or not unit else 1 if number >= 100 else 2
    return f"{number:,.{digits}f} {unit}".rstrip()


def _line(first: str, cells: list[str]) -> str:
    widths = (*_WIDTHS, *[_PEER_WIDTH] * (len(cells) - len(_WIDTHS)))
    shown = first.ljust(_NAME_WIDTH) + "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return shown.rstrip()
