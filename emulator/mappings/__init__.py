"""What reads queues and streams by itself: event source mappings of Lambda here, and the readers that pipes use too.

A reader does not poll: it is woken by what is written (``aws.moto.changes``), and by the clock when a hidden message
appears, a window ends or a failed batch is due again. What it starts begins after the call that wrote.
"""

from emulator.mappings.mapping import Mapping
from emulator.mappings.store import Mappings

__all__ = ["Mapping", "Mappings"]
