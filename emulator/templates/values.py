"""What the values of a template come to: CloudFormation's functions and conditions.

A function is an object with one member, ``Ref`` or ``Fn::...``. A value is evaluated when a resource needs it, with
the resources that it names made first; of ``Fn::If`` only the chosen branch is. ``AWS::NoValue`` takes the property, or
the item of a list, away. The texts of errors are CloudFormation's where they are known.
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from asl.problems import DefinitionError, did_you_mean, join, nearest
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.templates.document import FUNCTIONS, Document, read_object
from emulator.templates.errors import Wrong

NO_VALUE: Final = object()
"""``AWS::NoValue``."""

VARIABLE: Final = re.compile(r"\$\{(!?)([^}]*)\}")
"""``${Name}`` in a text of ``Fn::Sub``; ``${!Name}`` is the text ``${Name}``."""
VARIABLE_NAME: Final = re.compile(r"[\w.:]+")
ZONES: Final = ("a", "b", "c")

JOIN: Final = (
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings "
    "to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
)
SPLIT: Final = (
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
    "split or a function that returns a string to be split."
)
SELECT: Final = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
SUB_NAME: Final = (
    "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, "
    "and colons"
)
EQUALS: Final = "Template error: every Fn::Equals object requires a list of 2 string parameters."


class Names(Protocol):
    """What the functions of a template find by name. Each raises ``TemplateError`` for a name that is not there."""

    region: str

    def ref(self, name: str, pointer: str) -> Any:
        """A parameter's value, a resource's Ref, or a pseudo parameter."""

    def attribute(self, resource: str, attribute: str, pointer: str) -> Any:
        """An attribute of a resource."""

    def condition(self, name: str, pointer: str) -> bool:
        """Whether the condition of this name holds."""

    def imported(self, name: str, pointer: str) -> Any:
        """The value that another stack exports."""


class Values:
    """Evaluates the values of one template."""

    def __init__(self, document: Document, names: Names) -> None:
        self._document = document
        self._names = names

    def of(self, value: Any, pointer: str) -> Any:
        """The value that ``value``, which begins at ``pointer``, comes to; ``NO_VALUE`` if it is taken away."""
        if isinstance(value, list):
            items = (self.of(each, join(pointer, at)) for at, each in enumerate(value))
            return [each for each in items if each is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if _is_function(value):
            name, argument = next(iter(value.items()))
            return self._call(name, argument, join(pointer, name))
        members = ((name, self.of(each, join(pointer, name))) for name, each in value.items())
        return {name: each for name, each in members if each is not NO_VALUE}

    def wrong(self, value: Any, pointer: str) -> Iterator[Wrong]:
        """What is wrong with the functions in ``value``: of each, what is found first."""
        if isinstance(value, dict) and not _is_function(value):
            for name, each in value.items():
                yield from self.wrong(each, join(pointer, name))
        elif isinstance(value, list):
            for at, each in enumerate(value):
                yield from self.wrong(each, join(pointer, at))
        elif isinstance(value, dict):
            try:
                self.of(value, pointer)
            except (EmulatorError, DefinitionError) as error:
                yield error

    def text(self, value: Any, pointer: str, message: str) -> str:
        """The text that ``value`` comes to, a number's and a boolean's too; else the error ``message``."""
        found = self.of(value, pointer)
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, str | int | float):
            return str(found)
        raise self._document.error(message, pointer)

    def holds(self, condition: Any, pointer: str) -> bool:
        """Whether a condition holds: ``Fn::Equals``, ``Fn::And``, ``Fn::Or``, ``Fn::Not``, or another one's name."""
        if isinstance(condition, dict) and len(condition) == 1:
            name, argument = next(iter(condition.items()))
            below = join(pointer, name)
            if name == "Condition":
                return self._names.condition(argument, below)
            if name in CONDITIONS:
                return CONDITIONS[name](self, argument, below)
        raise self._document.error(f"a condition is one of {', '.join(CONDITIONS)}, Condition", pointer)

    def _call(self, name: str, argument: Any, pointer: str) -> Any:
        function = VALUES.get(name)
        if function is not None:
            return function(self, argument, pointer)
        if name in CONDITIONS:
            return self.holds({name: argument}, pointer.rpartition("/")[0])
        if name.removeprefix("Fn::") in FUNCTIONS:
            raise self._document.error(f"{name} is not evaluated here", pointer, "deploy what it comes to")
        known = {each.removeprefix("Fn::"): each for each in VALUES}
        near = nearest(name.removeprefix("Fn::"), known)
        hint = f'Did you mean "{known[near[0]]}"?' if near else None
        raise self._document.error(f"there is no function {name}", pointer, hint)

    def _list(self, argument: Any, pointer: str, length: int, message: str) -> list[Any]:
        if not isinstance(argument, list) or len(argument) != length:
            raise self._document.error(message, pointer)
        return argument

    # Values

    def _ref(self, argument: Any, pointer: str) -> Any:
        if not isinstance(argument, str):
            raise self._document.error("Ref names a parameter or a resource", pointer)
        return NO_VALUE if argument == "AWS::NoValue" else self._names.ref(argument, pointer)

    def _get_att(self, argument: Any, pointer: str) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        two = "Fn::GetAtt names a resource and its attribute: [Resource, Attribute] or Resource.Attribute"
        resource, attribute = self._list(parts, pointer, 2, two)
        if not isinstance(resource, str):
            raise self._document.error(two, pointer)
        return self._names.attribute(resource, self.text(attribute, join(pointer, 1), two), pointer)

    def _sub(self, argument: Any, pointer: str) -> str:
        text, variables, place = argument, {}, pointer
        if isinstance(argument, list):
            text, variables = self._list(argument, pointer, 2, "Fn::Sub takes a text, or [text, {name: value}]")
            place = join(pointer, 1)
        if not isinstance(text, str) or not isinstance(variables, dict):
            raise self._document.error("Fn::Sub takes a text, or [text, {name: value}]", pointer)

        def value(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{found[2]}}}"
            if VARIABLE_NAME.fullmatch(name) is None:
                raise self._document.error(SUB_NAME, pointer, f"${{{found[2]}}} is a text if written ${{!{found[2]}}}")
            shown = f"${{{name}}} in Fn::Sub is not a text"
            if name in variables:
                return self.text(variables[name], join(place, name), shown)
            resource, dot, attribute = name.partition(".")
            reference = {"Fn::GetAtt": [resource, attribute]} if dot else {"Ref": name}
            return self.text(reference, pointer, shown)

        return VARIABLE.sub(value, text)

    def _join(self, argument: Any, pointer: str) -> str:
        delimiter, items = self._list(argument, pointer, 2, JOIN)
        found = self.of(items, join(pointer, 1))
        if not isinstance(delimiter, str) or not isinstance(found, list):
            raise self._document.error(JOIN, pointer)
        return delimiter.join(self.text(each, pointer, JOIN) for each in found)

    def _split(self, argument: Any, pointer: str) -> list[str]:
        delimiter, text = self._list(argument, pointer, 2, SPLIT)
        if not isinstance(delimiter, str) or not delimiter:
            raise self._document.error(SPLIT, pointer)
        return self.text(text, join(pointer, 1), SPLIT).split(delimiter)

    def _select(self, argument: Any, pointer: str) -> Any:
        index, items = self._list(argument, pointer, 2, SELECT)
        at = self.of(index, join(pointer, 0))
        found = self.of(items, join(pointer, 1))
        if isinstance(found, str):
            found = found.split(",")  # a parameter of type CommaDelimitedList
        if isinstance(at, str) and re.fullmatch(r"-?\d+", at):
            at = int(at)
        if isinstance(at, bool) or not isinstance(at, int) or not isinstance(found, list):
            raise self._document.error(SELECT, pointer)
        if not 0 <= at < len(found):
            message = f"Template error: Fn::Select cannot select nonexistent value at index {at}"
            raise self._document.error(message, pointer)
        return found[at]

    def _if(self, argument: Any, pointer: str) -> Any:
        two = "Fn::If takes [condition, value if it holds, value if not]"
        condition, yes, no = self._list(argument, pointer, 3, two)
        if not isinstance(condition, str):
            raise self._document.error(two, pointer)
        holds = self._names.condition(condition, join(pointer, 0))
        return self.of(yes, join(pointer, 1)) if holds else self.of(no, join(pointer, 2))

    def _find_in_map(self, argument: Any, pointer: str) -> Any:
        wrong = "Fn::FindInMap takes [map, first key, second key]"
        default = argument[3] if isinstance(argument, list) and len(argument) == 4 else None
        keys = argument[:3] if default is not None else argument
        names = [
            self.text(each, join(pointer, at), wrong) for at, each in enumerate(self._list(keys, pointer, 3, wrong))
        ]
        found: Any = self._document.value.get("Mappings")
        for name in names:
            if not isinstance(found, Mapping) or name not in found:
                if isinstance(default, dict) and "DefaultValue" in default:
                    return self.of(default["DefaultValue"], join(join(pointer, 3), "DefaultValue"))
                hint = did_you_mean(name, found) if isinstance(found, Mapping) else None
                message = f"Template error: Unable to get mapping for {'::'.join(names)}"
                raise self._document.error(message, pointer, hint)
            found = found[name]
        return found

    def _import(self, argument: Any, pointer: str) -> Any:
        return self._names.imported(self.text(argument, pointer, "Fn::ImportValue names an export"), pointer)

    def _base64(self, argument: Any, pointer: str) -> str:
        return base64.b64encode(self.text(argument, pointer, "Fn::Base64 takes a text").encode()).decode()

    def _zones(self, argument: Any, pointer: str) -> list[str]:
        region = self.text(argument, pointer, "Fn::GetAZs takes a region") or self._names.region
        return [region + zone for zone in ZONES]

    def _cidr(self, argument: Any, pointer: str) -> list[str]:
        wrong = "Fn::Cidr takes [address block, count, number of bits of each]"
        given = [self.text(each, pointer, wrong) for each in argument] if isinstance(argument, list) else []
        try:
            block, count, bits = ipaddress.ip_network(given[0]), int(given[1]), int(given[2]) if given[2:] else 8
            blocks = block.subnets(new_prefix=block.max_prefixlen - bits)
            return [str(next(blocks)) for _ in range(count)]
        except (ValueError, IndexError, StopIteration):
            raise self._document.error(wrong, pointer) from None

    def _length(self, argument: Any, pointer: str) -> int:
        found = self.of(argument, pointer)
        if not isinstance(found, list):
            raise self._document.error("Fn::Length takes a list", pointer)
        return len(found)

    def _to_json(self, argument: Any, pointer: str) -> str:
        return json.dumps(self.of(argument, pointer), separators=(",", ":"))

    def _transform(self, argument: Any, pointer: str) -> Any:
        """The file that the macro ``AWS::Include`` names, in its place; others are CloudFormation's to run."""
        given = argument if isinstance(argument, dict) else {}
        if given.get("Name") != "AWS::Include":
            raise NotEmulatedError(f"Fn::Transform with {given.get('Name', 'no name')} is not evaluated here")
        below = join(join(pointer, "Parameters"), "Location")
        location = self.text((given.get("Parameters") or {}).get("Location"), below, "Location is the name of a file")
        if location.startswith("s3://"):
            raise NotEmulatedError(f"{location} is not read; name a file beside the template")
        path = self._document.path.parent / location
        if not path.is_file():
            raise self._document.no_file(location, below)
        return self.of(read_object(path, location).value, pointer)

    # Conditions

    def _equals(self, argument: Any, pointer: str) -> bool:
        left, right = self._list(argument, pointer, 2, EQUALS)
        return self.text(left, join(pointer, 0), EQUALS) == self.text(right, join(pointer, 1), EQUALS)

    def _all(self, argument: Any, pointer: str, least: int = 2, most: int = 10) -> list[bool]:
        if not isinstance(argument, list) or not least <= len(argument) <= most:
            name, count = pointer.rpartition("/")[2], f"{least} to {most} conditions" if most > 1 else "one condition"
            raise self._document.error(f"{name} takes a list of {count}", pointer)
        return [self.holds(each, join(pointer, at)) for at, each in enumerate(argument)]


