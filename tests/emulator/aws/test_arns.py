"""An ARN in its parts, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.aws.arns import Arn, is_arn, region_of

STATES = ("aws", "states", "eu-west-1", "123456789012")


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:m", Arn(*STATES, "stateMachine", "m")),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:m:7", Arn(*STATES, "stateMachine", "m", "7")),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:m/Each", Arn(*STATES, "stateMachine", "m/Each")),
        ("arn:aws:states:eu-west-1:123456789012:execution:m:e", Arn(*STATES, "execution", "m", "e")),
        ("arn:aws:states:eu-west-1:123456789012:express:m:e:id", Arn(*STATES, "express", "m", "e:id")),
        ("arn:aws:states:eu-west-1:123456789012:activity:a", Arn(*STATES, "activity", "a")),
        ("arn:aws:lambda:::function:f:$LATEST", Arn("aws", "lambda", "", "", "function", "f", "$LATEST")),
        ("arn:aws-cn:sqs:cn-north-1:123456789012:q", Arn("aws-cn", "sqs", "cn-north-1", "123456789012", None, "q")),
        ("arn:aws:s3:::bucket", Arn("aws", "s3", "", "", None, "bucket")),
    ],
)
def test_an_arn_has_parts_and_gives_back_its_text(text: str, arn: Arn) -> None:
    assert Arn.parse(text) == arn
    assert str(arn) == text
    assert region_of(text) == arn.region


@given(st.lists(st.text("ab:/$", max_size=4), min_size=5, max_size=7))
def test_every_text_with_the_parts_of_an_arn_comes_back(parts: list[str]) -> None:
    text = ":".join(["arn", *parts])
    assert str(Arn.parse(text)) == text


@pytest.mark.parametrize("text", ["", "m", "arn:aws:states:us-east-1:123456789012", "urn:a:b:c:d:e:f"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    assert not is_arn(text)
    with pytest.raises(ValueError, match="not an ARN"):
        Arn.parse(text)
