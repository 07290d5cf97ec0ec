"""The command ``emulate``: one module for each of its commands, and what they share."""

from emulator.cli.group import main

__all__ = ["main"]
