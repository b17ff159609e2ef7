"""Modules of the core of ANNarchy scripts: `from nnc.core.Monitor import Monitor`."""
