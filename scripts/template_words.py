"""The words of templates as AWS publishes them, for ``emulator/templates/words.json``.

``python -m scripts.template_words SCHEMAS`` prints the file. ``SCHEMAS`` is the folder ``cfnlint/data/schemas`` of a
release of cfn-lint, which has CloudFormation's own schemas of resource types and those of SAM's translator::

    pip download --no-deps cfn-lint && unzip -q cfn_lint-*.whl 'cfnlint/data/schemas/*'
    python -m scripts.template_words cfnlint/data/schemas > emulator/templates/words.json
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.templates.resources import MAKERS

GLOBALS = {
    "Api": ["EndpointAccessMode"],
    "CapacityProvider": ["LoggingConfig", "ManagedResourceTags"],
    "Function": ["AutoPublishAliasAllProperties", "CodeSigningConfigArn", "FileSystemConfigs", "FunctionUrlConfig"],
    "WebSocketApi": ["FailOnWarnings"],
}
"""What SAM's translator 1.115.0 takes in ``Globals`` (plugins/globals) and cfn-lint's schema lacks."""
EVENTS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")


def words(schemas: Path) -> dict[str, Any]:
    """The names of types, the properties of those that are made here, and SAM's events and ``Globals``."""
    files = {**_read(schemas / "providers/us-east-1.json"), **_read(schemas / "providers/sam.json")}
    wanted = sorted(each for each in files if each in MAKERS or each.startswith("AWS::Serverless::"))
    read = {each: _read(schemas / f"resources/{files[each]}.json") for each in wanted}
    sections = _read(schemas / "other/sam/globals.json")
    return {
        "date": _read(schemas / "version.json")["schema_date"][:10],
        "types": _grouped(files),
        "properties": {type_: _tree(schema, schema, ()) for type_, schema in read.items()},
        "events": {type_: _events(read[type_]) for type_ in EVENTS},
        "globals": {name: sorted({*each["properties"], *GLOBALS.get(name, ())}) for name, each in _sections(sections)},
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _grouped(types: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in sorted(types):
        found.setdefault(each.rpartition("::")[0], []).append(each.rpartition("::")[2])
    return found


def _resolved(root: Any, schema: Any) -> Any:
    while isinstance(schema, Mapping) and "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def _tree(root: Any, schema: Any, above: tuple[int, ...]) -> Any:
    """Name of a member -> its own members; 0 where they may have any names, or where there are none."""
    members: dict[str, Any] = {}
    if not _collect(root, schema, above, members):
        return 0
    return dict(sorted(members.items())) or 0


def _collect(root: Any, schema: Any, above: tuple[int, ...], members: dict[str, Any]) -> bool:
    """Add the members of every form that a value may have; false if they may have any names."""
    schema = _resolved(root, schema)
    if not isinstance(schema, Mapping) or id(schema) in above:
        return False
    below = (*above, id(schema))
    if schema.get("patternProperties") or schema.get("additionalProperties") not in (None, False):
        return False
    forms = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ()) if _is_form(root, each)]
    if "items" in schema:
        forms.append(schema["items"])
    if "properties" not in schema and not forms and "object" in _types(schema):
        return False
    for name, each in (schema.get("properties") or {}).items():
        found = _tree(root, each, below)
        known = members.get(name)
        members[name] = {**known, **found} if isinstance(known, dict) and isinstance(found, dict) else found
    return all(_collect(root, each, below, members) for each in forms)


def _is_form(root: Any, schema: Any) -> bool:
    found = _resolved(root, schema)
    if not isinstance(found, Mapping) or found.get("format") == "json":  # a form of KeySchema that is not described
        return False
    return bool({"properties", "type", "items", "anyOf"} & found.keys())


def _types(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _events(schema: Any) -> dict[str, Any]:
    """Type of an event -> the tree of its properties."""
    found = {}
    for form in schema["properties"]["Events"]["additionalProperties"]["anyOf"]:
        event = _resolved(schema, form)["properties"]
        for name in event["Type"].get("enum", ()):
            found[name] = _tree(schema, event.get("Properties", {}), ())
    return dict(sorted(found.items()))


def _sections(schema: Any) -> Iterator[tuple[str, Any]]:
    for name, each in sorted(schema["properties"].items()):
        yield name, _resolved(schema, next(iter(each.get("anyOf", [each]))))


def _printed(found: Mapping[str, Any]) -> str:
    """JSON with a line for each type, section and event."""
    parts = []
    for name, each in found.items():
        if not isinstance(each, Mapping):
            parts.append(f"{json.dumps(name)}: {json.dumps(each)}")
            continue
        rows = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in each.items()
        )
        parts.append(f"{json.dumps(name)}: {{\n{rows}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}"


if __name__ == "__main__":
    print(_printed(words(Path(sys.argv[1]))))
