"""Texts with which Lambda refuses a call, in its API and in tasks; recorded on AWS."""

from typing import Final

QUALIFIERS_DIFFER: Final = "The derived qualifier from the function name does not match the specified qualifier."
BAD_CONTEXT: Final = "Client context must be a valid Base64-encoded JSON object: {}"
KINDS: Final = ("Event", "RequestResponse", "DryRun")
"""The words of InvocationType, in the order of Lambda's refusal."""
LOG_TYPES: Final = ("None", "Tail")
"""The words of LogType, in the order of Lambda's model."""
RATE_EXCEEDED: Final = "Rate Exceeded."
