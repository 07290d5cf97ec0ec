"""Terraform's functions that have the same value before apply and after it. (Documentation of Terraform, functions.)"""

import base64
import json
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
        raise HclError("a regular expression is not replaced")
    return text.replace(old, new)


def _yaml(text: str) -> Any:
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        return read_yaml(text).value
    except YamlError as error:
        raise HclError(str(error)) from None


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "abspath": lambda path: path,
    "base64encode": lambda text: base64.b64encode(text.encode()).decode(),
    "basename": lambda path: Path(path).name,
    "coalesce": _coalesce,
    "compact": lambda values: [each for each in values if each],
    "concat": lambda *values: [each for value in values for each in value],
    "contains": lambda values, item: item in values,
    "dirname": lambda path: Path(path).parent.as_posix(),
    "distinct": lambda values: list(dict.fromkeys(values)),
    "element": lambda values, at: values[int(at) % len(values)],
    "flatten": _flat,
    "format": _format,
    "join": lambda separator, *lists: separator.join(text_of(item) for each in lists for item in each),
    "jsondecode": json.loads,
    "jsonencode": _encoded,
    "keys": lambda values: sorted(values),
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "max": max,
    "merge": _merged,
    "min": min,
    "nonsensitive": lambda value: value,
    "one": lambda values: values[0] if values else None,
    "range": lambda *bounds: list(range(*map(int, bounds))),
    "replace": _replaced,
    "reverse": lambda values: values[::-1],
    "sensitive": lambda value: value,
    "sort": sorted,
    "split": lambda separator, text: text.split(separator),
    "substr": lambda text, at, length: text[int(at) :] if length < 0 else text[int(at) : int(at) + int(length)],
    "title": str.title,
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
