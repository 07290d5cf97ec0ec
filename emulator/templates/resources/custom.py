"""Custom resources that the CDK itself brings: what they do is done here, without their functions.

Others have a handler of their own, which CloudFormation would call with the address of an answer: they exist by their
names only, as any type that is not made here.
"""

from collections.abc import Mapping
from typing import Final

from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.resources.settings import no_effect
from emulator.templates.stack import Make, Stack


def bucket_notifications(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``Custom::S3BucketNotifications``: the configuration has the members of S3's own request."""
    properties.chosen("ServiceToken", "Managed")
    stack.client("s3").put_bucket_notification_configuration(
        Bucket=properties.get("BucketName"),
        NotificationConfiguration=properties.get("NotificationConfiguration"),
        SkipDestinationValidation=str(properties.get("SkipDestinationValidation")).lower() == "true",
    )
    return Made(resource.logical_id)


def bucket_deployment(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``Custom::CDKBucketDeployment``: the files of assets are put into a bucket."""
    properties.chosen(
        "ServiceToken", "SourceBucketNames", "Prune", "OutputObjectKeys", "WaitForDistributionInvalidation"
    )
    s3, bucket = stack.client("s3"), properties.get("DestinationBucketName")
    prefix = properties.get("DestinationBucketKeyPrefix", "").strip("/")
    for key in properties.get("SourceObjectKeys") or ():
        folder = stack.document.asset(str(key))
        for file in sorted(folder.rglob("*")) if folder is not None else ():
            if file.is_file():
                name = "/".join(filter(None, (prefix, file.relative_to(folder or file).as_posix())))
                s3.put_object(Bucket=bucket, Key=name, Body=file.read_bytes())
    return Made(resource.logical_id, {"DestinationBucketArn": f"arn:aws:s3:::{bucket}"})


MAKERS: Final[Mapping[str, Make]] = {
    "Custom::S3BucketNotifications": bucket_notifications,
    "Custom::CDKBucketDeployment": bucket_deployment,
    "Custom::S3AutoDeleteObjects": no_effect,
    "Custom::LogRetention": no_effect,
}
