// The source of cdk.out: `node app.js` with aws-cdk-lib writes it.
const cdk = require("aws-cdk-lib");
const { aws_dynamodb: dynamodb, aws_events: events, aws_events_targets: targets, aws_lambda: lambda, aws_sqs: sqs } = cdk;
const { aws_stepfunctions: sfn, aws_stepfunctions_tasks: tasks, aws_s3: s3, aws_s3_notifications: notifications } = cdk;

class Storage extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id);
    this.orders = new dynamodb.Table(this, "Orders", {
      partitionKey: { name: "id", type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    });
  }
}

class Parcels extends cdk.NestedStack {
  constructor(scope, id) {
    super(scope, id);
    this.queue = new sqs.Queue(this, "Queue");
  }
}

class Shop extends cdk.Stack {
  constructor(scope, id, orders) {
    super(scope, id);
    const stage = new cdk.CfnParameter(this, "Stage", { default: "dev" });
    const parcels = new Parcels(this, "Parcels");
    const prices = new lambda.LayerVersion(this, "Prices", { code: lambda.Code.fromAsset("layer") });
    const charge = new lambda.Function(this, "Charge", {
      runtime: lambda.Runtime.PYTHON_3_12,
      handler: "app.handler",
      code: lambda.Code.fromAsset("charge"),
      layers: [prices],
      environment: { TABLE: orders.tableName, STAGE: stage.valueAsString },
    });
    orders.grantWriteData(charge);
    const send = new tasks.SqsSendMessage(this, "Send", {
      queue: parcels.queue,
      messageBody: sfn.TaskInput.fromJsonPathAt("$"),
      resultPath: sfn.JsonPath.DISCARD,
    });
    const flow = new sfn.StateMachine(this, "Flow", {
      definitionBody: sfn.DefinitionBody.fromChainable(
        new tasks.LambdaInvoke(this, "Take", { lambdaFunction: charge, outputPath: "$.Payload" }).next(send),
      ),
    });
    new sfn.StateMachine(this, "Again", {
      definitionBody: sfn.DefinitionBody.fromFile("machines/again.asl.json"),
      definitionSubstitutions: { FlowArn: flow.stateMachineArn },
    });
    new events.Rule(this, "Placed", {
      eventPattern: { source: ["shop"], detailType: ["Placed"] },
      targets: [new targets.SfnStateMachine(flow, { input: events.RuleTargetInput.fromEventPath("$.detail") })],
    });
    const files = new s3.Bucket(this, "Files");
    files.addEventNotification(s3.EventType.OBJECT_CREATED, new notifications.LambdaDestination(charge));
    new cdk.CustomResource(this, "Announce", { serviceToken: charge.functionArn });
    new cdk.CfnOutput(this, "FlowArn", { value: flow.stateMachineArn });
  }
}

const app = new cdk.App({ outdir: "cdk.out", analyticsReporting: false, treeMetadata: false });
new Shop(app, "Shop", new Storage(app, "Storage").orders);
app.synth();
