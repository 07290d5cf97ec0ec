"""What the commands say of input that is empty, broken or incomplete: the place, the fix, and no name by guess."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator import Emulator, EmulatorError
from emulator.cli import main
from emulator.definitions.texts import excerpt

NAMED = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Table}", "End": true}}}'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command in an empty folder with ``named.asl.json``, and gives what it wrote."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "named.asl.json").write_text(NAMED)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(main, arguments).output

    return run


def test_an_empty_input(run: Callable[..., str]) -> None:
    assert "error: --input is empty\n    fix: give JSON, such as {}" in run("run", "named.asl.json", "--input", " ")


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ('{"a":\n\n', (3, 1), '    {"a":\n         ^'),
        ('{"a":\n1', (2, 1), "    1\n    ^"),
        ("\n\n", (2, 1), ""),
    ],
)
def test_a_place_in_a_blank_line_is_the_end_of_the_line_before(text: str, place: tuple[int, int], shown: str) -> None:
    assert excerpt(text, *place) == shown


def test_a_substitution_without_a_value_has_its_place(run: Callable[..., str]) -> None:
    assert "    at /States/A/Result" in run("check", "named.asl.json")
    assert "warning: ${Table} in named.asl.json has no value" in run("run", "named.asl.json")
    assert "warning" not in run("run", "named.asl.json", "--set", "Table=orders")


def test_a_substitution_that_the_definition_does_not_have(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r'substitutions: definition has no \$\{Tabel\}. Did you mean "Table"\?'):
        emulator.state_machine(NAMED, substitutions={"Tabel": "orders"})


@pytest.mark.parametrize("url", ["ftp://host", "", "host:80"])
def test_an_address_that_is_not_one(run: Callable[..., str], url: str) -> None:
    assert f"--url {url!r} is not the address of a server" in run("tasks", "list", "--url", url)


def test_a_missing_handler_names_the_file_and_its_functions(tmp_path: Path) -> None:
    (tmp_path / "named.asl.json").write_text(NAMED)
    (tmp_path / "jobs_of_shop.py").write_text("def charge(event, context): ...\n")
    script = "import sys; from emulator.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "run", "named.asl.json", "--handlers"]
    for handlers, said in (
        ("gone=jobs_of_shop:zzz", "has no 'zzz'. It has: charge"),
        ("gone=jobs_of_shopp:f", 'Did you mean "jobs_of_shop"?'),
        ("gone=sixx:f", "No module named 'sixx'\n    Python looks in"),
    ):
        done = subprocess.run([*command, handlers], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert said in done.stderr
