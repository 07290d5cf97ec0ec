"""The page of the Python API is the one that the signatures and docstrings print, and names all that is public."""

import pytest

import asl
import emulator
from emulator.marker import ARGUMENTS
from scripts import python_api
from scripts.members import members
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")

sections = pytest.mark.parametrize("section", python_api.SECTIONS, ids=[each.title for each in python_api.SECTIONS])


def test_the_page_is_up_to_date() -> None:
    printed = "\n".join(python_api.lines()) + "\n"
    assert printed == PAGE, "write it anew: python -m scripts.python_api > docs/python-api.md"


@sections
def test_every_public_name_of_a_class_is_named_and_described(section: python_api.Section) -> None:
    part = PAGE.partition(f"\n## `{section.title}`\n")[2].partition("\n## ")[0]
    known = {each.name: each for each in members(section.of)}
    public = {name for name in dir(section.of) if not name.startswith("_")} - set(dir(section.of.__base__))
    internal = python_api.INTERNAL.get(section.of, {})
    assert public <= set(known)
    for name, member in known.items():
        if name in internal:
            assert f"`{section.of.__name__}.{name}`" in PAGE
        else:
            assert f"| `{name}` |" in part or f"### `{section.title}.{name}`\n" in part
            assert member.text, f"{section.of.__name__}.{name} has no docstring"


def test_every_name_of_the_packages_is_there() -> None:
    for name in {*emulator.__all__, *asl.__all__}:
        assert f"| `{name}` |" in PAGE


def test_every_internal_name_is_a_name_of_its_class() -> None:
    for of, names in python_api.INTERNAL.items():
        assert set(names) <= {each.name for each in members(of)}


def test_an_emulators_attributes_are_on_the_page() -> None:
    """Those that only exist once it is made."""
    with emulator.Emulator() as world:
        run = world.run({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
        for value in (world, world.clock, world.bus, run, run.state_machine, run.states["A"], run.visits[0]):
            made = {name for name in getattr(value, "__dict__", {}) if not name.startswith("_")}
            assert made <= {each.name for each in members(type(value))}


def test_the_marker_has_a_row_for_each_argument() -> None:
    assert list(python_api.MARKER) == list(ARGUMENTS)
