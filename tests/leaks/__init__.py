"""Ways in which a request could leave the process, tried one after another while an emulator is open."""
