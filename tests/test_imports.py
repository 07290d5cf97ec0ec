"""The import graph: no circle of more than two files, imports for type checking and inside functions counted."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

Graph = Mapping[str, set[str]]
"""Module -> the modules that it imports."""


def module_of(path: Path) -> str:
    """The dotted name of the module in the file ``path``, which is relative."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str, package: str, known: Iterable[str]) -> Iterator[str]:
    """The modules among ``known`` that ``source`` imports, wherever the import stands; ``package`` is that around it.

    ``from package import name`` imports the module of that name where there is one, and the package itself otherwise.
    """
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            place = ".".join([*above, *([node.module] if node.module else [])])
            members = [f"{place}.{alias.name}" for alias in node.names]
            names = [each if each in known else place for each in members]
        yield from (name for name in names if name in known and name != module)


def graph_of(package: str, root: Path = ROOT) -> Graph:
    """The import graph of the files of ``package``, which is a folder of ``root``."""
    paths = {module_of(path.relative_to(root)): path for path in (root / package).rglob("*.py")}
    return {
        module: set(imports_of(path.read_text("utf-8"), module, module_of(path.parent.relative_to(root)), paths))
        for module, path in paths.items()
    }


def circles(graph: Graph) -> list[list[str]]:
    """The circles of ``graph``: each the sorted modules that reach one another, two modules or more."""
    reached = {module: _reached(module, graph) for module in graph}
    groups = {frozenset(each for each in reached[module] if module in reached[each]) for module in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(start: str, graph: Graph) -> set[str]:
    found: set[str] = set()
    rest = [start]
    while rest:
        new = graph[rest.pop()] - found
        found |= new
        rest += new
    return found


@pytest.mark.parametrize("package", ["asl", "emulator"])
def test_no_circle_has_more_than_two_files(package: str) -> None:
    assert [circle for circle in circles(graph_of(package)) if len(circle) > 2] == []


def test_the_circles_of_two_files_are_known() -> None:
    assert circles(graph_of("asl")) == [["asl.jsonata.closures", "asl.jsonata.compiler"]]
    assert circles(graph_of("emulator")) == []


def test_imports_for_type_checking_and_in_functions_count(tmp_path: Path) -> None:
    sources = {
        "__init__": "from spam.one import ONE",
        "one": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from spam.two import Two",
        "two": "def two():\n    from spam import three",
        "three": "import spam.one",
        "four": "from spam import ONE",
        "five": "from . import four\nfrom .three import spam",
    }
    (tmp_path / "spam").mkdir()
    for name, source in sources.items():
        (tmp_path / "spam" / f"{name}.py").write_text(source, "utf-8")
    graph = graph_of("spam", tmp_path)
    assert graph["spam.four"] == {"spam"}
    assert graph["spam.five"] == {"spam.four", "spam.three"}
    assert circles(graph) == [["spam.one", "spam.three", "spam.two"]]
