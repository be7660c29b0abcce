"""Training samples: a synthetic image, normalised as a slide would be, and the targets of its labels."""

import numpy as np

from render import fluorescence, histology
from scene import label_image, place
from targets import distances, probability

GRID = 2
HISTOLOGY_SHARE = 0.3
EMPTY_SHARE = 0.04


def sample(seed: tuple[int, ...], side: int):
    """Image (float32, side x side) and its labels, a pure function of the seed."""
    rng = np.random.default_rng(seed)
    nuclei = place(rng, side)
    if rng.random() < EMPTY_SHARE:
        nuclei = []
    paint = histology if rng.random() < HISTOLOGY_SHARE else fluorescence
    image = paint(rng, nuclei, side)
    return normalise(image, rng, len(nuclei) == 0), label_image(nuclei, side)


def normalise(image: np.ndarray, rng: np.random.Generator | None, empty: bool) -> np.ndarray:
    """Percentiles 1 and 99.8 to 0 and 1. A slide's limits never fit one spot of it, hence the jitter."""
    low, high = np.percentile(image, (1, 99.8))
    if empty:
        high = low + (high - low) * (rng.uniform(3, 15) if rng else 8)
    scaled = (image - low) / (high - low + 1e-20)
    if rng is not None:
        scaled = scaled * np.exp(rng.uniform(np.log(0.5), np.log(1.7))) + rng.uniform(-0.15, 0.15)
    return scaled.astype(np.float32)


def batch(seed: int, step: int, size: int, side: int):
    """Images N x 1 x side x side with probability and distances on the grid."""
    drawn = [sample((seed, step, i), side) for i in range(size)]
    images = np.stack([image for image, _ in drawn])[:, None]
    prob = np.stack([probability(labels, GRID) for _, labels in drawn])[:, None]
    dist = np.stack([distances(labels, GRID) for _, labels in drawn])
    return images, prob, dist
