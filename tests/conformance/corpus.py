"""Where the recorded cases are: data from elsewhere, in a folder beside the checkout, never part of it.

``EMULATOR_CONFORMANCE`` names another folder. Where there is none, what replays the cases says so and is left out.
"""

import os
from pathlib import Path
from typing import Final

FOLDER: Final = Path(
    os.environ.get("EMULATOR_CONFORMANCE") or Path(__file__).parents[2].parent / "shared" / "conformance"
)
