"""The connectors of the runtime."""
