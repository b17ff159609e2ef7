"""The state block of a compiled network, filled from its objects."""
