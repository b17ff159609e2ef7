"""Numerical methods, one per file."""
