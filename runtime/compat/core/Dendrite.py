"""Dendrites."""

from nnc.runtime.projections.dendrite import Dendrite, IndividualSynapse

__all__ = ["Dendrite", "IndividualSynapse"]
