"""The numbered cases of background tasks, the tests that show them, and the page that lists both.

``@pytest.mark.case(97)`` on a test names the case that it shows, ``profile="webiny_5_41"`` (or several) the profile;
the default is ``documented``. The mark also chooses the profile of the fixture ``world``. ``cases.txt`` describes the
cases. ``python -m tests.emulator.tasks.cases`` regenerates the tables of ``docs/background-tasks.md``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from emulator.tasks import PROFILES, Profile

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/background-tasks.md"
TABLES = ("profiles", "cases")


@dataclass(frozen=True)
class Case:
    """One case; ``section`` is its heading."""

    number: int
    section: str
    given: str
    when: str
    then: str


@dataclass(frozen=True)
class Shown:
    """A test that shows a case in a profile."""

    number: int
    profile: str
    test: str


def read_cases() -> dict[int, Case]:
    """The cases by number, in the order of the file."""
    cases: dict[int, Case] = {}
    section = ""
    for line in Path(__file__).with_name("cases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            section = line[2:]
        else:
            number, given, when, then = line.split(" | ")
            assert int(number) not in cases, line
            cases[int(number)] = Case(int(number), section, given, when, then)
    return cases


def find_shown(folder: Path = ROOT / "tests") -> list[Shown]:
    """The tests' marks, read without importing the tests."""
    return [
        shown
        for path in sorted(folder.rglob("test_*.py"))
        if "mark.case(" in (text := path.read_text(encoding="utf-8"))
        for shown in _marks(ast.parse(text))
    ]


def _marks(tree: ast.AST) -> Iterator[Shown]:
    for test in ast.walk(tree):
        if not isinstance(test, ast.FunctionDef):
            continue
        for mark in test.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
                numbers = [ast.literal_eval(number) for number in mark.args]
                options = {str(option.arg): ast.literal_eval(option.value) for option in mark.keywords}
                for number in numbers:
                    for profile in profiles_of(options):
                        yield Shown(number, profile, test.name)


def profiles_of(options: Mapping[str, object]) -> list[str]:
    """The profiles that a mark with these options names; raises ``ValueError`` for an unknown word."""
    given = options.get("profile", "documented")
    names = [given] if isinstance(given, str) else list(given)  # type: ignore[call-overload]
    if set(options) - {"profile"}:
        raise ValueError(f"pytest.mark.case: knows profile=..., not {sorted(options)}")
    return [Profile.named(name).name for name in names]


def case_table() -> str:
    """The cases as Markdown, a table for each section."""
    shown: dict[int, list[Shown]] = {}
    for each in find_shown():
        shown.setdefault(each.number, []).append(each)
    lines: list[str] = []
    section = ""
    for case in read_cases().values():
        if case.section != section:
            section = case.section
            head = ["| # | given | when | then | profile: test |", "| --- | --- | --- | --- | --- |"]
            lines += ["", f"### {section}", "", *head]
        cells = [str(case.number), case.given, case.when, case.then, _tests(shown.get(case.number, []))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines[1:])


def _tests(shown: list[Shown]) -> str:
    by_test: dict[str, list[str]] = {}
    for each in shown:
        profiles = by_test.setdefault(each.test, [])
        if each.profile not in profiles:
            profiles.append(each.profile)
    return "<br>".join(f"{', '.join(profiles)}: `{test}`" for test, profiles in by_test.items()) or "no test yet"


def profile_table() -> str:
    """The value of each field in the four profiles, as Markdown."""
    lines = [f"| field | {' | '.join(f'`{name}`' for name in PROFILES)} |", f"| --- |{' --- |' * len(PROFILES)}"]
    for field in fields(Profile):
        if field.name != "name":
            values = [_cell(getattr(profile, field.name)) for profile in PROFILES.values()]
            lines.append(f"| `{field.name}` | {' | '.join(values)} |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return ", ".join(sorted(value)) or "none" if isinstance(value, frozenset) else str(value)


def written(page: str) -> str:
    """``page`` with its tables updated; text outside their marks is unchanged."""
    for name, table in zip(TABLES, (profile_table(), case_table()), strict=True):
        page, count = re.subn(
            rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)",
            lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}",  # type: ignore[misc]
            page,
            flags=re.DOTALL,
        )
        assert count == 1, f"the page has no place for the {name}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
