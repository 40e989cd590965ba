"""Lists of parties as people download them, read into acts: nothing is guessed, and nothing is dropped unsaid.

A reader takes the bytes of a file and gives an `ImportedList`: the acts that it read, each with its place in the file,
and what it saw and did not read as an act. A layout that it does not know is refused with the place. `difference`
says what a list would change; applying it is another's decision.
"""
