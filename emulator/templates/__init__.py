"""Applications from templates of SAM and CloudFormation.

A template is read with its places (``document``), its short forms of SAM become resources (``sam``), and a ``Stack``
makes each of them when another one needs it or when its turn comes, with the functions of CloudFormation (``values``).
What makes a resource of a type is a row of ``resources.MAKERS``.
"""

from emulator.templates.application import Application, deploy
from emulator.templates.errors import TemplateError

__all__ = ["Application", "TemplateError", "deploy"]
