"""Texts with which Lambda refuses a call, in its API and in tasks; recorded on AWS."""

from typing import Final

QUALIFIERS_DIFFER: Final = "The derived qualifier from the function name does not match the specified qualifier."
RATE_EXCEEDED: Final = "Rate Exceeded."
