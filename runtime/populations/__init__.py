"""Populations, parts of them, and their geometry."""
