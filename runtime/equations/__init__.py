"""What users write: neurons, synapses, constants and functions, and their way to the compiler's descriptions."""
