"""Handlers by name: Lambda's error messages (awslambdaric 4.2.2), and the nearest name for people."""

import sys
from pathlib import Path

import pytest

from emulator.lambda_.payload import LambdaRuntimeError
from emulator.lambda_.resolve import resolve_handler


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on sys.path; modules loaded from it are unloaded afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "shop_app.py").write_text("def charge(event, context):\n    return event\nLIMIT = 3\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "orders.py").write_text("def handler(event, context):\n    return 'shop'\n")
    return tmp_path


@pytest.mark.parametrize("name", ["shop.orders.handler", "shop.orders:handler", "shop/orders.handler"])
@pytest.mark.usefixtures("code")
def test_a_handler_is_found_by_each_way_to_write_it(name: str) -> None:
    assert resolve_handler(name)(None, None) == "shop"


@pytest.mark.parametrize(
    ("name", "error_type", "message", "hint"),
    [
        (
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
            '"module.function"',
        ),
        (
            "shop_ap.charge",
            "Runtime.ImportModuleError",
            "Unable to import module 'shop_ap': No module named 'shop_ap'",
            'Did you mean "shop_app"? Python looks in sys.path',
        ),
        (
            "shop/order.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'shop/order': No module named 'shop.order'",
            'Did you mean "orders"?',
        ),
        (
            "shop_app.chrage",
            "Runtime.HandlerNotFound",
            "Handler 'chrage' missing on module 'shop_app'",
            'Did you mean "charge"?',
        ),
        (
            "shop_app:zzz",
            "Runtime.HandlerNotFound",
            "Handler 'zzz' missing on module 'shop_app'",
            '"shop_app" has: charge',
        ),
        (
            "sys.handler",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
            "rename the file",
        ),
    ],
)
@pytest.mark.usefixtures("code")
def test_what_is_wrong_is_said_in_lambdas_words_and_ours(name: str, error_type: str, message: str, hint: str) -> None:
    with pytest.raises(LambdaRuntimeError) as caught:
        resolve_handler(name)
    assert (caught.value.error_type, caught.value.message) == (error_type, message)
    assert hint in (caught.value.hint or "")
    assert hint in str(caught.value)


def test_a_syntax_error_names_file_and_line(code: Path) -> None:
    (code / "broken.py").write_text("x = 1\ndef handler(:\n")
    with pytest.raises(LambdaRuntimeError) as caught:
        resolve_handler("broken.handler")
    assert caught.value.error_type == "Runtime.UserCodeSyntaxError"
    assert caught.value.message == "Syntax error in module 'broken': invalid syntax (broken.py, line 2)"
    assert caught.value.stack_trace == (f'  File "{code / "broken.py"}" Line 2\n    def handler(:\n',)


def test_what_the_handlers_module_misses_is_named(code: Path) -> None:
    (code / "needy.py").write_text("import shop_apq\n")
    with pytest.raises(LambdaRuntimeError) as caught:
        resolve_handler("needy.handler")
    assert caught.value.message == "Unable to import module 'needy': No module named 'shop_apq'"
    assert caught.value.hint == 'Did you mean "shop_app"?'


def test_a_name_missing_in_an_imported_module_is_an_import_error(code: Path) -> None:
    (code / "picky.py").write_text("from shop_app import nothing\n")
    with pytest.raises(LambdaRuntimeError, match="Unable to import module 'picky': cannot import name 'nothing'"):
        resolve_handler("picky.handler")


def test_an_exception_at_import_keeps_its_own_name_and_the_import_stack(code: Path) -> None:
    (code / "angry.py").write_text("raise KeyError('TABLE_NAME')\n")
    with pytest.raises(LambdaRuntimeError) as caught:
        resolve_handler("angry.handler")
    assert (caught.value.error_type, caught.value.message) == ("KeyError", "'TABLE_NAME'")
    assert "in import_module" in caught.value.stack_trace[0]
    assert caught.value.stack_trace[-1] == (
        f"  File \"{code / 'angry.py'}\", line 1, in <module>\n    raise KeyError('TABLE_NAME')\n"
    )


def test_a_module_that_ends_the_process_does_not_end_ours(code: Path) -> None:
    (code / "leaving.py").write_text("import sys\nsys.exit(2)\n")
    with pytest.raises(LambdaRuntimeError, match="Error: Runtime exited with error: exit status 2"):
        resolve_handler("leaving.handler")


def test_pytest_skip_at_import_reaches_pytest(code: Path) -> None:
    (code / "skipping.py").write_text("import pytest\npytest.skip('not here')\n")
    with pytest.raises(pytest.skip.Exception):
        resolve_handler("skipping.handler")
