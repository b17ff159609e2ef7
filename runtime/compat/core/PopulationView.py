"""Views of populations."""

from nnc.runtime.populations.views import IndividualNeuron, PopulationView

__all__ = ["IndividualNeuron", "PopulationView"]
