"""Pictures as input: `from nnc.extensions.image import ImagePopulation, VideoPopulation`."""

from nnc.extensions.image.still import ImagePopulation
from nnc.extensions.image.video import VideoPopulation

__all__ = ["ImagePopulation", "VideoPopulation"]
