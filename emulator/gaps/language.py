"""Known gaps: the language, and how an execution goes."""

from typing import Final

GAPS: Final = (
    (
        "`States.Hash` of an object or an array: the text that AWS hashes is not recorded",
        "its JSON text is hashed",
    ),
    (
        "`States.ArrayUnique` of more than eleven items: how large AWS's hash table is, is not recorded",
        "the order is that of a Java HashSet made from the array",
    ),
    (
        "`States.StringToJson` of JSON with more text after it: not recorded",
        "it fails; Jackson by default ignores the rest",
    ),
    (
        "`States.StringToJson` of a number beyond a double's range (`1e400`): not recorded",
        "it fails; Jackson reads Infinity",
    ),
    (
        "`States.MathAdd` of a number with a fraction or exponent outside of 32 bits: recorded for one number only",
        "its low 32 bits count, as Java casts it; integers outside of 32 bits fail, as recorded",
    ),
    (
        "`States.ArrayRange` of integers outside of 32 bits: not recorded",
        "they are counted exactly",
    ),
    (
        (
            "Texts of refusals that are not recorded: JSON types but Integer, HeartbeatSeconds not below "
            "TimeoutSeconds, Resource of a ResultWriter"
        ),
        "by analogy with recorded ones, or ours; the codes are AWS's",
    ),
    (
        "BackoffRate below 1: whether AWS writes the limit as `1` or as `1.0` is not known",
        "`Minimum value is 1`; the limits of ToleratedFailurePercentage are `0.0` and `100.0` (measured)",
    ),
    (
        "A batch limit (MaxItemsPerBatch, MaxInputBytesPerBatch) of 0: AWS accepts it; its run is not recorded",
        "the state fails with States.Runtime",
    ),
    (
        "Unknown members of a service's parameters: AWS sometimes adds ` Did you mean 'X'?` to its text",
        "not added, since it is not known when; our hint has the nearest name",
    ),
    (
        "Enumerations of an optimized integration, such as LaunchType of `ecs:runTask`",
        "any text is accepted; whether AWS checks them when it creates the machine is not recorded",
    ),
    (
        "A rule inside And, Or or Not with none, or two, of And, Or, Not and Variable: measured for Choices only",
        "refused with the text of a rule directly in Choices",
    ),
    (
        "Paths to more than one place in fields that AWS calls Reference Paths, such as Variable and SecondsPath",
        (
            "accepted; AWS's answer is not recorded. ItemsPath, ResultPath and the paths to numbers of a Map "
            "(MaxConcurrencyPath, MaxItemsPath and so on) must name one place"
        ),
    ),
    (
        "A definition with the same key twice in an object, or with text after its end",
        "not recorded. The last key counts, and `emulate check` warns; the text is refused with our own message",
    ),
    (
        "JSONata: AWS ends an expression after a second or too much memory",
        "it ends after 500,000 steps, so that an expression always ends in the same way",
    ),
    (
        "JSONata where AWS differs from jsonata 2.0.6: memory, integers of 64 bits, `D3086`, `$eval`, `\\s`, URLs",
        "the result observed on AWS",
    ),
    (
        "JSONata: partially applied built-in functions check their arguments",
        "jsonata 2.0.6 does not: `$uppercase(?)(1)` is an internal error there, `$string(?)` is S0208; T0410 here",
    ),
    (
        "JSONata: a transform whose pattern finds a value that is not an object",
        "left as it is; jsonata 2.0.6 ends in an internal error",
    ),
    (
        "JSONata: the order of an object's keys that look like integers; `$now()` in several fields of a state",
        "the order of insertion; the same instant. Neither is recorded",
    ),
    (
        "JSONata: `$substring` with a start from 0 on in a text with characters beyond the basic plane",
        "characters are counted; measured on AWS: halves of characters, and failures without a length",
    ),
    (
        "JSONata: `$base64encode` and `$base64decode` of text that is not ASCII: measured on AWS as UTF-8",
        "Latin-1 where it can be, as in jsonata 2.0.6; UTF-8 otherwise",
    ),
    ("JSONata: `$decodeUrl` was not measured, `$decodeUrlComponent` was", "alike; reserved characters stay escaped"),
    (
        "JSONPath: which version of json-path AWS runs is not known",
        "2.10's answers, but for what was seen on AWS: bare words are texts, `['a\\\"b']` has a backslash",
    ),
    (
        "JSONPath: json-path fails on arrays and objects inside `in [...]`, and names a class of its own for `keys()`",
        "such items do not equal anything; the message says `java.util.ArrayList`",
    ),
    ("JSONata: two entries of one constructor that both fail", "the error of the first one in the text is reported"),
    (
        "Messages about Labels of Maps that AWS refuses",
        "AWS's codes with our own messages; for a Label that is too long, the end of the message is AWS's",
    ),
    (
        "`MapStateExited` after a map run: in recordings made on AWS before 2024-11-13 it follows `MapRunSucceeded`",
        "as in later recordings: it follows `MapRunStarted`",
    ),
    (
        "Blanks in the input of the first state: missing in two recordings made on AWS, in July and August 2024",
        "as in all others: the execution's original input text",
    ),
    ("Item readers: ZSTD; inventories in ORC or Parquet", "`NotEmulatedError`; `States.ItemReaderFailed`"),
    ("Item readers: PARQUET", "need the extra `parquet`, which installs pyarrow"),
    ("A failed distributed Map: AWS lets children run for a while", "they are stopped immediately"),
    (
        "States.DataLimitExceeded other than of a task's result (output, Parameters, ResultSelector), and its Retry",
        "recorded for a task's result and Catch only; otherwise only its own name matches it",
    ),
    (
        "A TimeoutSeconds or HeartbeatSeconds of 0, of a machine or from an expression: AWS accepts it",
        "it sets no limit; what it does on AWS is not known",
    ),
    (
        "The order of the events when an inline Map is cut: AWS was recorded and, later, measured to have two orders",
        "the recorded one: `MapIterationFailed` is first; measured in 2026: it follows the aborted iterations",
    ),
    (
        "A JSON file that holds an object: the recording of 2023 refuses it, the developer guide allows it since 2025",
        "its members are items, `Key` and `Value`",
    ),
    (
        "`$$.StateMachine.Id` of a map run's child: on AWS it was seen to end in the name of the map run",
        "it ends in the label, `stateMachine:machine/label`",
    ),
    ("`SecondsPath` that finds a number in a string: AWS may take it", "refused"),
    (
        "Events of a distributed Map whose ItemSelector or BatchInput ends in `States.Runtime`: not recorded",
        "MapRunStarted, then ExecutionFailed, by analogy with the Map's other fields; the map run is FAILED",
    ),
    (
        "Events of a Parallel whose Arguments or Output in JSONata fail: not recorded",
        "EvaluationFailed after the event before the state, then ParallelStateFailed, as recorded for a Map's Items",
    ),
    (
        "EvaluationFailed of a Wait's Seconds and Timestamp: recorded for a Timestamp that is not a time",
        "it follows WaitStateEntered for every failure of the two",
    ),
    (
        "Arguments that are refused at run time: the words are recorded for Parameters",
        "the same words, \"The Parameters '...' could not be used to start the Task\"",
    ),
    (
        "Causes that quote a task's result: recorded are those that quote a state's input",
        "its text as the function gave it, with its blanks",
    ),
    (
        "A Payload of `lambda:invoke` that is a number or a boolean only at run time: AWS refuses literals",
        "it is sent",
    ),
    ("Offsets of more than 18 hours in timestamps (`+18:01`): not measured", "refused, as Java refuses them"),
    (
        "No Choice rule holds in JSONata, and there is no Default: not seen on AWS",
        "`States.Runtime`, as AWS runs show for JSONPath",
    ),
    (
        "A number that is compared with the boolean at a path: AWS was seen to find 8 at least as large as false",
        "booleans are 1 and 0 for less and greater; they equal no number",
    ),
    (
        "Order of events in concurrent branches",
        "the order in which the branches started; on AWS it depends on timing",
    ),
)
