"""`VideoPopulation`: the frames of a camera or of a video file as rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.image.still import ImagePopulation, package
from nnc.runtime.errors import NNCFileNotFoundError, NNCRuntimeError, NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from os import PathLike

    from nnc.runtime.networks.network import Network


class VideoPopulation(ImagePopulation):
    """Rate-coded neurons whose `r` are the pixels of a frame, between 0 and 1. Geometries as of `ImagePopulation`.

    `start_camera`, then `grab_image` whenever a new frame is wanted, such as between two calls of `simulate`. Raises
    if OpenCV or Pillow is missing; `opencv_version` is accepted for old scripts, any version from 4 on does.
    """

    _capture: Any = None

    def __init__(
        self, geometry: Any, opencv_version: str = "4", name: str | None = None, copied: bool = False, net_id: int = 0
    ) -> None:
        super().__init__(geometry, name, copied, net_id)
        self._source = ""
        self._frames = 0
        self._is_file = self._ended = False

    @classmethod
    def _require(cls) -> None:
        super()._require()
        package("cv2", cls.__name__, "OpenCV", "video")

    def start_camera(self, port: int | str | PathLike[str] = 0) -> None:
        """Open the camera of a number, or a video file; what was open before is released.

        Raises if the file is missing, or if OpenCV cannot open it or the camera.
        """
        import cv2

        is_file = isinstance(port, str) or hasattr(port, "__fspath__")
        if not is_file and (isinstance(port, bool) or not isinstance(port, int | np.integer)):
            raise NNCTypeError(f"start_camera takes the number of a camera or the name of a video file, not {port!r}")
        if is_file and not Path(str(port)).is_file():
            raise NNCFileNotFoundError(f"start_camera: there is no file '{port}'")
        source = f"the file '{port}'" if is_file else f"camera {port}"
        given: Any = port
        capture = cv2.VideoCapture(str(given) if is_file else int(given))
        if not capture.isOpened():
            capture.release()
            kind = "as a video" if is_file else "; is it connected, and free?"
            raise NNCRuntimeError(f"start_camera: OpenCV cannot open {source} {kind}")
        self.release()
        self._capture, self._source, self._is_file = capture, source, is_file
        self._frames, self._ended = 0, False

    def grab_image(self) -> bool:
        """Show the next frame, resized to the geometry; False, and nothing changes, when a file is at its end.

        Raises if nothing is open, if no frame comes, and if a file is asked again after its end.
        """
        if self._capture is None:
            raise NNCRuntimeError(f"grab_image: '{self.name}' has no camera; call start_camera() first")
        if self._ended:
            raise NNCRuntimeError(f"grab_image: {self._source} is at its end; start_camera() opens it again")
        there, frame = self._capture.read()
        if there:
            self._frames += 1
            self._show(self._fitted(frame))
            return True
        if not self._is_file:
            raise NNCRuntimeError(f"grab_image: no frame comes from {self._source}")
        if not self._frames:
            raise NNCValueError(f"grab_image: {self._source} has no frame that can be read")
        self._ended = True
        return False

    def release(self) -> None:
        """Close the camera or file. The last frame stays; without one open, nothing happens."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _fitted(self, frame: Any) -> Any:
        """A frame of OpenCV (blue, green, red) in the geometry, between 0 and 1."""
        import cv2

        height, width = self.geometry[:2]
        image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB if self._has_colours else cv2.COLOR_BGR2GRAY)
        if image.shape[:2] != (height, width):
            shrinks = height * width < image.shape[0] * image.shape[1]
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return np.asarray(image, np.float64) / 255.0

    def _rebind(self, net: Network, name: str | None) -> None:
        super()._rebind(net, name)
        self._capture = None
