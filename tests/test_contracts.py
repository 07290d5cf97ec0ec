"""The import contracts of ``pyproject.toml`` hold, and each of them breaks when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BREACHES = {
    "asl is pure: no clock, chance, thread": ("asl/values.py", "import time"),
    "the language in layers": ("asl/values.py", "import asl.machine"),
    "the emulator in layers": ("emulator/driver.py", "import emulator.requests"),
    "the emulator sees the machine": ("emulator/driver.py", "import asl.states.task"),
    "background tasks are an application": ("emulator/tasks/records.py", "import asl.values"),
}


def lint(folder: Path) -> str:
    """What import-linter prints for the packages in ``folder``."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()) + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their configuration, free to be spoilt."""
    for name in ("asl", "emulator"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    assert "Contracts: 5 kept, 0 broken." in lint(copy)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_contract_breaks_when_it_is_broken(copy: Path, contract: str) -> None:
    path, line = BREACHES[contract]
    source = (copy / path).read_text(encoding="utf-8")
    (copy / path).write_text(f"{source}\n{line}\n", encoding="utf-8")
    printed = lint(copy)
    assert "BROKEN" in printed.partition(contract)[2].partition("KEPT")[0]
    assert "Contracts: 4 kept, 1 broken." in printed


def test_an_import_for_type_checking_counts(copy: Path) -> None:
    path = copy / "asl" / "values.py"
    source = path.read_text(encoding="utf-8")
    path.write_text(f"{source}\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asl.machine\n", "utf-8")
    assert "the language in layers BROKEN" in lint(copy)


def test_a_new_module_needs_a_layer(copy: Path) -> None:
    (copy / "emulator" / "spam.py").write_text('"""Nothing."""\n', encoding="utf-8")
    assert "the emulator in layers BROKEN" in lint(copy)
