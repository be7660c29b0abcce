"""What a star-convex network learns from labels (Schmidt et al., MICCAI 2018): object probability and ray lengths."""

import numpy as np
from scipy.ndimage import distance_transform_edt, maximum

RAYS = 32


def probability(labels: np.ndarray, grid: int) -> np.ndarray:
    """Distance to the object's outside over its greatest in that object, at every `grid`-th pixel; 0 in the background."""
    count = int(labels.max())
    if count == 0:
        return np.zeros(labels[::grid, ::grid].shape, np.float32)
    inner = np.pad(labels, 1, mode="edge")
    edge = np.zeros(inner.shape, bool)
    for axis in (0, 1):
        step = np.diff(inner, axis=axis) != 0
        low = [slice(None), slice(None)]
        high = [slice(None), slice(None)]
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        edge[tuple(low)] |= step
        edge[tuple(high)] |= step
    depth = distance_transform_edt(~edge)[1:-1, 1:-1] + 1.0
    depth[labels == 0] = 0
    most = np.concatenate([[1.0], np.atleast_1d(maximum(depth, labels, np.arange(1, count + 1)))])
    return (depth / np.maximum(most[labels], 1e-6))[::grid, ::grid].astype(np.float32)


def distances(labels: np.ndarray, grid: int) -> np.ndarray:
    """Ray lengths in pixels from every `grid`-th pixel, RAYS x rows x columns; a ray ends where the label does."""
    side = labels.shape[0]
    rows, columns = np.nonzero(labels[::grid, ::grid])
    lengths = np.zeros((RAYS,) + labels[::grid, ::grid].shape, np.float32)
    own = labels[rows * grid, columns * grid]
    for ray in range(RAYS):
        phi = 2 * np.pi * ray / RAYS
        sine, cosine = np.sin(phi), np.cos(phi)
        half = 0.5 / max(abs(sine), abs(cosine))
        active = np.arange(len(rows))
        length = np.zeros(len(rows), np.float32)
        step = 0
        while len(active):
            step += 1
            r = np.rint(rows[active] * grid + step * sine).astype(int)
            c = np.rint(columns[active] * grid + step * cosine).astype(int)
            out = (r < 0) | (c < 0) | (r >= side) | (c >= side)
            out |= labels[np.clip(r, 0, side - 1), np.clip(c, 0, side - 1)] != own[active]
            length[active[out]] = step - 1 + half
            active = active[~out]
        lengths[ray, rows, columns] = length
    return lengths
