"""Known gaps: templates and triggers."""

from typing import Final

GAPS: Final = (
    (
        "Serverless: events of load balancers, Cognito, IoT, Kafka, MQ, WebSockets; plugins; alarms, `useExactVersion`",
        "listed in `app.not_emulated`; programs (`serverless.ts`, `${file(x.js)}`) are refused with their places",
    ),
    (
        "Terraform: dynamic blocks, `%{ }` in templates, providers other than hashicorp/aws, random and archive",
        "what they would give is listed in `app.not_emulated` by its address, and may be given",
    ),
    (
        "CDK: custom resources other than notifications of buckets and deployments of files; images",
        "listed in `app.not_emulated`",
    ),
    (
        "Templates: types of resources that nothing makes, custom resources, applications of the repository of SAM",
        "listed in `app.not_emulated`; a call that asks for one is refused",
    ),
    (
        "Templates: `Fn::Transform` except `AWS::Include` of a file beside the template",
        "the resource is listed in `app.not_emulated`",
    ),
    (
        "Templates: `Fn::ForEach`",
        "refused with its place",
    ),
    (
        "Templates: a target of a rule that gets no events here, such as a log group; a table's TTL at a backend",
        "listed in `app.not_emulated`; the rule's other targets get theirs",
    ),
    (
        "Templates: versions and aliases of state machines",
        "listed in `app.not_emulated`; each is the state machine itself",
    ),
    (
        'A Terraform plan without its `.tf` files: the text around a reference (`name = "${random_pet.x.id}-jobs"`)',
        "a single reference is the whole value, but where a service takes one form alone, such as a log destination",
    ),
    (
        "S3 notifications: `s3:ObjectRestore:Delete`, and events of replication, lifecycles and tiers",
        "taken in a configuration; they never come, and what would cause the last three is refused",
    ),
    (
        "S3 notifications: who asked (`userIdentity`, `sourceIPAddress`), when a restored copy is there, FIFO queues",
        "one made-up user at 127.0.0.1; at once; AWS's code with a text of ours",
    ),
    (
        "S3 notifications of an external backend",
        "delivered by that backend, in real time, to what it has",
    ),
    (
        "SNS: the Signature of a message; Publish's SequenceNumber; subscriptions by e-mail, SMS, HTTP, Firehose",
        "made up, no certificate belongs to it; only the message has it; refused, as messages to the outside",
    ),
    (
        "SNS: a topic that keeps messages (ArchivePolicy, ReplayPolicy); the 15 minutes of a changed filter policy",
        "refused; a changed policy holds at once",
    ),
    (
        "APIs: authorizers, keys, validators, usage plans, throttling, caching, custom domains, gateway responses",
        "without effect; `app.request(authorizer=...)` says what an authorizer would",
    ),
    (
        "APIs: routes to servers outside, VPC links, WebSocket APIs, AppSync; services with XML but S3's paths",
        "refused when asked, or listed in `app.not_emulated`",
    ),
    (
        "APIs: an HTTP API's URL without a stage of it, and the status of a function URL's preflight: not recorded",
        "404 `Not Found` (a REST API: 403 `Forbidden`); 200",
    ),
    (
        "REST APIs: the Accept header of a request for an answer with `isBase64Encoded`",
        "such an answer is always decoded",
    ),
    (
        "APIs: more than ten requests of functions to one API that wait for one another",
        "NotEmulatedError, which names them",
    ),
    (
        "SNS: AWS's text for a function that subscribes to a FIFO topic; S3's ArgumentName for two rules of one kind",
        "InvalidParameter with a text of ours; `FilterRule.Name`",
    ),
    (
        "DynamoDB: a stream that is switched on again",
        "moto refuses it with ResourceInUseException; a table without its stream takes writes",
    ),
    (
        "APIs made by boto3 (apigateway, apigatewayv2): deployments, authorizers, API keys, usage plans, models",
        "an API as it is now answers at every stage, and refuses no caller",
    ),
    (
        "Function URLs with `InvokeMode: RESPONSE_STREAM`",
        "refused",
    ),
    (
        "Mapping templates: where Velocity trims blanks, and how Java prints numbers and nested maps",
        "as airspeed does; maps as `{a=1}`, lists as JSON",
    ),
    (
        "In real time (`emulate serve --time real`), an Express execution that an API waits for",
        "status 501; on virtual time it is waited for",
    ),
    (
        "Templates: roles and policies of IAM",
        "IAM's API shows them, not the policies that SAM makes; `RoleId` differs; nothing is enforced. Users are names",
    ),
    (
        "Templates: DescribeStackEvents, GetTemplate, change sets and stages of APIs of what is deployed",
        "moto's, which does not know it; the other looks of CloudFormation and API Gateway are answered",
    ),
    (
        "Templates: plans of Terraform without their `*.tf` files: a text around a reference, such as `${a.name}-x`",
        "the value that it refers to; a plan has no texts of expressions. Definitions and patterns are listed",
    ),
    (
        "Templates: attributes of resources that nothing makes, such as `!GetAtt Vpc.CidrBlock`",
        "made up from the resource's name",
    ),
    (
        "Templates: unknown types and properties that resemble no known one; any property of a type that nothing makes",
        "listed in `app.not_emulated` and `app.not_enforced`: they may be newer than the lists",
    ),
)
