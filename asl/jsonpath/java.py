"""Values as Java writes them: in json-path's messages, and where its functions make texts of them."""

from asl.values import Json, encode


def java_text(value: Json) -> str:
    """``value`` as Java prints maps and lists: ``{a=1, b=[x, null]}``; strings have no quotes."""
    parts: list[str] = []
    rest: list[Json] = [value]
    while rest:
        match rest.pop():
            case str() as text:
                parts.append(text)
            case list() as items:
                rest.append("]")
                for position, item in reversed(list(enumerate(items))):
                    rest += [item, ", "] if position else [item]
                rest.append("[")
            case dict() as members:
                rest.append("}")
                for position, (name, item) in reversed(list(enumerate(members.items()))):
                    rest += [item, f", {name}=" if position else f"{name}="]
                rest.append("{")
            case scalar:
                parts.append(encode(scalar))
    return "".join(parts)


def java_class(value: Json) -> str:
    """The Java class that json-path's message names."""
    match value:
        case None:
            return "null"
        case bool():
            return "java.lang.Boolean"
        case int():
            small = -(2**31) <= value < 2**31
            long = -(2**63) <= value < 2**63
            return f"java.lang.{'Integer' if small else 'Long'}" if long else "java.math.BigInteger"
        case float():
            return "java.lang.Double"
        case str():
            return "java.lang.String"
        case list():
            return "java.util.ArrayList"
        case dict():  # pragma: no branch - the last kind there is
            return "java.util.LinkedHashMap"
