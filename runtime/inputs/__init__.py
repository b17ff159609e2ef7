"""The inputs of the runtime."""
