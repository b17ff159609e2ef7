"""Orientation-selective filters over an image, a maximum over their neighbourhoods, and what is left of it at a third
of the size: `Convolution` with a bank, `Pooling`, and a filter with a larger step.

What they are is told in docs/convolution.md. Writes convolution.png.
"""

import numpy as np

import nnc as ann
from nnc.extensions.convolution import Convolution, Pooling

SIZE, FILTERS, TAPS = 96, 4, 9


def picture(size: int) -> np.ndarray:
    """Rings, a square and a bar, between 0 and 1."""
    y, x = np.mgrid[0:size, 0:size] / size
    image = 0.5 + 0.5 * np.cos(60.0 * np.hypot(x - 0.3, y - 0.3))
    image[np.hypot(x - 0.3, y - 0.3) > 0.25] = 0.2
    image[(abs(x - 0.75) < 0.15) & (abs(y - 0.3) < 0.15)] = 0.9
    image[abs(x - y) < 0.015] = 1.0
    image[(y > 0.7) & (y < 0.75) & (x > 0.1)] = 0.9
    return image


def gabors(count: int, taps: int) -> np.ndarray:
    """Gabor filters of `count` orientations, each with mean 0."""
    y, x = np.mgrid[0:taps, 0:taps] - taps // 2
    filters = []
    for angle in np.pi * np.arange(count) / count:
        along = x * np.cos(angle) + y * np.sin(angle)
        filter = np.exp(-(x**2 + y**2) / (2 * 2.0**2)) * np.cos(2 * np.pi * along / 5.0)
        filters.append(filter - filter.mean())
    return np.array(filters)


net = ann.Network(dt=1.0, seed=1)
pixel = ann.Neuron(parameters=dict(r=ann.Parameter(0.0, locality="local")))
cell = ann.Neuron(parameters=dict(tau=5.0), equations="tau * dr/dt + r = pos(sum(exc))")

image = net.create((SIZE, SIZE), pixel)
image.r = picture(SIZE)
simple = net.create((SIZE, SIZE, FILTERS), cell)
complex_cells = net.create((SIZE // 4, SIZE // 4, FILTERS), cell)
coarse = net.create((SIZE // 3, SIZE // 3), cell)

net.connect(Convolution(image, simple, target="exc")).connect_filters(
    weights=gabors(FILTERS, TAPS), padding="border", delays=2.0
)
net.connect(Pooling(simple, complex_cells, target="exc", operation="max")).connect_pooling(extent=(4, 4, 1))
net.connect(Convolution(image, coarse, target="exc")).connect_filter(weights=np.full((3, 3), 1 / 9), padding="border")

net.compile()
net.simulate(60.0)

print(f"strongest orientation: {int(np.argmax(complex_cells.r.sum(axis=(0, 1)))) * 180 // FILTERS} degrees")

if __name__ == "__main__":
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1 + FILTERS, figsize=(12, 5), layout="constrained")
    for row, (title, left, right) in zip(
        axes,
        (("image", image.r, simple.r), ("a third of the size", coarse.r, complex_cells.r)),
        strict=True,
    ):
        row[0].imshow(left, cmap="gray")
        row[0].set_title(title)
        for f in range(FILTERS):
            row[1 + f].imshow(right[..., f], cmap="magma", vmin=0.0, vmax=right.max())
            row[1 + f].set_title(f"{f * 180 // FILTERS}°")
        for each in row:
            each.set_axis_off()
    figure.savefig("convolution.png", dpi=100)
    print("convolution.png")
