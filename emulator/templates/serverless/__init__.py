"""``serverless.yml`` with serverless-step-functions, read as the template that Serverless makes of it.

Variables are resolved (``variables``). Functions, layers and their events become resources (``functions``, ``apis``),
and so do state machines, activities and theirs (``machines``), under the logical ids and names of Serverless.
``resources`` is a template of CloudFormation already. No JavaScript runs: neither a plugin nor a file of the service.
(Serverless Framework 3 and serverless-step-functions 3, from their sources.)
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from asl.problems import did_you_mean, join
from emulator.templates.document import Document
from emulator.templates.references import PSEUDO as PSEUDO_PARAMETERS
from emulator.templates.references import references
from emulator.templates.serverless.built import Built
from emulator.templates.serverless.functions import add_functions
from emulator.templates.serverless.kinds import check_kinds
from emulator.templates.serverless.machines import PSEUDO, add_machines
from emulator.templates.serverless.service import BUILDERS, Service
from emulator.templates.serverless.variables import Placed, Variables
from emulator.templates.serverless.words import check_words

MEMBERS: Final = """
    app build configValidationMode console custom dashboard deprecationNotificationMode disabledDeprecations
    enableLocalInstallationFallback frameworkVersion functions layers licenseKey org outputs package params plugins
    projectDir provider resources service stages stepFunctions useDotenv variablesResolutionMode
