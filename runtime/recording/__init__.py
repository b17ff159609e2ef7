"""Monitors: what is recorded, and what is made of it."""
