variable "name" {}

variable "queue_url" {}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = "arn:aws:iam::111122223333:role/archive"
  definition = jsonencode({
    StartAt = "Tell"
    States = {
      Tell = {
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage"
        Parameters = {
          QueueUrl        = var.queue_url
          "MessageBody.$" = "$"
        }
        End = true
      }
    }
  })
}

output "machine_arn" {
  value = aws_sfn_state_machine.this.arn
}
