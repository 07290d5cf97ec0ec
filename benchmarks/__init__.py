"""What the emulator costs, measured: `python -m benchmarks`. One module per subject; the bars stand in ``bars``."""
