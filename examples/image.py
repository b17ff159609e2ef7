"""Orientations in a picture: oriented filters see a picture that is drawn here and read from its file.

Writes image.png. Needs Pillow: pip install "nnc-compiler[image,plot]"
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

import nnc as ann
from nnc.extensions.image import ImagePopulation

SIZE, REACH = 48, 4
ANGLES = (0.0, 45.0, 90.0, 135.0)


def picture() -> Image.Image:
    """A square and a circle."""
    made = Image.new("RGB", (SIZE, SIZE), (20, 20, 60))
    draw = ImageDraw.Draw(made)
    draw.rectangle((6, 6, 26, 26), outline=(250, 220, 90), width=2)
    draw.ellipse((18, 18, 42, 42), outline=(240, 90, 90), width=2)
    return made


def gabor(angle: float) -> np.ndarray:
    """A Gabor patch that bars at this angle (degrees) excite; its mean is 0."""
    y, x = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1]
    across = x * np.sin(np.radians(angle)) + y * np.cos(np.radians(angle))
    patch = np.exp(-(x**2 + y**2) / 8.0) * np.cos(2 * np.pi * across / 6.0)
    return patch - patch.mean()


def filtered(pre: ann.Population, post: ann.Population, patch: np.ndarray) -> ann.LILConnectivity:
    """Synapses of neurons (row, column) to the patch around this place."""
    made = ann.LILConnectivity()
    for row in range(REACH, SIZE - REACH):
        for column in range(REACH, SIZE - REACH):
            rows, columns = np.mgrid[row - REACH : row + REACH + 1, column - REACH : column + REACH + 1]
            ranks = np.ravel_multi_index((rows.ravel(), columns.ravel()), pre.geometry)
            made.add(post.rank_from_coordinates((row, column)), ranks.tolist(), patch.ravel().tolist(), 0.0)
    return made


net = ann.Network(dt=1.0)
retina = net.create(ImagePopulation((SIZE, SIZE)))
maps = [net.create((SIZE, SIZE), ann.Neuron(equations="r = pos(sum(exc))")) for _ in ANGLES]
for angle, cells in zip(ANGLES, maps, strict=True):
    net.connect(retina, cells, "exc").from_function(method=filtered, patch=gabor(angle))
net.compile()

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "shapes.png"
    picture().save(path)
    retina.set_image(path)
net.step()

fig, axes = plt.subplots(1, 1 + len(ANGLES), figsize=(13, 3))
shown = [("picture", retina.r)] + [(f"{angle:g}°", cells.r) for angle, cells in zip(ANGLES, maps, strict=True)]
for axis, (title, values) in zip(axes, shown, strict=True):
    axis.imshow(values, cmap="gray")
    axis.set_title(title)
    axis.axis("off")
for angle, cells in zip(ANGLES, maps, strict=True):
    print(f"{angle:5.0f} degrees: mean {cells.r.mean():.3f}, maximum {cells.r.max():.3f}")
fig.tight_layout()
fig.savefig("image.png")
print("wrote image.png")
