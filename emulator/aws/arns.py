"""What an ARN says: ``arn:partition:service:region:account:resource``."""


def region_of(arn: str) -> str:
    """The region of an ARN, empty where it has none."""
    return arn.split(":")[3]
