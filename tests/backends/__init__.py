"""Emulators whose buses, queues and tables live outside: behind `emulate serve`, and behind what the run is given."""
