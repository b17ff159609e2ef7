"""Views of populations."""

from nnc.runtime.views import IndividualNeuron, PopulationView

__all__ = ["IndividualNeuron", "PopulationView"]
