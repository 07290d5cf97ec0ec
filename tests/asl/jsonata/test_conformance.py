"""All recorded cases: jsonata's own suite, expressions as in state machines, and behaviour observed on AWS.

The data lies beside the checkout (``tests.conformance.corpus``); without it these tests are skipped.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from asl.jsonata import (
    JSONATA_2_0,
    JSONATA_2_1,
    STEP_FUNCTIONS,
    UNDEFINED,
    BoundError,
    Bounds,
    Dialect,
    Function,
    InternalError,
    JsonataError,
    Runtime,
    compile,  # noqa: A004 - what is tested
)
from asl.jsonata.values import equal
from asl.values import decode, encode
from tests.conformance.corpus import FOLDER as CONFORMANCE
from tests.needs import WITHOUT_RECORDINGS

FOLDER = CONFORMANCE / "query"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=WITHOUT_RECORDINGS)

ROOMY = Bounds(depth=1000, memory=10**9)
EXACT = "$string($parse('{\"n\":9223372036854775807}').n)"
DELIBERATE = {
    "hand/209": "[1..900000] ~> $count()",  # memory
    "hand/220": EXACT,  # a transform copies its input by way of $string
    "hand/270": '$formatNumber(1, "x")',  # D3086, as of jsonata 2.1
    "hand/307": '$eval("1+1")',  # no such function
    "hand/361": EXACT,  # 64-bit integers
}
"""Case of the corpus, which is jsonata 2.0.6's -> the behaviour observed on AWS that decides it otherwise."""


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def outcome(text: str, bindings: Any, runtime: Runtime, dialect: Dialect, document: Any = UNDEFINED) -> Any:
    """The value, or the error."""
    try:
        return compile(text, dialect).evaluate(bindings, runtime, document)
    except JsonataError as error:
        return error


def same(left: Any, right: Any) -> bool:
    """Equal as doubles, which is what the recordings hold."""
    return equal(_doubles(left), _doubles(right))


def _doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def unordered(value: Any) -> Any:
    return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))


def suite_failures(cases: list[Any]) -> Iterator[str]:
    for case in cases:
        dialect = JSONATA_2_0 if "2.0.6" in case["in"] else JSONATA_2_1
        runtime = Runtime(bounds=Bounds(depth=case.get("depth", 1000), memory=10**9))
        got = outcome(case["expr"], case.get("bindings", {}), runtime, dialect, case.get("data", UNDEFINED))
        wanted = case.get("code") or case.get("error", {}).get("code")
        if wanted:
            code = "U1001" if isinstance(got, BoundError) else getattr(got, "code", None)
            if code != wanted or not recorded(got, case.get("js206", {}).get("error", {}), wanted):
                yield case["id"]
        elif case.get("undefinedResult"):
            if got is not UNDEFINED:
                yield case["id"]
        elif isinstance(got, JsonataError):
            yield case["id"]
        elif case.get("unordered"):
            if not same(unordered(got), unordered(case["result"])):
                yield case["id"]
        elif not same(got, case["result"]):
            yield case["id"]


def recorded(error: JsonataError, wanted: Any, code: str) -> bool:
    """Text, position and token as recorded, if they are."""
    if wanted.get("code") != code or code == "U1001":
        return True
    return (error.message, error.position, error.token) == (
        wanted["message"],
        wanted.get("position"),
        wanted.get("token"),
    )


def test_the_official_suite_passes() -> None:
    cases = load("jsonata-suite.json")["cases"]
    assert list(suite_failures(cases)) == []
    assert len(cases) == 1146


def corpus_failures(corpus: Any) -> Iterator[str]:
    for case in corpus["cases"]:
        got = outcome(case["expr"], corpus["bindings"], Runtime(), STEP_FUNCTIONS)
        if "code" in case:
            wrong = not isinstance(got, JsonataError) or got.code != case["code"]
            if wrong or not recorded(got, case, case["code"]):
                yield case["id"]
        elif "jsError" in case:
            if not isinstance(got, InternalError):
                yield case["id"]
        elif case.get("undefinedResult") or case.get("functionResult"):
            if not (isinstance(got, Function) if case.get("functionResult") else got is UNDEFINED):
                yield case["id"]
        elif not same(got, unmarked(case["result"])):
            yield case["id"]


def unmarked(value: Any) -> Any:
    """The corpus marks ``<<NaN>>`` and ``<<Infinity>>``, which JSON has no word for."""
    return json.loads(json.dumps(value).replace("<<", "").replace(">>", ""))


def test_the_corpus_of_state_machine_expressions_passes() -> None:
    corpus = load("jsonata-sfn-corpus.json")
    assert set(corpus_failures(corpus)) == DELIBERATE.keys()
    assert len(corpus["cases"]) == 3060


def test_where_the_corpus_is_not_followed_aws_was_seen_to_differ() -> None:
    observed = {fact["expr"] for fact in load("aws-query-facts.json")["jsonata"]}
    assert set(DELIBERATE.values()) <= observed


def test_behaviour_observed_on_aws() -> None:
    facts = load("aws-query-facts.json")["jsonata"]
    kinds = Counter(check_fact(fact) for fact in facts)
    assert set(kinds) == {"value", "error"}
    assert kinds.total() == 118


def check_fact(fact: Any) -> str:
    document = decode(fact["inputText"]) if "inputText" in fact else fact.get("input")
    got = outcome(fact["expr"], {"states": {"input": document}}, Runtime(), STEP_FUNCTIONS)
    tail = fact.get("causeTail", "")
    if isinstance(got, JsonataError):
        if "internal error" in tail:
            assert isinstance(got, InternalError), fact
        elif tail:
            prefix = f". {got.code}: " if got.code else ": "
            assert tail == f"threw an error during evaluation{prefix}{got.message}", fact
        else:
            assert got.code == fact["code"], fact
        return "error"
    assert "threw" not in tail, fact
    assert "code" not in fact, fact
    if fact.get("undefined") or "undefined" in tail:
        assert got is UNDEFINED, fact
    elif "unsupported" in tail:
        assert isinstance(got, Function), fact
    elif "output" in fact:
        assert same(got, fact["output"]), fact
    if "outputText" in fact:
        assert encode(got) == fact["outputText"], fact
    return "value"


def test_messages_of_definitions_that_aws_refuses() -> None:
    for fact in load("aws-query-facts.json")["jsonataValidation"]:
        if fact["code"] == "INVALID_JSONATA_EXPRESSION":
            got = outcome(fact["expr"], {}, Runtime(), STEP_FUNCTIONS)
            assert isinstance(got, JsonataError)
            assert got.message == fact["message"]
