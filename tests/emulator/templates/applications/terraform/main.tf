# The source of plan.json.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "stage" {
  default = "dev"
}

locals {
  prefix = "claims-${var.stage}"
}

data "archive_file" "quote" {
  type        = "zip"
  source_dir  = "${path.module}/src/quote"
  output_path = "${path.module}/build/quote.zip"
}

resource "aws_iam_role" "all" {
  name               = "${local.prefix}-all"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_dynamodb_table" "claims" {
  name         = "${local.prefix}-claims"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sqs_queue" "parties" {
  for_each = toset(["insurer", "garage"])
  name     = "${local.prefix}-${each.key}"
}

resource "aws_lambda_function" "quote" {
  function_name = "${local.prefix}-quote"
  role          = aws_iam_role.all.arn
  runtime       = "python3.12"
  handler       = "app.handler"
  filename      = data.archive_file.quote.output_path
  environment {
    variables = {
      STAGE        = var.stage
      CLAIMS_TABLE = aws_dynamodb_table.claims.id
      GARAGE_QUEUE = aws_sqs_queue.parties["garage"].url
    }
  }
}

module "archive" {
  source    = "./modules/archive"
  name      = "${local.prefix}-archive"
  queue_url = aws_sqs_queue.parties["insurer"].url
}

resource "aws_sfn_state_machine" "claim" {
  name     = "${local.prefix}-claim"
  role_arn = aws_iam_role.all.arn
  definition = templatefile("${path.module}/machines/claim.asl.json", {
    quote   = aws_lambda_function.quote.arn
    archive = module.archive.machine_arn
    limit   = 1000
  })
}

resource "aws_cloudwatch_event_rule" "reported" {
  name          = "${local.prefix}-reported"
  event_pattern = jsonencode({ source = ["claims"], "detail-type" = ["Reported"] })
}

resource "aws_cloudwatch_event_target" "claim" {
  rule       = aws_cloudwatch_event_rule.reported.name
  arn        = aws_sfn_state_machine.claim.arn
  role_arn   = aws_iam_role.all.arn
  input_path = "$.detail"
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${local.prefix}-failed"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ExecutionsFailed"
  namespace           = "AWS/States"
  dimensions          = { StateMachineArn = aws_sfn_state_machine.claim.arn }
}

output "machine" {
  value = aws_sfn_state_machine.claim.arn
}
