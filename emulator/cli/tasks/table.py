"""The table of background tasks at any DynamoDB-compatible endpoint."""

from typing import Any
from urllib.parse import urlsplit

from emulator.errors import EmulatorError


def init_table(endpoint_url: str, table_name: str, region: str) -> bool:
    """Create the table unless it exists; returns whether it was created. Raises ``EmulatorError`` with a fix.

    Credentials are boto3's; without any, an endpoint that is not AWS's gets ``test``.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    from emulator.tasks.storage import INDEXES, create_table

    is_aws = (urlsplit(endpoint_url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    session = boto3.Session(region_name=region)
    options: dict[str, Any] = {}
    if not is_aws and session.get_credentials() is None:
        options = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    what = f"the table {table_name} at {endpoint_url}"
    try:
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
        client = session.client("dynamodb", endpoint_url=endpoint_url, config=config, **options)
        found = _describe(client, table_name)
        if found is None:
            create_table(client, table_name)
            return True
    except ValueError as error:
        raise EmulatorError(f"--endpoint-url {endpoint_url}: {error}") from None
    except (BotoCoreError, ClientError) as error:
        raise EmulatorError(
            f"{what} cannot be created: {error}\n"
            "    fix: --endpoint-url URL is DynamoDB's address; boto3 finds the credentials"
        ) from None
    wanted = {"table": ["PK", "SK"], **{index: [f"{index}_PK", f"{index}_SK"] for index in INDEXES}}
    if (keys := _keys(found)) != wanted:
        raise EmulatorError(
            f"{what} exists, but is not a table of background tasks\n"
            f"    its keys:     {keys}\n    they must be: {wanted}\n    fix: --table NAME chooses another table"
        )
    return False


def _describe(client: Any, table_name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.describe_table(TableName=table_name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return found


def _keys(table: dict[str, Any]) -> dict[str, list[str]]:
    """The names of the keys of a table and its indexes, the hash key first."""
    schemas = {"table": table["KeySchema"]}
    schemas |= {each["IndexName"]: each["KeySchema"] for each in table.get("GlobalSecondaryIndexes", [])}
    return {
        name: [key["AttributeName"] for key in sorted(schema, key=lambda key: str(key["KeyType"]))]
        for name, schema in sorted(schemas.items(), key=lambda each: (each[0] != "table", each[0]))
    }
