"""What moto answers with a constant, the same for every request: results that it does not compute.

Most of these calls are refused, as a test would be green whatever the service says. A test that accepts one
(``accepted_calls``), and one that reads such a result, gets moto's constant; ``ConstantAnswers`` keeps its name, and a
run's report has it. A Task takes a stub instead.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import identify

CONSTANTS: Final[Mapping[str, str]] = {
    "athena:GetQueryResults": "no rows",
    "bedrock-runtime:InvokeModel": "an empty object",
    "ce:GetCostAndUsage": "no costs",
    "comprehend:DetectKeyPhrases": "the same phrases of another text",
    "comprehend:DetectPiiEntities": "the same entities of another text",
    "comprehend:DetectSentiment": "NEUTRAL, for any text",
    "ecr:DescribeImageScanFindings": "the same findings",
    "inspector2:ListFindings": "no findings",
    "polly:SynthesizeSpeech": "bytes that are no sound",
    "rds-data:ExecuteStatement": "no records",
    "redshift-data:GetStatementResult": "the same rows of another query",
    "rekognition:CompareFaces": "the same faces",
    "rekognition:DetectCustomLabels": "the same labels",
    "rekognition:DetectLabels": "a mobile phone, for any picture",
    "rekognition:DetectText": "the same text",
    "rekognition:GetFaceSearch": "the same faces",
    "rekognition:GetTextDetection": "the same text",
    "resiliencehub:ListAppAssessments": "no assessments",
    "sagemaker-runtime:InvokeEndpoint": "the text `body`",
    "sagemaker-runtime:InvokeEndpointAsync": "a place where nothing is written",
    "textract:DetectDocumentText": "no blocks",
    "textract:GetDocumentAnalysis": "no blocks",
    "textract:GetDocumentTextDetection": "no blocks",
    "timestream-query:Query": "no rows",
}
"""The call -> what moto says. Where moto's own API has given it results (``moto-api/static``), it says those."""

SERVICES: Final = frozenset(prefix_of(name.partition(":")[0]) for name in CONSTANTS)
"""Their endpoint prefixes."""


class ConstantAnswers:
    """How often each call of one emulator was answered with a constant."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def note(self, request: AwsRequest) -> None:
        """Note a request that moto answers, if it is one of these."""
        if request.service not in SERVICES or (found := identify(request)) is None:
            return
        call = f"{found.service}:{found.operation}"
        if call in CONSTANTS:
            self._times[call] = self._times.get(call, 0) + 1

    def __bool__(self) -> bool:
        return bool(self._times)

    def lines(self) -> Iterator[str]:
        """A line for each call, for a report."""
        for call, times in self._times.items():
            often = "" if times == 1 else f", {times} times"
            yield f"moto answered {call} with a constant{often}: {CONSTANTS[call]}"
