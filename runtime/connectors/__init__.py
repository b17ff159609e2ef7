"""The connectors, a rule per file: which synapses a projection has, and with which weights and delays."""
