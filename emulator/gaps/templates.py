"""Known gaps: templates and triggers."""

from typing import Final

GAPS: Final = (
    (
        "Serverless: events of load balancers, Cognito, IoT, Kafka, MQ, WebSockets; plugins; alarms, `useExactVersion`",
        "listed in `app.not_emulated`; programs (`serverless.ts`, `${file(x.js)}`) are refused with their places",
    ),
    (
        "Terraform: dynamic blocks, `%{ }` in templates, providers other than hashicorp/aws, random and archive",
        "their values are listed in `app.not_emulated` by address; a test may give them",
    ),
    (
        "CDK: custom resources other than bucket notifications and file deployments; images",
        "listed in `app.not_emulated`",
    ),
    (
        "Templates: types of resources that are not emulated, custom resources, applications of SAM's repository",
        "listed in `app.not_emulated`; a call that uses one is refused",
    ),
    (
        "Templates: `Fn::Transform` except `AWS::Include` of a file beside the template",
        "the resource is listed in `app.not_emulated`",
    ),
    (
        "Templates: dynamic references (`{{resolve:ssm:...}}`) in `Outputs`",
        "not known to be resolved on AWS: the output has the text as it is written",
    ),
    (
        "Templates: a key that is there twice with different values",
        "of a property the last counts, with a warning; of a section, a resource or another named part it is refused",
    ),
    (
        "Templates: `Rules`, and layers that are named by an ARN of another account",
        "listed in `app.not_enforced`",
    ),
    (
        "Templates: `Fn::ForEach`",
        "refused with its place",
    ),
    (
        "Templates: a target of a rule that gets no events here, such as a log group; a table's TTL at a backend",
        "listed in `app.not_emulated`; the rule's other targets work",
    ),
    (
        "Templates: versions and aliases of state machines",
        "listed in `app.not_emulated`; each is the state machine itself",
    ),
    (
        'A Terraform plan without its `.tf` files: the text around a reference (`name = "${random_pet.x.id}-jobs"`)',
        "a single reference is the whole value, unless the service accepts only one form, such as a log destination",
    ),
    (
        "S3 notifications: `s3:ObjectRestore:Delete`, and events of replication, lifecycles and tiers",
        "accepted in a configuration, but never sent; the calls that would cause the last three are refused",
    ),
    (
        "S3 notifications: the caller (`userIdentity`, `sourceIPAddress`), when a restored copy is ready, FIFO queues",
        "one made-up user at 127.0.0.1; immediately; AWS's code with our own text",
    ),
    (
        "S3 notifications of an external backend",
        "delivered by that backend, in real time, to its own resources",
    ),
    (
        "SNS: the Signature of a message; Publish's SequenceNumber; subscriptions by e-mail, SMS, HTTP, Firehose",
        "made up, without a certificate; only in the message; refused",
    ),
    (
        "SNS: a topic that keeps messages (ArchivePolicy, ReplayPolicy); the 15 minutes of a changed filter policy",
        "refused; a changed policy takes effect immediately",
    ),
    (
        "APIs: authorizers, keys, validators, usage plans, throttling, caching, custom domains, gateway responses",
        "no effect; `app.request(authorizer=...)` gives an authorizer's result",
    ),
    (
        "APIs: routes to external servers, VPC links, WebSocket APIs, AppSync; services with XML but S3's paths",
        "a request is refused, or the API is listed in `app.not_emulated`",
    ),
    (
        "APIs: an HTTP API's URL without a stage of it, and the status of a function URL's preflight: not recorded",
        "404 `Not Found` (a REST API: 403 `Forbidden`); 200",
    ),
    (
        "REST APIs: the Accept header of a request whose response has `isBase64Encoded`",
        "such a response is always decoded",
    ),
    (
        "APIs: more than ten nested requests of functions to one API",
        "`NotEmulatedError`, which names them",
    ),
    (
        "SNS: AWS's text for a function that subscribes to a FIFO topic; S3's ArgumentName for two rules of one kind",
        "InvalidParameter with our own text; `FilterRule.Name`",
    ),
    (
        "DynamoDB: a stream that is switched on again",
        "moto refuses it with ResourceInUseException; a table without its stream takes writes",
    ),
    (
        "APIs made by boto3 (apigateway, apigatewayv2): deployments, authorizers, API keys, usage plans, models",
        "the current API answers at every stage, and refuses no caller",
    ),
    (
        "Function URLs with `InvokeMode: RESPONSE_STREAM`",
        "refused",
    ),
    (
        "Mapping templates: where Velocity trims blanks, and how Java prints numbers and nested maps",
        "as in airspeed; maps as `{a=1}`, lists as JSON",
    ),
    (
        "In real time (`emulate serve --time real`), a synchronous Express execution behind an API",
        "status 501; on virtual time it works",
    ),
    (
        "Templates: IAM roles and policies",
        "IAM's API shows them, except SAM's own policies; `RoleId` differs; nothing is enforced. Users are only names",
    ),
    (
        "Templates: DescribeStackEvents, GetTemplate, change sets and stages of APIs of what is deployed",
        "moto answers, which does not know it; the other reads of CloudFormation and API Gateway work",
    ),
    (
        "Templates: Terraform plans without their `*.tf` files: a text around a reference, such as `${a.name}-x`",
        "only the referenced value, because a plan does not have the expression. Definitions and patterns are listed",
    ),
    (
        "Templates: attributes of resources that are not emulated, such as `!GetAtt Vpc.CidrBlock`",
        "made up from the resource's name",
    ),
    (
        "Templates: unknown types and properties that resemble no known one; properties of types that are not emulated",
        "listed in `app.not_emulated` and `app.not_enforced`: they may be newer than the lists",
    ),
    (
        "Serverless: `cors` of an event `http`",
        "without effect: no method OPTIONS is made; add an event with the method `options`",
    ),
    (
        "Serverless: the framework's own outputs, such as `ServiceEndpoint` and `HttpApiUrl`",
        "not in `app.outputs`; `app.request` and `app[name]` find the API and its id",
    ),
    (
        "Templates: a condition named `On`, which YAML 1.1 reads as true",
        "told as a name that is not there, without the reason",
    ),
)
