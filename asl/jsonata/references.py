"""The variables and functions that an expression reads from its scope, found in its text alone.

A field or ``$`` is *top-level* where the context is still that of the whole expression: neither behind a dot nor in
a predicate, an ordering or a grouping, where the context is the path's result so far.
"""

from dataclasses import dataclass, field
from typing import Final

from asl.jsonata.syntax import (
    Bind,
    Call,
    Descendants,
    Lambda,
    Name,
    Node,
    Partial,
    Path,
    Transform,
    Variable,
    Wildcard,
)


@dataclass(slots=True)
class References:
    """Sets in order of appearance, as lists without duplicates.

    ``fields`` are top-level names; ``context`` is whether ``$``, ``*`` or ``**`` is used at the top level; ``root``
    is whether ``$$`` is used anywhere. ``members`` maps a variable to the fields read from it (``{"states":
    ["input"]}``). ``reads`` are variables read but not bound by the expression itself, ``assigns`` those it
    binds with ``:=``. ``calls`` are variables called as functions.
    """

    fields: list[str] = field(default_factory=list)
    context: bool = False
    root: bool = False
    members: dict[str, list[str]] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    assigns: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


_CONTEXTS: Final = frozenset({"", "$"})
"""The variables that every expression has."""


def references(node: Node) -> References:
    """The references in ``node``."""
    found = References()
    bound: set[str] = set()
    _collect_bindings(node, bound, found)
    _visit(node, found, bound, top=True)
    return found


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def parts(node: Node) -> list[tuple[Node, bool]]:
    """The nodes inside and behind ``node``, each with whether its context is that of ``node``."""
    inside = not isinstance(node, Transform)
    parts = [(child, inside) for child in node.children()]
    parts += [(s.predicate, False) for s in (*node.predicates, *node.stages) if s.predicate]
    return parts + [(part, False) for pair in (node.group.pairs if node.group else []) for part in pair]


def _collect_bindings(node: Node, bound: set[str], found: References) -> None:
    if isinstance(node, Bind):
        bound.add(node.name)
        _add(found.assigns, node.name)
    if isinstance(node, Lambda):
        bound.update(node.parameters)
    bound.update(name for name in (node.focus, node.index) if name)
    bound.update(stage.index for stage in node.stages if stage.index)
    for part, _ in parts(node):
        _collect_bindings(part, bound, found)


def _visit(node: Node, found: References, bound: set[str], *, top: bool) -> None:
    if isinstance(node, Path):
        _visit_path(node, found, bound, top=top)
        return
    if isinstance(node, Variable):
        _visit_variable(node, found, bound, top=top)
    elif isinstance(node, Name) and top:
        _add(found.fields, node.name)
    elif isinstance(node, Wildcard | Descendants) and top:
        found.context = True
    elif isinstance(node, Call | Partial) and isinstance(node.procedure, Variable):
        _add(found.calls, node.procedure.name)
    for part, inside in parts(node):
        _visit(part, found, bound, top=top and inside)


def _visit_path(path: Path, found: References, bound: set[str], *, top: bool) -> None:
    for index, step in enumerate(path.steps):
        _visit(step, found, bound, top=top and index == 0)
    first, second = path.steps[0], path.steps[1] if len(path.steps) > 1 else None
    if isinstance(first, Variable) and isinstance(second, Name) and first.name not in bound | _CONTEXTS:
        _add(found.members.setdefault(first.name, []), second.name)
    for part, _ in parts(path)[len(path.steps) :]:
        _visit(part, found, bound, top=False)


def _visit_variable(node: Variable, found: References, bound: set[str], *, top: bool) -> None:
    if node.name == "":
        found.context = found.context or top
    elif node.name == "$":
        found.root = True
    elif node.name not in bound:
        _add(found.reads, node.name)
