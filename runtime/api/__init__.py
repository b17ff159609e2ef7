"""nnc: a neural-network compiler and simulator."""
