"""What is wrong with a template, and where."""

from emulator.errors import EmulatorError


class TemplateError(EmulatorError):
    """A template that cannot be deployed: its message has the place in the file, what is wrong, and what to do."""

    def __init__(self, message: str, place: str, hint: str | None = None) -> None:
        super().__init__(f"{place}: {message}" + (f"\n    fix: {hint}" if hint else ""))
        self.place = place
