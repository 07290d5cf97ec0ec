"""The formats of applications: each is read as templates of CloudFormation, with the places of their parts.

What a file is shows its content: a template of CloudFormation or SAM has ``Resources``, a ``serverless.yml`` has
``service`` and ``provider``, what ``terraform show -json`` prints has ``format_version``, the CDK's ``manifest.json``
has ``artifacts``. Of a folder the file is taken that such a folder has.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean, join
from emulator.errors import EmulatorError
from emulator.templates.document import Document, check_template, read_object


class Loaded(NamedTuple):
    """The stacks of an application, those first that others need, and the parameters that are for their templates."""

    documents: list[Document]
    parameters: Mapping[str, Any]

    def parameters_of(self, document: Document) -> dict[str, Any]:
        """The parameters that are for one stack: of those that any stack declares, its own ones."""
        declared = {name for each in self.documents for name in each.value.get("Parameters") or {}}
        own = document.value.get("Parameters") or {}
        return {name: value for name, value in self.parameters.items() if name in own or name not in declared}


FACTS: Final[Mapping[str, str]] = {"region": "us-east-1", "accountId": "123456789012"}
"""The region and the account that an application is for, where no emulator says so."""
FILES: Final = (
    "manifest.json",
    "cdk.out/manifest.json",
    "template.yaml",
    "template.yml",
    "template.json",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "plan.json",
)
"""What is looked for in a folder, in this order."""
SOURCES: Final[Mapping[str, str]] = {
    "cdk.json": "write what the CDK makes of it, and name that folder: cdk synth, then cdk.out",
    "serverless.ts": "print it, and name the file: serverless print --format json > serverless.json",
    "serverless.js": "print it, and name the file: serverless print --format json > serverless.json",
}
"""Files of programs that make an application, and what to do: no code of an application runs when it is loaded."""
PROGRAM: Final = (
    "name what it makes: cdk.out of cdk synth, or the file of: serverless print --format json > serverless.json"
)
PROGRAMS: Final = (".cjs", ".cs", ".go", ".java", ".js", ".mjs", ".py", ".rb", ".ts")
"""Endings of programs."""
FOREIGN: Final = (*PROGRAMS, ".tf", ".tfstate", ".tfvars", ".toml")
"""Endings of files that are no definition, and that say what to name in their place."""
TOMLS: Final[Mapping[str, str]] = {
    "samconfig.toml": "name the template of which it has the options: template.yaml",
    "serverless.toml": SOURCES["serverless.ts"],
}
TERRAFORM: Final = "name its plan as JSON: terraform plan -out=plan.bin; terraform show -json plan.bin > plan.json"


def load(path: Path, source: str, parameters: Mapping[str, Any], facts: Mapping[str, str] = FACTS) -> Loaded:
    """The application in a file or folder; ``source`` names it in messages, ``facts`` are the emulator's.

    Raises ``TemplateError`` with the place of what is wrong, ``EmulatorError`` for a file that is not there, or that
    is none of these formats.
    """
    path, source = _file_of(path, source)
    document = read_object(path, source, yaml="1.2" if path.stem == "serverless" else "1.1")
    found = next((each for each in FORMATS if all(key in document.value for key in each.keys)), None)
    if found is not None:
        return _read(found, document, parameters, facts)
    keys = [key for each in FORMATS for key in each.keys]
    part = next((each for each in FORMATS if set(each.keys) & set(document.value) - {"version"}), None)
    others = (key for key in document.value if key not in keys)
    near, at = next(((hint, str(key)) for key in others if (hint := did_you_mean(str(key), keys))), (None, ""))
    if near is None and part is not None:
        near = f"{part.described}: it has no {', '.join(key for key in part.keys if key not in document.value)}"
    if near is None and "Resources" not in document.value:
        near = "; ".join(each.described for each in FORMATS)
    if near is not None and "Resources" not in document.value:
        pointer = join("", at) if at else ""
        raise document.error("it is no application: a template has Resources, an object", pointer, near)
    check_template(document)
    return Loaded([document], parameters)


def _read(form: "Format", document: Document, parameters: Mapping[str, Any], facts: Mapping[str, str]) -> Loaded:
    """The application in a file of this format.

    A part of another kind than the format has, such as a text in place of an object, is told as a wrong file.
    """
    try:
        return form.read(document, parameters, facts)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        message = f"a part of it is not as {form.described.partition(' has ')[0]} has it"
        raise document.error(f"{message}: {type(error).__name__}: {error}", "") from error


def application_in(folder: Path) -> str | None:
    """The name of the file in a folder that describes an application, if it has one."""
    return next((each for each in FILES if (folder / each).is_file()), None)


def _file_of(path: Path, source: str) -> tuple[Path, str]:
    if path.is_dir():
        name = application_in(path)
        if name is None:
            raise EmulatorError(_nothing_in(path, source))
        path, source = path / name, f"{source.rstrip('/')}/{name}"
    if not path.exists() and "cdk.out" in path.parts:
        raise EmulatorError(f"there is no {source}\n    fix: {SOURCES['cdk.json']}")
    if path.name in SOURCES or path.suffix in PROGRAMS:
        fix = SOURCES.get(path.name, PROGRAM)
        what = "names a program" if path.suffix == ".json" else "is a program"
        raise EmulatorError(f"{source} {what}, which is not run here\n    fix: {fix}")
    if path.suffix == ".toml":
        raise EmulatorError(f"{source} is no application that is read here\n    fix: {TOMLS.get(path.name, PROGRAM)}")
    if path.suffix in (".tf", ".tfvars") or path.name.endswith(".tf.json"):
        raise EmulatorError(f"{source} is Terraform's own language\n    fix: {TERRAFORM}")
    if ".tfstate" in path.suffixes:
        raise EmulatorError(
            f"{source} is a state in Terraform's own form\n    fix: name it as JSON: terraform show -json > state.json"
        )
    if path.is_file() and path.read_bytes().startswith(b"PK"):
        raise EmulatorError(f"{source} is a packed file, such as a plan of Terraform\n    fix: {TERRAFORM}")
    return path, source


def _nothing_in(folder: Path, source: str) -> str:
    fix = source_of(folder)
    if fix is None:
        named = [each.name for each in sorted(folder.iterdir()) if _looks_like_template(each)]
        fix = f"name the file of the application{', such as ' + named[0] if named else ''}"
    return f"the folder {source} has no {', '.join(FILES)}\n    fix: {fix}"


def source_of(folder: Path) -> str | None:
    """What to do with a folder that has the source of an application, which makes what is read here."""
    fix = next((fix for name, fix in SOURCES.items() if (folder / name).is_file()), None)
    if fix is None and any(folder.glob("*.tf")):
        return TERRAFORM
    if fix is None and (folder.name == "cdk.out" or (folder / "cdk.out").is_dir()):
        return SOURCES["cdk.json"]
    return fix


def _looks_like_template(path: Path) -> bool:
    """Whether a file is a template of another name: one with resources of CloudFormation."""
    if path.suffix not in (".json", ".template", ".yaml", ".yml") or not path.is_file():
        return False
    text = path.read_bytes()
    return b'"Resources"' in text or re.search(rb"^Resources:", text, re.MULTILINE) is not None


# Formats -------------------------------------------------------------------------------------------------------------


def _template(document: Document, parameters: Mapping[str, Any], facts: Mapping[str, str]) -> Loaded:
    check_template(document)
    if (document.path.parent / "manifest.json").is_file():
        from emulator.templates.cdk import with_assets

        document = with_assets(document)
    return Loaded([document], parameters)


def _cdk(document: Document, parameters: Mapping[str, Any], facts: Mapping[str, str]) -> Loaded:
    from emulator.templates.cdk import read_stacks

    return Loaded(read_stacks(document), parameters)


def _serverless(document: Document, parameters: Mapping[str, Any], facts: Mapping[str, str]) -> Loaded:
    from emulator.templates.serverless import read_service

    document = read_object(document.path, document.source, yaml="1.2")
    return Loaded([read_service(document, parameters, facts)], {})


def _terraform(document: Document, parameters: Mapping[str, Any], facts: Mapping[str, str]) -> Loaded:
    from emulator.templates.terraform import read_plan

    return Loaded([read_plan(document, parameters, facts)], {})


class Format(NamedTuple):
    """The members that a file of this format has, what it is, and what reads it."""

    keys: tuple[str, ...]
    described: str
    read: Callable[[Document, Mapping[str, Any], Mapping[str, str]], Loaded]


FORMATS: Final = (
    Format(("Resources",), "a template of CloudFormation or SAM has Resources", _template),
    Format(("artifacts", "version"), "the CDK's manifest.json has artifacts and version", _cdk),
    Format(("service", "provider"), "a serverless.yml has service and provider", _serverless),
    Format(("format_version", "planned_values"), "a plan of Terraform has format_version, planned_values", _terraform),
    Format(("format_version", "values"), "a state of Terraform has format_version and values", _terraform),
)
