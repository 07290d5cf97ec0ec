"""Jobs of AWS Batch without Docker: moto marks a job that is submitted as done, and starts no container.

moto has both ways, and Docker is its default; ``mock_aws(config={"batch": {"use_docker": False}})`` chooses between
them. Here nothing may start a container, whatever that says.
"""

from collections.abc import Callable
from typing import Final

from emulator.shared_change import SharedChange, Undo


def without_docker() -> Callable[[], None]:
    """Turn Docker off, until the result is called; calling it again does nothing."""
    return _OFF.use()


def _turn_off() -> Undo:
    from moto.core.config import default_user_config as chosen

    before = chosen["batch"]
    chosen["batch"] = {**before, "use_docker": False}

    def put_back() -> None:
        chosen["batch"] = before

    return put_back


_OFF: Final = SharedChange(_turn_off)
