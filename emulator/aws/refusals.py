"""The one kind of refusal: an error that AWS returns instead of a result."""


class AwsError(Exception):
    """An error as a client sees it: ``code`` is the shape's name, ``message`` AWS's text, ``status`` that of HTTP.

    ``told``: lines for people, which follow AWS's text in this process alone.
    """

    def __init__(self, code: str, message: str, status: int = 400, told: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.told = told
