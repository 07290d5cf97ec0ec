"""The emulator behind one HTTP port."""
