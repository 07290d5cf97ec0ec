"""``States.*`` functions of JSONPath templates: ``States.Format('{}-{}', $.name, States.UUID())``.

``syntax`` parses the text of a call, ``functions`` is the table of what the functions do, ``arguments`` the values
they take, and ``compiled`` makes a reader of a call. Text is parsed once. Mistakes in it (an unknown name, an open
escape) are ``IntrinsicSyntaxError`` when it is compiled. Values that a function cannot take, and a wrong number of
arguments, fail the state with ``States.Runtime``, as on AWS, where no Catch sees them.
"""

from asl.intrinsics.compiled import Miscounted, compile_intrinsic, miscounted, references
from asl.intrinsics.functions import FUNCTIONS
from asl.intrinsics.syntax import IntrinsicSyntaxError

__all__ = ["FUNCTIONS", "IntrinsicSyntaxError", "Miscounted", "compile_intrinsic", "miscounted", "references"]
