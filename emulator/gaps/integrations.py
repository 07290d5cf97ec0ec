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
        "An object for a string of an `aws-sdk` call: AWS accepts it for some members; which ones is not known",
        "sent as text for those that recordings and AWS's samples show; the task fails for others",
    ),
    (
        "`http:invoke`: AWS's texts for requests that it does not send, missing connections, timeouts; Content-Type",
        "our own texts; application/json, or that of a form. A string as RequestBody is sent unchanged",
    ),
    (
        "`http:invoke`: how EventBridge requests an OAuth token; private APIs, mutual TLS, redirects",
        "a form with `grant_type`, `client_id` and `client_secret`; the server of the URL; an error with the status",
    ),
    (
        "`apigateway:invoke`: permissions (AuthType), and AWS's texts for headers and values that it does not send",
        "not checked; our own texts, except for a header that is not an array",
    ),
    (
        "`apigateway:invoke`: the headers of the response of an API of the emulator",
        "those recorded of an edge-optimized REST API; HTTP APIs: Apigw-Requestid. Other names are in lower case",
    ),
    (
        "ASGI applications behind `emulator.http`: `lifespan` events, WebSockets",
        "not sent; requests come one at a time",
    ),
    (
        "Events ScheduleFailed, StartFailed, SubmitFailed: their place in a history, and their errors",
        "instead of the step's own, as in Amazon SWF; the test's error. A job's refused request is TaskSubmitFailed",
    ),
    (
        "Stubs: values beyond a model's lengths, ranges and patterns",
        "accepted; members, types, values of enumerations, required members and names of errors are checked",
    ),
    (
        "Mistakes in a file of faults: their line and column",
        "told together, each with the number of its entry",
    ),
    (
        "A stub that is created after the run, and items of a large Distributed Map whose histories are not kept",
        "these are not among its `calls`; create the stub before the run",
    ),
    (
        "`MockConfigFile.json`: Step Functions Local's texts for a call after the last response, and for wrong files",
        "an error of the test, and the execution is ABORTED; the file is refused as a whole",
    ),
    (
        "Stubs from a history: items of Distributed Maps, failures without a name, what a job was submitted with",
        "refused by name, or skipped (`left_out`); the response of TaskSubmitted is made up",
    ),
    (
        "`Credentials` of a Task: whether the role may be assumed, and the role's account",
        "shown in the history; the call uses the emulator's account, except for machines that are named by their ARN",
    ),
    ("Members of `bedrockagentcore:invokeHarness`, and its limit of 900 seconds", "not checked; without a limit"),
    (
        "Stubs that raise `States.Timeout`: the event of a timeout",
        "TaskFailed with the cause that is given; one that never answers, with TimeoutSeconds, gives TaskTimedOut",
    ),
    (
        "Stubs of jobs that never end: ids in TaskSubmitted and in `stopped` that the stub does not give",
        "made up for some; ARNs are left out or empty (`submits` gives them). A Job of `eks:runJob` has no stop",
    ),
    (
        "Jobs (`.sync`) other than those of ECS, Batch, Glue and Athena: what the state gets is not recorded",
        "the description of the job, as the column *unverified* of the table of jobs says",
    ),
    (
        "Jobs that stubs have started: calls of handlers that list them (`glue.get_job_runs`) or stop one",
        "the backend answers, and does not have the job; a stub of the call (`aws-sdk:glue:getJobRuns`) answers it",
    ),
    (
        "Jobs that stubs have started, before their end: members other than ids, parameters, status and times",
        "left out; a stub of the call that describes the job may give them",
    ),
    (
        "Jobs that stubs have started by `aws-sdk:emr:runJobFlow` or `addJobFlowSteps`, or that are deleted: described",
        "the backend answers; those of `elasticmapreduce` are described",
    ),
    (
        "Stubs for the calls of handlers: operations that stream events (`InvokeModelWithResponseStream`)",
        "no stub can be given, because no Task can call them; the call is refused",
    ),
    (
        "Stubs for the calls of handlers: clients that ask in CBOR",
        "`NotEmulatedError`",
    ),
    (
        "Jobs at an external backend, which run in real time",
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
        "those of a synchronous call, without X-Amz-Executed-Version and Content-Type",
    ),
    (
        "`lambda:invoke`: a FunctionName or Qualifier against Lambda's patterns; SourceBucket alone in `s3:copyObject`",
        "refused as a function that does not exist; the backend's own error",
    ),
)
