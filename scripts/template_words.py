"""The words of templates as AWS publishes them, for ``emulator/templates/words.json``.

``python -m scripts.template_words SCHEMAS SAM`` prints the file. ``SCHEMAS`` is the folder ``cfnlint/data/schemas`` of
a release of cfn-lint, which has CloudFormation's own schemas of resource types. ``SAM`` is the folder ``samtranslator``
of a release of SAM's translator, whose classes say which properties its types and events have::

    pip download --no-deps cfn-lint aws-sam-translator
    unzip -q cfn_lint-*.whl 'cfnlint/data/schemas/*' && unzip -q aws_sam_translator-*.whl 'samtranslator/*'
    python -m scripts.template_words cfnlint/data/schemas samtranslator > emulator/templates/words.json
"""

import ast
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
EVENTS = {
    "AWS::Serverless::Function": ("eventsources/pull", "eventsources/push", "eventsources/cloudwatchlogs"),
    "AWS::Serverless::StateMachine": ("stepfunctions/events",),
}
"""SAM's types with events -> the modules of its translator that have their classes."""
SCHEDULER = "eventsources/scheduler"
"""The module of the event that both have."""
MAPPING = "AWS::Lambda::EventSourceMapping"
PASSED_ON = {
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
}
"""SAM's types -> the type that gets their properties of the same name."""
RUNTIMES = ("Runtime", "CompatibleRuntimes")
"""Properties whose words are not printed: botocore's list of runtimes is held against them, as it is newer."""
LACKING = {"AWS::DynamoDB::Table": {"GlobalSecondaryIndexes/KeySchema/KeyType": ["HASH", "RANGE"]}}
"""Values that cfn-lint's schema does not have, since it describes one form of the property only."""


def words(schemas: Path, sam: Path) -> dict[str, Any]:
    """The names of types; the properties of those that are made here, and their values; SAM's own words."""
    files = {**_read(schemas / "providers/us-east-1.json"), **_read(schemas / "providers/sam.json")}
    wanted = sorted(each for each in files if each in MAKERS or each.startswith("AWS::Serverless::"))
    read = {each: _read(schemas / f"resources/{files[each]}.json") for each in wanted}
    sections = _read(schemas / "other/sam/globals.json")
    properties = {type_: _tree(schema, schema, ()) for type_, schema in read.items()}
    for type_, names in _classes(sam / "model/sam_resources.py").items():
        if type_ in properties:
            known = properties[type_] or {}
            own = sorted(name for name in names if not name.startswith("__"))
            properties[type_] = {name: known.get(name, 0) for name in own}
    return {
        "date": _read(schemas / "version.json")["schema_date"][:10],
        "types": _grouped(files),
        "properties": properties,
        "values": {type_: found for type_ in wanted if (found := _values(type_, read))},
        "events": {type_: _events(read[type_], sam, files, properties[MAPPING]) for type_, files in EVENTS.items()},
        "globals": {name: sorted({*each["properties"], *GLOBALS.get(name, ())}) for name, each in _sections(sections)},
        "policies": {
            name: sorted(each["Parameters"])
            for name, each in _read(sam / "policy_templates_data/policy_templates.json")["Templates"].items()
        },
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


def _events(schema: Any, sam: Path, modules: tuple[str, ...], mapping: Any) -> dict[str, Any]:
    """Type of an event -> the tree of its properties.

    The names are those of the translator's classes, which have the inherited ones that no schema shows. What it passes
    on to the mapping of a queue or stream has that property's members.
    """
    known: dict[str, Any] = {}
    for form in schema["properties"]["Events"]["additionalProperties"]["anyOf"]:
        event = _resolved(schema, form)["properties"]
        for name in event["Type"].get("enum", ()):
            known[name] = _tree(schema, event.get("Properties", {}), ())
    found = {}
    for module in (*modules, SCHEDULER):
        for name, names in _classes(sam / f"model/{module}.py").items():
            passed = mapping if module == "eventsources/pull" else {}
            tree = known.get(name) or {}
            found[name] = {each: tree.get(each) or passed.get(each, 0) for each in sorted({*names, *tree})}
    return dict(sorted(found.items()))


def _classes(file: Path) -> dict[str, set[str]]:
    """Type of a resource or an event, as the translator's classes in ``file`` name it -> all its properties."""
    types: dict[str, str] = {}
    own: dict[str, set[str]] = {}
    for each in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(each, ast.ClassDef):
            continue
        names = {name for base in each.bases for name in own.get(ast.unparse(base), ())}
        for statement in each.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
            value = getattr(statement, "value", None)
            if ast.unparse(target or each) == "property_types" and isinstance(value, ast.Dict):
                names = {str(key.value) for key in value.keys if isinstance(key, ast.Constant)}
                shared = (ast.unparse(part) for key, part in zip(value.keys, value.values, strict=True) if key is None)
                names |= {name for part in shared for name in own[part.partition(".")[0]]}
            elif ast.unparse(target or each) == "resource_type" and isinstance(value, ast.Constant):
                types[each.name] = str(value.value)
        own[each.name] = names
    return {type_: own[name] for name, type_ in types.items() if type_ != "None"}


def _values(type_: str, schemas: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Path of a property, such as ``KeySchema/KeyType`` -> all that it may be. The items of lists have no part."""
    found: dict[str, list[Any]] = {}
    _collect_values(schemas[type_], schemas[type_], (), (), found)
    passed = _values(PASSED_ON[type_], schemas) if type_ in PASSED_ON else {}
    passed = {path: each for path, each in passed.items() if path.partition("/")[0] in schemas[type_]["properties"]}
    found = {**LACKING.get(type_, {}), **passed, **found}
    return {path: found[path] for path in sorted(found) if path not in RUNTIMES}


def _collect_values(
    root: Any, schema: Any, path: tuple[str, ...], above: tuple[int, ...], found: dict[str, list[Any]]
) -> None:
    schema = _resolved(root, schema)
    if not isinstance(schema, Mapping) or id(schema) in above:
        return
    if "enum" in schema:
        listed = found.setdefault("/".join(path), [])
        listed += [each for each in schema["enum"] if each not in listed]
    below = (*above, id(schema))
    for name, each in (schema.get("properties") or {}).items():
        if not path and f"/properties/{name}" in schema.get("readOnlyProperties", ()):
            continue
        _collect_values(root, each, (*path, name), below, found)
    for each in (schema.get("items"), *(form for key in ("anyOf", "oneOf", "allOf") for form in schema.get(key, ()))):
        _collect_values(root, each, path, below, found)


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
    print(_printed(words(Path(sys.argv[1]), Path(sys.argv[2]))))
