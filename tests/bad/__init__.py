"""The list of bad inputs: every row with a generator of the bad file and what must be said of it."""
