"""The devices of the runtime."""
