"""The one kind of refusal: what AWS answers instead of doing what was asked."""


class AwsError(Exception):
    """An error as a client sees it: ``code`` is the shape's name, ``message`` AWS's text, ``status`` HTTP's."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
