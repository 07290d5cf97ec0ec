"""YAML as a JSON value, with the line and column at which every JSON pointer begins.

PyYAML, an optional extra, reads the text. Values without a counterpart in JSON are refused: dates stay text, keys must
be text, and an alias must not contain itself. What YAML 1.1 reads from words and numbers that are not quoted (``On`` is
true, ``012`` is 10) is kept beside the value, for messages.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean, join
from emulator.errors import EmulatorError

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})

_CORE: Final = {
    "tag:yaml.org,2002:bool": re.compile("(?:true|True|TRUE|false|False|FALSE)$"),
    "tag:yaml.org,2002:int": re.compile("(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"),
}
"""What is no text in YAML 1.2 (core schema), where that is another rule than in 1.1."""
_CRON: Final = re.compile(r"cron\([^()\n]*\)")
_QUESTION: Final = "\ue03f"
"""Stands for the ``?`` of a ``cron(...)`` while PyYAML reads YAML 1.2: it ends a value within braces at any ``?``."""
MOST_NODES: Final = 1_000_000
"""The most nodes of a definition: aliases can make a short text endless."""


class YamlError(ValueError):
    """Text that is not YAML, or YAML that is not JSON; ``line`` and ``column`` start at 1."""

    def __init__(self, message: str, line: int, column: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line
        self.column = column


class Scalar(NamedTuple):
    """A value that is not quoted: its text, where it begins, and what YAML reads."""

    written: str
    place: tuple[int, int]
    value: Any


class YamlValue(NamedTuple):
    """The JSON value of a text, where each JSON pointer begins, the pointers of duplicate keys, and the scalars."""

    value: Any
    places: dict[str, tuple[int, int]]
    repeated: list[str]
    scalars: dict[str, Scalar]
    contrary: list[str]
    """Those of ``repeated`` whose values differ."""


def read_yaml(text: str, tags: Mapping[str, str] = NO_TAGS, *, version: str = "1.1") -> YamlValue:
    """The value of a YAML ``text``. Raises ``YamlError``, ``EmulatorError``.

    YAML 1.1 as CloudFormation reads it, except that times and keys stay text. In YAML 1.2, which JavaScript's tools
    read, ``yes``, ``on`` and ``012`` are text too. A value with one of ``tags`` is an object whose only member has
    the tag's name: with ``{"!Ref": "Ref"}``, ``!Ref x`` is ``{"Ref": "x"}``.
    """
    yaml = _library()
    core = _CORE if version == "1.2" else {}

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]  # PyYAML has no types
        """Without the tag that turns ``2030-01-01`` into a date."""

        yaml_implicit_resolvers: Final = {
            first: [(tag, core.get(tag, pattern)) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_scalar_node(self, anchor: Any) -> Any:
            node = super().compose_scalar_node(anchor)
            node.value = node.value.replace(_QUESTION, "?")
            return node

    loader = None
    try:
        loader = Loader(_CRON.sub(lambda found: found[0].replace("?", _QUESTION), text) if core else text)
        return _Composer(loader, yaml, tags).read(loader.get_single_node())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message, hint = _said(f"{error.problem or error.context}")
        raise YamlError(message, line, column, hint) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error).splitlines()[0], 1, 1) from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, YamlError):
            raise
        raise YamlError(str(error), 1, 1) from None
    except RecursionError:
        raise YamlError("it is nested too deep", 1, 1) from None
    finally:
        if loader is not None:
            loader.dispose()


def read_template(text: str) -> Any:
    """The value of a YAML ``text`` with any tags: ``!Ref x`` is ``{"!Ref": "x"}``. ``None`` if it is no YAML."""
    yaml = _library()

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]  # PyYAML has no types
        """Reads any tag as an object with the tag as its key."""

    def tagged(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            return {f"!{suffix}": loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
        return {f"!{suffix}": loader.construct_mapping(node, deep=True)}

    Loader.add_multi_constructor("!", tagged)
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        return None


def _library() -> Any:
    try:
        import yaml
    except ImportError:
        raise EmulatorError("YAML needs PyYAML: pip install 'asl-emulator[yaml]'") from None
    return yaml


def _said(problem: str) -> tuple[str, str | None]:
    """PyYAML's text in plain words, and what to do."""
    if problem == "but found another document":
        return "it has several documents, another one begins here", "Keep one definition in a file."
    if problem.endswith("but found '<tag>'"):
        return "a tag follows another one", "Write the first function in full, such as Fn::GetAZs: !Ref AWS::Region."
    tag = problem.partition("could not determine a constructor for the tag ")[2].strip("'")
    if tag:
        return _meaningless(tag, "definition")
    return problem, None


