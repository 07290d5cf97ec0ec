// An example for each operation. In the variables, `id` becomes the id of the newest task without a parent, and
// `definition` a public definition.

const TASK = `id
        name
        definitionId
        taskStatus
        iterations`;
const ERROR = `error {
        message
        code
        data
      }`;

export const EXAMPLES = [
  {
    group: "Look",
    title: "listDefinitions",
    about: "The tasks that can be triggered",
    query: `query Definitions {
  backgroundTasks {
    listDefinitions {
      data {
        id
        title
        description
        fields
      }
      ${ERROR}
    }
  }
}`,
  },
  {
    group: "Look",
    title: "listTasks",
    about: "The newest tasks, a page at a time",
    query: `query Tasks($limit: Int, $after: String) {
  backgroundTasks {
    listTasks(limit: $limit, after: $after) {
      data {
        ${TASK}
        createdOn
        finishedOn
      }
      meta {
        cursor
        hasMoreItems
        totalCount
      }
      ${ERROR}
    }
  }
}`,
    variables: { limit: 10, after: null },
  },
  {
    group: "Look",
    title: "listTasks, filtered",
    about: "By status, definition, time; sorted",
    query: `query Filtered(
  $where: WebinyBackgroundTaskListWhereInput
  $sort: [WebinyBackgroundTaskListSorter!]
  $search: String
) {
  backgroundTasks {
    listTasks(where: $where, sort: $sort, search: $search) {
      data {
        ${TASK}
        startedOn
      }
      meta {
        totalCount
      }
      ${ERROR}
    }
  }
}`,
    variables: {
      where: { taskStatus_in: ["pending", "running", "success"], createdOn_gte: "2020-01-01T00:00:00Z" },
      sort: ["iterations_DESC", "createdOn_ASC"],
      search: null,
    },
  },
  {
    group: "Look",
    title: "getTask",
    about: "One task with its logs",
    query: `query Task($id: ID!) {
  backgroundTasks {
    getTask(id: $id) {
      data {
        ${TASK}
        parentId
        executionName
        input
        output
        createdOn
        startedOn
        finishedOn
        createdBy {
          displayName
        }
        logs {
          iteration
          items {
            createdOn
            type
            message
            data
            error
          }
        }
      }
      ${ERROR}
    }
  }
}`,
    variables: { id: "" },
  },
  {
    group: "Look",
    title: "listLogs",
    about: "The logs of a task's runs, newest first",
    query: `query Logs($where: WebinyBackgroundTaskLogListWhereInput) {
  backgroundTasks {
    listLogs(where: $where, limit: 20) {
      data {
        task
        iteration
        executionName
        items {
          createdOn
          type
          message
        }
      }
      meta {
        totalCount
      }
      ${ERROR}
    }
  }
}`,
    variables: { where: { task: "" } },
  },
  {
    group: "Do",
    title: "triggerTask",
    about: "Create a task and start it",
    query: `mutation Trigger(
  $definition: WebinyBackgroundTaskDefinitionEnum!
  $input: JSON
  $name: String
  $delay: Number
) {
  backgroundTasks {
    triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) {
      data {
        ${TASK}
        input
        eventResponse
      }
      ${ERROR}
    }
  }
}`,
    variables: { definition: "", input: {}, name: null, delay: 0 },
  },
  {
    group: "Do",
    title: "abortTask",
    about: "Stop a pending or running task",
    query: `mutation Abort($id: ID!, $message: String) {
  backgroundTasks {
    abortTask(id: $id, message: $message) {
      data {
        ${TASK}
      }
      ${ERROR}
    }
  }
}`,
    variables: { id: "", message: "Not needed any more" },
  },
  {
    group: "Do",
    title: "deleteTask",
    about: "Delete a task; its logs stay",
    query: `mutation Delete($id: ID!) {
  backgroundTasks {
    deleteTask(id: $id) {
      data
      ${ERROR}
    }
  }
}`,
    variables: { id: "" },
  },
  {
    group: "See it refused",
    title: "A query without permission",
    about: "The error is in the answer",
    permissions: "[]",
    query: `{
  backgroundTasks {
    listTasks {
      data {
        id
      }
      ${ERROR}
    }
  }
}`,
  },
  {
    group: "See it refused",
    title: "A mutation without permission",
    about: "The whole request fails",
    permissions: '[{"name": "tasks", "rwd": "r"}]',
    query: `mutation Delete($id: ID!) {
  backgroundTasks {
    deleteTask(id: $id) {
      data
      ${ERROR}
    }
  }
}`,
    variables: { id: "" },
  },
];
