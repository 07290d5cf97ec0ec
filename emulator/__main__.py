"""``python -m emulator``: the command ``emulate``."""

from emulator.cli import main

main(prog_name="emulate")