def _meaningless(tag: str, where: str) -> tuple[str, str | None]:
    """What is said of a tag that says nothing in a ``where``, and what to do."""
    is_functions = tag.startswith("!")
    hint = "CloudFormation reads tags in its templates only; write ${Name}, and give the name a value."
    written = tag.replace("tag:yaml.org,2002:", "!!")
    return f"the tag {written} has no meaning in a {where}", hint if is_functions else None


COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Composer:
    """Values and places from YAML's nodes."""

    def __init__(self, loader: Any, yaml: Any, tags: Mapping[str, str]) -> None:
        self.loader = loader
        self.yaml = yaml
        self.tags = tags
        self.places: dict[str, tuple[int, int]] = {}
        self.repeated: list[str] = []
        self.contrary: list[str] = []
        self.scalars: dict[str, Scalar] = {}
        self.merged: set[int] = set()
        self.left = MOST_NODES

    def read(self, node: Any) -> YamlValue:
        if node is None:
            return YamlValue(None, {"": (1, 1)}, [], {}, [])
        self.places[""] = _mark(node)
        value = self._value(node, "", ())
        return YamlValue(value, self.places, self.repeated, self.scalars, self.contrary)

    def _value(self, node: Any, pointer: str, above: tuple[int, ...]) -> Any:
        self.left -= 1
        if id(node) in above or self.left < 0:
            raise YamlError("an alias contains itself, or makes it too long", *_mark(node))
        inner = (*above, id(node))
        if self.tags and node.tag.startswith("!"):
            return self._tagged(node, pointer, inner)
        if not isinstance(node, self.yaml.ScalarNode) and node.tag not in COLLECTIONS:
            told, hint = _meaningless(node.tag, "template" if self.tags else "definition")
            raise YamlError(told, *_mark(node), hint)
        return self._plain(node, pointer, inner)

    def _tagged(self, node: Any, pointer: str, inner: tuple[int, ...]) -> dict[str, Any]:
        name = self.tags.get(node.tag)
        if name is None:
            hint = did_you_mean(node.tag, self.tags) or f"the tags are {', '.join(self.tags)}"
            raise YamlError(f"there is no tag {node.tag}", *_mark(node), hint)
        below = join(pointer, name)
        self.places[below] = _mark(node)
        return {name: node.value if isinstance(node, self.yaml.ScalarNode) else self._plain(node, below, inner)}

    def _plain(self, node: Any, pointer: str, inner: tuple[int, ...]) -> Any:
        if isinstance(node, self.yaml.MappingNode):
            self._merge(node, pointer)
            return self._object(node, pointer, inner)
        if isinstance(node, self.yaml.SequenceNode):
            return [self._child(item, join(pointer, at), item, inner) for at, item in enumerate(node.value)]
        value = self.loader.construct_object(node)
        if not isinstance(value, str | int | float | bool | None):
            raise YamlError(f"{node.tag} has no meaning in a definition", *_mark(node))
        if node.style is None:
            self.scalars[pointer] = Scalar(node.value, _mark(node), value)
        return value

    def _merge(self, node: Any, pointer: str) -> None:
        """Put the members of ``<<`` before the node's own, which override them; duplicates among its own are noted."""
        if id(node) in self.merged:
            return
        self.merged.add(id(node))
        counts = Counter(key.value for key, _ in node.value if isinstance(key, self.yaml.ScalarNode))
        self.repeated += [join(pointer, name) for name, count in counts.items() if count > 1]
        self.loader.flatten_mapping(node)

    def _object(self, node: Any, pointer: str, above: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        repeated = frozenset(self.repeated)
        for name, value in self._members(node, pointer, above):
            if repeated and name in found and join(pointer, name) in repeated and found[name] != value:
                self.contrary.append(join(pointer, name))
            found[name] = value
        return found

    def _members(self, node: Any, pointer: str, above: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        for key, value in node.value:
            if not isinstance(key, self.yaml.ScalarNode):
                raise YamlError("a key must be a text", *_mark(key))
            yield key.value, self._child(value, join(pointer, key.value), key, above)

    def _child(self, node: Any, pointer: str, marked: Any, above: tuple[int, ...]) -> Any:
        self.places[pointer] = _mark(marked)
        return self._value(node, pointer, above)


def _mark(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