def _is_function(value: Mapping[str, Any]) -> bool:
    name = next(iter(value), "")
    return len(value) == 1 and (name == "Ref" or name.startswith("Fn::"))


Evaluate = Callable[[Values, Any, str], Any]

VALUES: Final[Mapping[str, Evaluate]] = {
    "Ref": Values._ref,
    "Fn::GetAtt": Values._get_att,
    "Fn::Sub": Values._sub,
    "Fn::Join": Values._join,
    "Fn::Split": Values._split,
    "Fn::Select": Values._select,
    "Fn::If": Values._if,
    "Fn::FindInMap": Values._find_in_map,
    "Fn::ImportValue": Values._import,
    "Fn::Base64": Values._base64,
    "Fn::GetAZs": Values._zones,
    "Fn::Cidr": Values._cidr,
    "Fn::Length": Values._length,
    "Fn::ToJsonString": Values._to_json,
    "Fn::Transform": Values._transform,
}
CONDITIONS: Final[Mapping[str, Callable[[Values, Any, str], bool]]] = {
    "Fn::Equals": Values._equals,
    "Fn::And": lambda values, argument, pointer: all(values._all(argument, pointer)),
    "Fn::Or": lambda values, argument, pointer: any(values._all(argument, pointer)),
    "Fn::Not": lambda values, argument, pointer: not values._all(argument, pointer, 1, 1)[0],
}
