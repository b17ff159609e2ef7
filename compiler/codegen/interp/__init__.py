"""The interp target."""
