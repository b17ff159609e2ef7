"""BOLD signals of populations: `from nnc.extensions.bold import BoldMonitor, balloon_RN`."""

from nnc.extensions.bold.balloon import (
    balloon_CL,
    balloon_CN,
    balloon_maith2021,
    balloon_RL,
    balloon_RN,
    balloon_two_inputs,
)
from nnc.extensions.bold.model import BoldModel
from nnc.extensions.bold.monitor import BoldMonitor
from nnc.extensions.bold.norm import NormProjection

__all__ = [
    "BoldModel",
    "BoldMonitor",
    "NormProjection",
    "balloon_CL",
    "balloon_CN",
    "balloon_RL",
    "balloon_RN",
    "balloon_maith2021",
    "balloon_two_inputs",
]
