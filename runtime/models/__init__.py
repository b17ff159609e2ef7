"""The standard neurons and synapses, one family per file, written in the equation language."""
