"""Known gaps: tasks and services' parameters."""

from typing import Final

GAPS: Final = (
    (
        "An unknown service or action of `aws-sdk`: what AWS says about it is not known",
        "a warning when the machine is created; `NotEmulatedError` when the task is entered",
    ),
    (
        "A literal of the wrong type in the parameters of a service: AWS's words are known for two types",
        "`must be a NUMBER`, `must be a BOOLEAN` by analogy; otherwise `has an invalid format`",
    ),
    (
        "Names of members in `aws-sdk` integrations: only some are seen on AWS",
        "by the rules and the renames of the AWS SDK for Java (`emulator/aws/java_renames.py`)",
    ),
    (
        "An object for a string of an `aws-sdk` call: AWS takes it for some members, which ones is not known",
        "sent as text for those that recordings and AWS's samples show; the task fails for others",
    ),
    (
        "`http:invoke`: AWS's words for what it does not send, a missing connection, 60 seconds; the Content-Type",
        "texts of ours; application/json, or that of a form. A text as RequestBody is sent as it is",
    ),
    (
        "`http:invoke`: how EventBridge requests an OAuth token; private APIs, mutual TLS, redirects",
        "a form with `grant_type`, `client_id` and `client_secret`; whatever answers the URL; an error with the status",
    ),
    (
        "`apigateway:invoke`: who may call (AuthType), and AWS's words for headers and values that it does not send",
        "everybody; texts of ours, but for a header that is no array",
    ),
    (
        "`apigateway:invoke`: the headers of the response of an API of the emulator",
        "those recorded of an edge-optimized REST API; HTTP APIs: Apigw-Requestid. Other names are in small letters",
    ),
    (
        "Applications of ASGI behind `emulator.http`: `lifespan` events, WebSockets",
        "they get none; one request at a time",
    ),
    (
        "Events ScheduleFailed, StartFailed, SubmitFailed: where they stand in a history, with which errors",
        "in place of the step's own, as in Amazon SWF; the test's. A refused request of a job is TaskSubmitFailed",
    ),
    (
        "Stubs: values beyond a model's lengths, ranges and patterns",
        "accepted; members, types, values of enumerations, required members and names of errors are checked",
    ),
    (
        "A stub that is made after the run, and items of a large Distributed Map whose histories are not kept",
        "these are not among its `calls`; make the stub before the run",
    ),
    (
        "`MockConfigFile.json`: what Step Functions Local says of a call after the last response, and of wrong files",
        "an error of the test, and the execution is ABORTED; the file is refused as a whole",
    ),
    (
        "Stubs from a history: items of Distributed Maps, failures without a name, what a job was submitted with",
        "named and refused, or skipped (`left_out`); the request is submitted with a response of ours",
    ),
    (
        "`Credentials` of a Task: whether the role may be assumed, and the role's account",
        "in the history; the call itself is made in the emulator's account, but for machines that their ARN names",
    ),
    ("Members of `bedrockagentcore:invokeHarness`", "not checked"),
    (
        "Jobs (`.sync`) other than those of ECS, Batch, Glue and Athena: what the state gets is not recorded",
        "the description of the job, as the column *unverified* of the table of jobs says",
    ),
    (
        "A handler's own boto3 call about a job that a stub has started (`glue.get_job_run`)",
        "the backend answers, which does not know the job; with `accepted_calls` it is started there",
    ),
    (
        "Jobs at an external backend, which work in real time",
        "`NotEmulatedError` for `.sync`; the same resource without it is called",
    ),
    (
        "Error names, causes and HTTP headers of optimized integrations of which no failure is recorded",
        "by analogy with the clients of the SDK for Java: `Athena.AmazonAthenaException`, `Service: AmazonAthena`",
    ),
    (
        "`bedrock:invokeModel`: whether its errors begin with `Bedrock.` or `BedrockRuntime.` is not recorded",
        "a fault gives `Bedrock.ThrottlingException`, as most public definitions expect; a stub may raise either",
    ),
    (
        "`bedrock:invokeModel` with `Input` or `Output` in S3; `elasticmapreduce:modify...ByName` without such a name",
        "`NotEmulatedError`; the task takes a stub",
    ),
    (
        "The headers of `lambda:invoke` with `InvocationType: Event` or `DryRun`: not recorded",
        "those of a call that is waited for, without X-Amz-Executed-Version and Content-Type",
    ),
    (
        "`lambda:invoke`: a FunctionName or Qualifier against Lambda's patterns; SourceBucket alone in `s3:copyObject`",
        "not refused for its form: there is no such function; the backend's own error",
    ),
)
