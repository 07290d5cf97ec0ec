"""Terraform's functions that have the same value before apply and after it. (Documentation of Terraform, functions.)"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from emulator.templates.terraform.hcl import HclError, text_of


def _encoded(value: Any) -> str:
    def plain(each: Any) -> Any:
        raise HclError("a resource stands in a text")

    return json.dumps(value, default=plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _format(text: str, *arguments: Any) -> str:
    given = list(arguments)
    out, at = "", 0
    while at < len(text):
        if text[at] == "%" and at + 1 < len(text):
            kind = text[at + 1]
            at += 2
            if kind == "%":
                out += "%"
            elif kind in "svdqt":
                value = given.pop(0)
                out += _encoded(value) if kind == "q" or isinstance(value, list | dict) else text_of(value)
            else:
                raise HclError(f"%{kind} is not formatted")
        else:
            out += text[at]
            at += 1
    return out


def _merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in values:
        found |= each or {}
    return found


def _lookup(values: Mapping[str, Any], key: str, *default: Any) -> Any:
    if key not in values and not default:
        raise HclError(f"there is no {key}")
    return values.get(key, *default)


def _coalesce(*values: Any) -> Any:
    return next((each for each in values if each not in (None, "")), None)


def _flat(values: list[Any]) -> list[Any]:
    return [inner for each in values for inner in (_flat(each) if isinstance(each, list) else [each])]


def _replaced(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        return re.sub(old[1:-1], re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", new), text)
    return text.replace(old, new)


def _formatted_list(text: str, *arguments: Any) -> list[str]:
    length = max((len(each) for each in arguments if isinstance(each, list)), default=1)
    rows = zip(*(each if isinstance(each, list) else [each] * length for each in arguments), strict=True)
    return [_format(text, *row) for row in rows]


def _indented(spaces: int, text: str) -> str:
    return text.replace("\n", "\n" + " " * int(spaces))


def _digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _yaml(text: str) -> Any:
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        return read_yaml(text).value
    except YamlError as error:
        raise HclError(str(error)) from None


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": abs,
    "abspath": lambda path: path,
    "alltrue": all,
    "anytrue": any,
    "base64decode": lambda text: base64.b64decode(text).decode(),
    "base64encode": lambda text: base64.b64encode(text.encode()).decode(),
    "basename": lambda path: Path(path).name,
    "ceil": math.ceil,
    "chomp": lambda text: text.rstrip("\r\n"),
    "coalesce": _coalesce,
    "coalescelist": lambda *values: next(each for each in values if each),
    "compact": lambda values: [each for each in values if each],
    "concat": lambda *values: [each for value in values for each in value],
    "contains": lambda values, item: item in values,
    "dirname": lambda path: Path(path).parent.as_posix(),
    "distinct": lambda values: list(dict.fromkeys(values)),
    "element": lambda values, at: values[int(at) % len(values)],
    "endswith": str.endswith,
    "flatten": _flat,
    "floor": math.floor,
    "format": _format,
    "formatlist": _formatted_list,
    "indent": _indented,
    "index": lambda values, item: values.index(item),
    "join": lambda separator, *lists: separator.join(text_of(item) for each in lists for item in each),
    "jsondecode": json.loads,
    "jsonencode": _encoded,
    "keys": lambda values: sorted(values),
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "max": max,
    "md5": _digest("md5"),
    "merge": _merged,
    "min": min,
    "nonsensitive": lambda value: value,
    "one": lambda values: values[0] if values else None,
    "range": lambda *bounds: list(range(*map(int, bounds))),
    "replace": _replaced,
    "reverse": lambda values: values[::-1],
    "sensitive": lambda value: value,
    "setunion": lambda *values: list(dict.fromkeys(item for value in values for item in value)),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "slice": lambda values, begin, end: values[int(begin) : int(end)],
    "sort": sorted,
    "split": lambda separator, text: text.split(separator),
    "startswith": str.startswith,
    "substr": lambda text, at, length: text[int(at) :] if length < 0 else text[int(at) : int(at) + int(length)],
    "title": str.title,
    "tobool": lambda value: {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value,
    "tolist": list,
    "tomap": dict,
    "tonumber": lambda value: float(value) if "." in str(value) else int(value),
    "toset": lambda values: list(dict.fromkeys(values)),
    "tostring": text_of,
    "trim": lambda text, characters: text.strip(characters),
    "trimprefix": lambda text, prefix: text.removeprefix(prefix),
    "trimspace": str.strip,
    "trimsuffix": lambda text, suffix: text.removesuffix(suffix),
    "upper": str.upper,
    "values": lambda values: [values[key] for key in sorted(values)],
    "yamldecode": _yaml,
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=False)),
}
"""Terraform's functions that have the same value before apply and after it."""