"""
READ: Final = frozenset({"serverless-step-functions", "serverless-pseudo-parameters", *BUILDERS})
"""Plugins whose work is done here."""
LISTS: Final = ("/functions", "/stepFunctions/stateMachines", "/resources")
"""Parts that may be lists of objects, which are merged."""


def read_service(document: Document, options: Mapping[str, Any], facts: Mapping[str, str]) -> Document:
    """The template of a service. ``options`` are those of Serverless' command line, such as ``stage``.

    A value of any variable may be given too: ``{"ssm:/shop/key": "x"}``. ``facts``: the emulator's region and account.
    Raises ``TemplateError`` with the place of a variable without a value, an option that nothing asks for, and a part
    that Serverless would refuse.
    """
    for member in document.value:
        if member not in MEMBERS.split() and (near := did_you_mean(str(member), MEMBERS.split())) is not None:
            raise document.error(f"a service has no {member}", join("", member), near)
    variables = Variables(_with_defaults(document, options, facts), options, facts)
    stage = variables.stage()
    resolved = _merged(variables.resolve())
    value = resolved.value
    check_kinds(resolved)
    variables.asked |= {"stage", "region", "aws-profile"}
    for option in options:
        if option not in variables.asked:
            hint = did_you_mean(option, variables.asked) or f"it asks for {', '.join(sorted(variables.asked))}"
            raise document.error(f"the service has no option {option!r}", "", hint)
    name = value["service"].get("name") if isinstance(value["service"], Mapping) else value["service"]
    plugins = value.get("plugins") or []
    plugins = plugins.get("modules") or [] if isinstance(plugins, Mapping) else plugins
    builds = next((BUILDERS[each] for each in plugins if each in BUILDERS), "")
    service = Service(value, resolved.marks, document.path.parent, str(name), stage, builds)
    if service.provider.get("name") != "aws":
        raise service.error(f"the provider is {service.provider.get('name')}; aws is read here", "/provider")
    check_words(service)
    built = Built(resolved.marks)
    built.resource("IamRoleLambdaExecution", "AWS::IAM::Role", {}, "/provider")
    add_functions(service, built)
    _add_resources(service, built)
    add_machines(service, built)
    others = [str(each) for each in plugins if each not in READ]
    for each in others:
        built.leave("Serverless plugin", each)
    if others:
        _add_what_plugins_make(built)
    return Document(
        document.path,
        document.source,
        built.value,
        built.places,
        sources=built.sources,
        other_names=built.other_names,
        stack_name=str(service.provider.get("stackName") or f"{name}-{stage}"),
        not_read=built.not_read,
    )


def _with_defaults(document: Document, options: Mapping[str, Any], facts: Mapping[str, str]) -> Document:
    """The document with what Serverless gives a provider: a text is its name, the stage is ``dev``.

    The region is the emulator's, unless an option names one. (Serverless, ``lib/classes/service.js``.)
    """
    provider = document.value.get("provider")
    if isinstance(provider, str) and "${" not in provider:
        provider = {"name": provider}
    if not isinstance(provider, Mapping):
        return document
    syntax = provider.get("variableSyntax")
    if isinstance(syntax, str) and not _is_usual(syntax):
        pointer = "/provider/variableSyntax"
        raise document.error("variables are read as ${...} alone", pointer, "write them so, without variableSyntax")
    found = {**provider, "stage": provider.get("stage") or "dev"}
    if region := options.get("region") or facts.get("region"):
        found["region"] = region
    return document._replace(value={**document.value, "provider": found})


def _is_usual(syntax: str) -> bool:
    """Whether a syntax of variables, a regular expression, is that of ``${self:service}``."""
    try:
        return re.search(syntax, "${self:service}") is not None
    except re.error:
        return False


def _merged(resolved: Placed) -> Placed:
    """The value with lists of objects as one object each."""
    value, marks = dict(resolved.value), dict(resolved.marks)
    for pointer in LISTS:
        parent = value
        *above, last = pointer.split("/")[1:]
        for part in above:
            parent = parent.get(part) or {}
        if isinstance(parent.get(last), list):
            merged: dict[str, Any] = {}
            for number, each in enumerate(parent[last]):
                _merge(merged, each or {})
                prefix = join(pointer, number)
                moved = {key: mark for key, mark in marks.items() if key.startswith(f"{prefix}/")}
                marks |= {f"{pointer}{key.removeprefix(prefix)}": mark for key, mark in moved.items()}
            parent[last] = merged
    return Placed(value, marks)


def _merge(into: dict[str, Any], value: Mapping[str, Any]) -> None:
    for name, each in value.items():
        if isinstance(each, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], each)
        else:
            into[name] = dict(each) if isinstance(each, Mapping) else each


def _add_resources(service: Service, built: Built) -> None:
    """The service's own template: its resources may change those that are made of its functions."""
    written = service.value.get("resources") or {}
    for part in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs"):
        if not written.get(part):
            continue
        known = built.value.setdefault(part, {})
        for name, value in written[part].items():
            pointer = join(join("", part), name)
            _merge(known, {name: _substituted(value)})
            built.copy(pointer, f"/resources{pointer}")
    for name, value in (written.get("extensions") or {}).items():
        if name not in built.value["Resources"]:
            at = join("/resources/extensions", name)
            raise service.error(f"there is no resource {name}", at, did_you_mean(name, built.value["Resources"]))
        _merge(built.value["Resources"][name], _substituted(value))


def _add_what_plugins_make(built: Built) -> None:
    """Resources that the service refers to and nothing here makes: a plugin would, so their names exist."""
    known = {*built.value["Resources"], *(built.value.get("Parameters") or {}), *PSEUDO_PARAMETERS}
    value = {part: built.value[part] for part in ("Resources", "Outputs")}
    for needed in list(references(value, "")):
        if needed.name not in known:
            known.add(needed.name)
            built.resource(needed.name, "Serverless::Plugin::Resource", {}, "/plugins")


def _substituted(value: Any, *, is_text_of_sub: bool = False) -> Any:
    """``#{AWS::Region}`` of the plugin serverless-pseudo-parameters as a function, or as ``${AWS::Region}`` in one."""
    if isinstance(value, Mapping):
        return {name: _substituted(each, is_text_of_sub=name == "Fn::Sub") for name, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each, is_text_of_sub=is_text_of_sub and at == 0) for at, each in enumerate(value)]
    if isinstance(value, str) and PSEUDO.search(value):
        text = PSEUDO.sub(r"${\1}", value)
        return text if is_text_of_sub else {"Fn::Sub": text}
    return value
