"""Credentials while an emulator is open: fixed and fake, whatever client signs and whenever it was made.

botocore signs before it sends, so a client that was made on a machine without credentials would fail before the
emulator sees its request, and one with a profile would refresh its credentials over the network. A real secret would
also sign URLs that work on AWS (``generate_presigned_url``). So no credentials are searched for or refreshed, and what
a client holds is used only if it is worth nothing on AWS: keys that the emulator's own STS or IAM made (moto finds the
account of a role by them), and keys of 12 digits, which are an account's number at some backends.

The functions replace methods of botocore and aiobotocore (``emulator.aws.interception.PATCHES``); ``original`` is the
method.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from emulator.aws.owners import current

KEY: Final = "testing"
"""The fake access key, secret key and bearer token."""
_DIGITS_OF_AN_ACCOUNT: Final = 12


def session_credentials(session: Any, original: Callable[[Any], Any]) -> Any:
    """Replaces ``Session.get_credentials``: those given in code, or those of the environment, which are the fake ones.

    No other place is searched: no file, program or service.
    """
    if is_static(given := session._credentials) and given.method == "explicit":
        return given
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    key, secret = (os.environ.get(name, KEY) for name in names)
    return _credentials()(key, secret, os.environ.get("AWS_SESSION_TOKEN"), "env")


def session_token(session: Any, original: Callable[..., Any], **more: Any) -> Any:
    """Replaces ``Session.get_auth_token``: none, so that a service signs as it does without; see ``signature``."""
    return None


def profile_settings(session: Any, original: Callable[[Any], Any]) -> Any:
    """Replaces ``Session.get_scoped_config``: a profile that does not exist has no settings."""
    from botocore.exceptions import ProfileNotFound

    try:
        return original(session)
    except ProfileNotFound:
        return {}


def signature(
    signer: Any,
    original: Callable[..., Any],
    signing_name: str,
    region_name: str,
    signature_version: str | None = None,
    request_credentials: Any = None,
    **more: Any,
) -> Any:
    """Replaces ``RequestSigner.get_auth_instance``: the same kind of signature, with credentials that are worthless.

    Also where a bearer token is missing, or where S3 Express would first ask for a session.
    """
    from botocore.auth import AUTH_TYPE_MAPS
    from botocore.tokens import FrozenAuthToken

    kind: Any = AUTH_TYPE_MAPS.get(signature_version or signer._signature_version)
    if kind is not None and kind.REQUIRES_TOKEN:
        return kind(FrozenAuthToken(KEY))
    keys = worthless(request_credentials or signer._credentials)
    if "identity_cache" in more:
        more["identity_cache"] = _Identity()
    return original(signer, signing_name, region_name, signature_version, keys, **more)


class _Identity:
    """In place of S3 Express's cache of sessions: a fake session for every bucket."""

    def get_credentials(self, _key: Any) -> Any:
        return _credentials()(KEY, KEY, KEY)


async def async_session_credentials(session: Any, original: Callable[[Any], Any]) -> Any:
    """Replaces aiobotocore's ``AioSession.get_credentials``, as ``session_credentials`` does."""
    return _asynchronous(session_credentials(session, original))


async def async_signature(signer: Any, original: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """Replaces aiobotocore's ``AioRequestSigner.get_auth_instance``: botocore's makes the same, without waiting."""
    from botocore.signers import RequestSigner

    return RequestSigner.get_auth_instance(signer, *given, **more)


def _asynchronous(given: Any) -> Any:
    """The same keys, with methods that aiobotocore awaits."""
    from aiobotocore.credentials import AioCredentials

    return AioCredentials(given.access_key, given.secret_key, given.token, given.method)


def worthless(given: Any) -> Any:
    """``given`` if it is worth nothing on AWS, else the fake credentials; nothing is refreshed."""
    if is_static(given):
        key, owner = given.access_key, current()
        is_account = len(key) == _DIGITS_OF_AN_ACCOUNT and key.isdigit()
        if is_account or (key != KEY and owner is not None and owner.knows_key(key)):
            return _credentials()(key, given.secret_key, given.token)  # aiobotocore's own kind would be awaited
    return _credentials()(KEY, KEY)


def is_static(given: Any) -> bool:
    """Whether these are plain keys, of which reading refreshes nothing."""
    kind = type(given)
    return kind is _credentials() or (kind.__module__, kind.__name__) == ("aiobotocore.credentials", "AioCredentials")


@cache
def _credentials() -> Any:
    from botocore.credentials import Credentials

    return Credentials
