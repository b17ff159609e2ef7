"""Dendrites."""

from nnc.runtime.dendrite import Dendrite, IndividualSynapse

__all__ = ["Dendrite", "IndividualSynapse"]
