"""What a class or function tells people in its source: signatures, types and docstrings, as Markdown."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["method", "value"]


class Member(NamedTuple):
    """A public member: ``type`` is that of a value, or what a method answers; ``signature`` is a method's."""

    kind: Kind
    name: str
    type: str
    signature: str
    text: str


def members(of: type) -> list[Member]:
    """The members of a class without an underscore, in the order of its source: first values, then methods.

    Values are properties, fields, and attributes that ``__init__`` sets. A member may be told of by the docstring of
    the class alone; its ``text`` is then empty.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
    (node,) = tree.body
    assert isinstance(node, ast.ClassDef)
    found: dict[str, Member] = {}
    for member in [*_assigned(node.body), *_of_init(node), *_functions(of, node)]:
        if not member.name.startswith("_"):
            found.setdefault(member.name, member)
    return sorted(found.values(), key=lambda member: member.kind == "method")


def signature(function: Callable[..., Any], name: str | None = None) -> str:
    """``run(machine: StateMachine, input: Any = None) -> Execution``: types as they are written, defaults as values."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, ast.FunctionDef)
    return _signature(function, node, name or node.name)


def text_of(thing: Any) -> str:
    """A docstring as Markdown: its paragraphs, with ``code`` in single quotes; examples are left out."""
    doc = inspect.cleandoc(thing if isinstance(thing, str) else thing.__doc__ or "")
    paragraphs = [part for part in doc.split("\n\n") if not part.startswith(">>>")]
    return "\n\n".join(paragraphs).replace("``", "`")


def first_sentence(text: str) -> str:
    """What a table says of a thing that is described at length elsewhere."""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    for end in (". ", "; ", ": "):
        paragraph = paragraph.partition(end)[0]
    return paragraph.removesuffix(".")


def _functions(of: type, node: ast.ClassDef) -> Iterator[Member]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            text = text_of(ast.get_docstring(each) or "")
            if any(isinstance(name, ast.Name) and name.id == "property" for name in each.decorator_list):
                yield Member("value", each.name, _type(each.returns), "", text)
            else:
                written = _signature(vars(of)[each.name], each, each.name)
                yield Member("method", each.name, _type(each.returns), written, text)


def _of_init(node: ast.ClassDef) -> Iterator[Member]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            given = {argument.arg: argument.annotation for argument in _arguments(each)}
            yield from _assigned(each.body, "self", given)


def _assigned(
    body: list[ast.stmt], owner: str = "", given: dict[str, ast.expr | None] | None = None
) -> Iterator[Member]:
    """The names that a body assigns, or the attributes of ``owner``, each with the docstring below it."""
    for place, each in enumerate(body):
        target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == owner:
            name = target.attr
        elif isinstance(target, ast.Name) and not owner and isinstance(each, ast.AnnAssign):
            name = target.id
        else:
            continue
        after = body[place + 1] if place + 1 < len(body) else None
        is_told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        text = text_of(str(after.value.value)) if is_told else ""  # type: ignore[union-attr]
        annotation = each.annotation if isinstance(each, ast.AnnAssign) else None
        value = getattr(each, "value", None)
        if annotation is None and isinstance(value, ast.Name):
            annotation = (given or {}).get(value.id)
        if annotation is None and isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            annotation = value.func
        yield Member("value", name, _type(annotation), "", text)


def _signature(function: Callable[..., Any], node: ast.FunctionDef, name: str) -> str:
    defaults = inspect.signature(function).parameters
    parts: list[str] = []
    arguments = [each for each in _arguments(node) if each.arg != "self"]
    keywords = {each.arg for each in node.args.kwonlyargs}
    for each in arguments:
        if each.arg in keywords and "*" not in parts:
            parts.append("*")
        default = defaults[each.arg].default
        value = "" if default is inspect.Parameter.empty else f" = {default!r}"
        parts.append(f"{each.arg}: {_type(each.annotation)}{value}")
    result = "" if node.returns is None or name[:1].isupper() else f" -> {_type(node.returns)}"
    return f"{name}({', '.join(parts)}){result}"


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _type(node: ast.expr | None) -> str:
    """An annotation as it is written, without the quotation marks of names that are imported later."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)
