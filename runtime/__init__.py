"""Everything that lives while a network runs: the objects of the API, the state block and its recorders."""
