"""The exercise: real nodes on one machine, a night's script, a fictitious state that cheats; nothing here is live."""
