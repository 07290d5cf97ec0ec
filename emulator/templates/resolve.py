"""Dynamic references: ``{{resolve:ssm:name:version}}``, ``ssm-secure``, and
``{{resolve:secretsmanager:secret:SecretString:key:stage:version}}`` (AWS CloudFormation user guide).

The value is what the emulator's Systems Manager or Secrets Manager has at that time. A reference without a value stays
as it is written, and is told.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator.assembly import Assembly

REFERENCE: Final = re.compile(r"\{\{resolve:([\w-]+):([^{}]+)\}\}")


def way_out(reference: str) -> str:
    """What to do about a reference without a value: make it before the template is deployed, as on AWS."""
    found = REFERENCE.fullmatch(reference)
    service, name = (found[1], found[2]) if found else ("", "")
    if service == "secretsmanager":
        call = f'client("secretsmanager").create_secret(Name={name.partition(":")[0]!r}, SecretString="...")'
    elif service in SERVICES:
        call = f'client("ssm").put_parameter(Name={name.partition(":")[0]!r}, Value="...", Type="String")'
    else:
        return f"the services of dynamic references are {', '.join(SERVICES)}"
    return f"make it before the template is deployed: emulator.{call}"


def resolved(assembly: Assembly, value: Any, missing: Callable[[str], None]) -> Any:
    """``value`` with the values of the references in its texts; ``missing`` is called with each that has none."""
    if isinstance(value, str):
        if "{{resolve:" not in value:
            return value
        return REFERENCE.sub(lambda found: _text(assembly, found, missing), value)
    if isinstance(value, Mapping):
        return {name: resolved(assembly, each, missing) for name, each in value.items()}
    return [resolved(assembly, each, missing) for each in value] if isinstance(value, list) else value


def _text(assembly: Assembly, found: re.Match[str], missing: Callable[[str], None]) -> str:
    read = SERVICES.get(found[1])
    try:
        text = None if read is None else read(assembly, found[2])
    except ClientError:
        text = None
    if text is None:
        missing(found[0])
        return found[0]
    return text


def _parameter(assembly: Assembly, named: str) -> str:
    found = assembly.client("ssm").get_parameter(Name=named, WithDecryption=True)["Parameter"]["Value"]
    return str(found)


def _secret(assembly: Assembly, named: str) -> str | None:
    arn = re.match(r"arn:[^:]+:secretsmanager:[^:]*:\d+:secret:[^:]+", named)
    secret = arn[0] if arn else named.partition(":")[0]
    _, key, stage, version = (named[len(secret) :].lstrip(":").split(":") + [""] * 4)[:4]
    given = {"VersionStage": stage, "VersionId": version}
    wanted = {name: value for name, value in given.items() if value}
    text = str(assembly.client("secretsmanager").get_secret_value(SecretId=secret, **wanted)["SecretString"])
    if not key:
        return text
    value = json.loads(text).get(key)
    return None if value is None else str(value)


SERVICES: Final[Mapping[str, Callable[[Assembly, str], str | None]]] = {
    "secretsmanager": _secret,
    "ssm": _parameter,
    "ssm-secure": _parameter,
}
