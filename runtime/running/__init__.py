"""From a network to a program, and through time."""
