"""The models of the runtime."""
