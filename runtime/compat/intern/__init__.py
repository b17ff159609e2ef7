"""Internals of ANNarchy that scripts import: exceptions, settings, the network manager."""
