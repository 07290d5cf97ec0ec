"""The errors of paths: when a path is compiled, and when it is read."""


class PathSyntaxError(ValueError):
    """Text that is not a path; ``str()`` gives the problem, the character and the path."""


class PathNotFound(Exception):  # noqa: N818 - the name of json-path, and of the field families built on it
    """A path that finds nothing in this document; ``message`` is json-path's own text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PathNotApplicable(PathNotFound):
    """The document has a value of the wrong kind where the path needs an array, an object, or numbers.

    AWS passes these texts on unchanged ("Filter: [0] can only be applied to arrays..."), and an indefinite
    path does not turn them into an empty list.
    """
