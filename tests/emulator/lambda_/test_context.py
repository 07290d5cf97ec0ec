"""The context object of Lambda's Python runtime (attributes and repr: awslambdaric 4.2.2, lambda_context)."""

from datetime import timedelta
from typing import Any

import pytest

from emulator.clock import DEFAULT_START
from emulator.lambda_.context import LambdaContext
from emulator.lambda_.payload import LambdaRuntimeError
from emulator.lambda_.time.handler_time import HandlerTime


def context_with(handler_time: HandlerTime | None = None, **given: Any) -> LambdaContext:
    return LambdaContext(
        handler_time or HandlerTime(DEFAULT_START, timedelta(seconds=3)),
        request_id="id-1",
        function_name="charge",
        function_version="$LATEST",
        memory_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:charge",
        log_group_name="/aws/lambda/charge",
        log_stream_name="2030/01/01/[$LATEST]0",
        **given,
    )


def test_memory_is_text_and_who_called_is_always_there() -> None:
    context = context_with()
    assert context.memory_limit_in_mb == "256"
    assert (context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id) == (None, None)
    assert (context.client_context, context.tenant_id) == (None, None)


def test_its_repr_is_lambdas() -> None:
    assert repr(context_with()) == (
        "LambdaContext([aws_request_id=id-1,log_group_name=/aws/lambda/charge,"
        "log_stream_name=2030/01/01/[$LATEST]0,function_name=charge,memory_limit_in_mb=256,"
        "function_version=$LATEST,invoked_function_arn=arn:aws:lambda:us-east-1:123456789012:function:charge,"
        "client_context=None,"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])"
    )


def test_remaining_time_runs_on_the_line_and_ends_at_zero() -> None:
    handler_time = HandlerTime(DEFAULT_START + timedelta(microseconds=700), timedelta(seconds=3))
    context = context_with(handler_time)
    assert context.get_remaining_time_in_millis() == 3000
    handler_time.sleep(0.0005)
    assert context.get_remaining_time_in_millis() == 2999
    handler_time.sleep(2.9)
    assert context.get_remaining_time_in_millis() == 99


def test_client_context_and_identity_come_from_json() -> None:
    context = context_with(
        client_context='{"custom": {"a": 1}, "client": {"app_title": "Shop"}}',
        cognito_identity='{"cognitoIdentityId": "me", "cognitoIdentityPoolId": "pool"}',
    )
    assert context.client_context is not None
    assert context.client_context.client is not None
    assert (context.client_context.custom, context.client_context.env) == ({"a": 1}, None)
    assert (context.client_context.client.app_title, context.client_context.client.installation_id) == ("Shop", None)
    assert (context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id) == ("me", "pool")
    assert "client=Client([installation_id=None,app_title=Shop," in repr(context)


@pytest.mark.parametrize(
    ("given", "name"), [({"client_context": "{"}, "Client Context"), ({"cognito_identity": "{"}, "Cognito Identity")]
)
def test_one_that_is_not_json_is_lambdas_error(given: dict[str, Any], name: str) -> None:
    with pytest.raises(LambdaRuntimeError, match=f"Unable to parse {name} JSON: ") as caught:
        context_with(**given)
    assert caught.value.error_type == "Runtime.LambdaContextUnmarshalError"


def test_log_writes_to_standard_output_without_a_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    context_with().log({"a": 1})
    assert capsys.readouterr().out == "{'a': 1}"
