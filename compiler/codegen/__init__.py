"""Targets: each lowers the loop level to something that runs."""
