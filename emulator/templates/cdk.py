"""What the CDK writes into ``cdk.out``: the templates of an application's stacks, and their assets.

``manifest.json`` names the stacks, in which order they need each other, and the files that list assets: under which
key of the CDK's bucket a file or a folder is uploaded. A stack may name an account and a region; here they are those of
the emulator, in all texts of its template. Resources have their paths in the tree of constructs as other names.
(Format of the cloud assembly: aws-cdk, ``cloud-assembly-schema``.)
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asl.problems import join
from emulator.templates.document import Document, check_template, read_object

STACK: Final = "aws:cloudformation:stack"
ASSETS: Final = "cdk:asset-manifest"
STAGE: Final = "cdk:cloud-assembly"
"""A folder of its own, with a manifest, within the assembly."""
BOOTSTRAP: Final = "/cdk-bootstrap/"
"""Prefix of a parameter of Systems Manager with the version of what ``cdk bootstrap`` made."""
BOOTSTRAP_VERSION: Final = "21"
"""A version that the rules of a template take: they ask for at least 6."""
LOGICAL_ID: Final = "aws:cdk:logicalId"
DEFAULT: Final = ("Resource", "Default")
"""Last parts of a path that the CDK leaves out of a name."""


def read_stacks(manifest: Document) -> list[Document]:
    """The stacks of a cloud assembly, those first that others depend on; those of its stages too.

    Raises ``TemplateError`` for a manifest without stacks, and for files that are missing or no templates.
    """
    found = list(_stacks(manifest))
    if not found:
        raise manifest.error("the manifest names no stack", "/artifacts", "write it again: cdk synth")
    return found


def with_assets(template: Document) -> Document:
    """One template of a folder ``cdk.out``, with the assets that are listed there."""
    lists = sorted(template.path.parent.glob("*.assets.json"))
    assets = {key: file for each in lists for key, file in _assets(each)}
    return _stack(template, assets, {}, template.path.name.partition(".")[0], None)


def _stacks(manifest: Document) -> Iterator[Document]:
    folder = manifest.path.parent
    artifacts = manifest.value["artifacts"]
    if not isinstance(artifacts, dict):
        raise manifest.error("artifacts is an object", "/artifacts")
    lists = [_file(manifest, name, "file") for name, each in artifacts.items() if each.get("type") == ASSETS]
    assets = {key: file for each in lists for key, file in _assets(folder / each)}
    for name in _in_order(artifacts):
        artifact, pointer = artifacts[name], join("/artifacts", name)
        if artifact.get("type") == STAGE:
            inner = Path(_file(manifest, name, "directoryName")) / "manifest.json"
            yield from _stacks(_read(manifest, str(inner), pointer))
        elif artifact.get("type") == STACK:
            template = _read(manifest, _file(manifest, name, "templateFile"), pointer)
            check_template(template)
            metadata = artifact.get("metadata") or {}
            if "additionalMetadataFile" in artifact:
                metadata = {**metadata, **_read(manifest, artifact["additionalMetadataFile"], pointer).value}
            properties = artifact.get("properties") or {}
            stack_name = properties.get("stackName") or name
            document = _stack(template, assets, metadata, stack_name, artifact.get("environment"))
            yield _with_values(document, properties.get("parameters") or {})


def _in_order(artifacts: Mapping[str, Any]) -> list[str]:
    """The names of artifacts, each after those that it depends on."""
    ordered: dict[str, None] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in ordered or name in above or name not in artifacts:
            return
        for other in artifacts[name].get("dependencies") or ():
            add(other, (*above, name))
        ordered[name] = None

    for name in artifacts:
        add(name, ())
    return list(ordered)


def _file(manifest: Document, artifact: str, member: str) -> str:
    properties = manifest.value["artifacts"][artifact].get("properties") or {}
    if not isinstance(properties.get(member), str):
        pointer = join(join("/artifacts", artifact), "properties")
        raise manifest.error(f"{artifact} names no file: it has no {member}", pointer)
    return str(properties[member])


def _read(manifest: Document, name: str, pointer: str) -> Document:
    path = manifest.path.parent / name
    if not path.is_file():
        raise manifest.error(f"there is no file {name} beside the manifest", pointer, "write it again: cdk synth")
    return read_object(path, f"{manifest.source.removesuffix(manifest.path.name)}{name}")


def _assets(file: Path) -> Iterator[tuple[str, Path]]:
    """The assets of one list: key of the object, and the file or folder."""
    if not file.is_file():
        return
    for each in (json.loads(file.read_text(encoding="utf-8")).get("files") or {}).values():
        path = (each.get("source") or {}).get("path")
        if isinstance(path, str):
            for destination in (each.get("destinations") or {}).values():
                yield destination["objectKey"].rpartition("/")[2], file.parent / path


def _stack(
    template: Document,
    assets: Mapping[str, Path],
    metadata: Mapping[str, Any],
    stack_name: str | None,
    environment: str | None,
) -> Document:
    value = dict(template.value)
    parameters = value.get("Parameters") or {}
    value["Parameters"] = {
        name: each for name, each in parameters.items() if not str(each.get("Default", "")).startswith(BOOTSTRAP)
    }
    value.pop("Rules", None)
    for literal, pseudo in _environment(environment):
        value |= {part: _moved(value[part], literal, pseudo) for part in ("Resources", "Outputs") if part in value}
    assets = {**assets, **dict(_named_in_metadata(template))}
    names = _names(template, metadata)
    return template._replace(value=value, assets=assets, other_names=names, stack_name=stack_name)


def _with_values(document: Document, values: Mapping[str, Any]) -> Document:
    """The document with the values that the CDK gives its parameters as their defaults."""
    declared = document.value["Parameters"]
    given = {name: {**each, "Default": values[name]} for name, each in declared.items() if name in values}
    document.value["Parameters"] = {**declared, **given}
    return document


def _named_in_metadata(template: Document) -> Iterator[tuple[str, Path]]:
    """Code that only the metadata of its resource names: its key in the template, and where it lies."""
    for resource in template.value["Resources"].values():
        path = (resource.get("Metadata") or {}).get("aws:asset:path")
        code = (resource.get("Properties") or {}).get((resource.get("Metadata") or {}).get("aws:asset:property", ""))
        key = (code.get("S3Key") or code.get("Key")) if isinstance(code, Mapping) else None
        if path and isinstance(key, str):
            yield key, template.path.parent / path


def _names(template: Document, metadata: Mapping[str, Any]) -> dict[str, str]:
    """The paths of resources in the tree of constructs, whole, without the stack, and their last parts.

    Those of resources in nested stacks are among them.
    """
    others = {name for part in ("Parameters", "Outputs", "Conditions") for name in template.value.get(part) or {}}
    paths: dict[str, str] = {}
    for path, entries in metadata.items():
        for each in entries if isinstance(entries, list) else ():
            if isinstance(each, Mapping) and each.get("type") == LOGICAL_ID:
                paths[path.lstrip("/")] = str(each.get("data"))
    for logical_id, resource in template.value["Resources"].items():
        written = (resource.get("Metadata") or {}).get("aws:cdk:path")
        if isinstance(written, str):
            paths[written] = logical_id
    found: dict[str, set[str]] = {}
    for path, logical_id in paths.items():
        parts = path.split("/")
        while len(parts) > 2 and parts[-1] in DEFAULT:
            parts.pop()
        if logical_id not in others:
            for name in ("/".join(parts), "/".join(parts[1:]), parts[-1]):
                found.setdefault(name, set()).add(logical_id)
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _environment(environment: str | None) -> list[tuple[re.Pattern[str], str]]:
    """What names the stack's own account and region in its texts, and the pseudo parameter in their place."""
    account, _, region = (environment or "").removeprefix("aws://").partition("/")
    known = [(account, "AWS::AccountId"), (region, "AWS::Region")]
    return [
        (re.compile(rf"(?<![\w-]){re.escape(text)}(?![\d-])"), pseudo)
        for text, pseudo in known
        if text and not text.startswith("unknown-")
    ]


def _moved(value: Any, literal: re.Pattern[str], pseudo: str) -> Any:
    """``value`` with ``pseudo`` in place of ``literal`` in its texts."""
    if isinstance(value, list):
        return [_moved(each, literal, pseudo) for each in value]
    if isinstance(value, dict):
        text = value.get("Fn::Sub")
        if isinstance(text, str):
            return {"Fn::Sub": literal.sub(f"${{{pseudo}}}", text)}
        if isinstance(text, list) and len(text) == 2 and isinstance(text[0], str):
            return {"Fn::Sub": [literal.sub(f"${{{pseudo}}}", text[0]), _moved(text[1], literal, pseudo)]}
        return {name: _moved(each, literal, pseudo) for name, each in value.items()}
    if not isinstance(value, str) or literal.search(value) is None:
        return value
    parts: list[Any] = []
    for at, text in enumerate(literal.split(value)):
        parts += [{"Ref": pseudo}, text] if at else [text]
    return {"Fn::Join": ["", parts]}
