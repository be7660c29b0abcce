"""Synthetic nuclei: where they lie, how they are bent, and the label image they make."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Nucleus:
    """One nucleus: centre (row, column) and radius in pixels, and its mask as a box of `relative radius` (1 = outline)."""

    row: float
    column: float
    radius: float
    top: int
    left: int
    reach: np.ndarray


def place(rng: np.random.Generator, side: int) -> list[Nucleus]:
    """Nuclei of one image: sizes of one tissue (median radius 3.5-17 px), scattered, clumped or packed."""
    median = np.exp(rng.uniform(np.log(3.5), np.log(17))) if rng.random() < 0.5 else rng.uniform(6, 12)
    spread = rng.uniform(0.08, 0.35)
    aspect_most = rng.uniform(1.1, 2.4)
    field = rng.uniform(0, np.pi)
    aligned = rng.random() < 0.3
    spacing = rng.uniform(0.62, 1.15)
    cover = rng.choice([rng.uniform(0.02, 0.15), rng.uniform(0.15, 0.4), rng.uniform(0.4, 0.9)], p=[0.3, 0.4, 0.3])
    wanted = int(max(1, cover * side * side / (np.pi * median**2)))
    tries = min(4000, wanted * 6)
    radii = np.clip(median * np.exp(rng.normal(0, spread, tries)), 2.2, 28)
    centres = _centres(rng, side, tries, median)
    kept_at = np.empty((wanted, 2))
    kept_radius = np.empty(wanted)
    nuclei: list[Nucleus] = []
    for centre, radius in zip(centres, radii):
        n = len(nuclei)
        if n == wanted:
            break
        gap = np.hypot(kept_at[:n, 0] - centre[0], kept_at[:n, 1] - centre[1])
        if n and np.any(gap < spacing * (kept_radius[:n] + radius)):
            continue
        kept_at[n], kept_radius[n] = centre, radius
        angle = rng.normal(field, 0.2) if aligned else rng.uniform(0, np.pi)
        nuclei.append(_nucleus(rng, centre, radius, rng.uniform(1, aspect_most), angle))
    return nuclei


def _centres(rng: np.random.Generator, side: int, count: int, median: float) -> np.ndarray:
    """Centres, a little over the edge too: even, or in clumps of a few radii."""
    if rng.random() < 0.5:
        return rng.uniform(-median, side + median, (count, 2))
    clumps = rng.uniform(0, side, (int(rng.integers(2, 9)), 2))
    reach = median * rng.uniform(2, 6)
    near = clumps[rng.integers(0, len(clumps), count)] + rng.normal(0, reach, (count, 2))
    far = rng.uniform(-median, side + median, (count, 2))
    return np.where(rng.random((count, 1)) < 0.75, near, far)


def _nucleus(rng: np.random.Generator, centre, radius: float, aspect: float, angle: float) -> Nucleus:
    """An ellipse whose outline is bent by Fourier orders 2 to 5."""
    long, short = radius * np.sqrt(aspect), radius / np.sqrt(aspect)
    half = int(np.ceil(long * 1.45)) + 2
    top, left = int(np.floor(centre[0])) - half, int(np.floor(centre[1])) - half
    r = np.arange(top, top + 2 * half + 1)[:, None] - centre[0]
    c = np.arange(left, left + 2 * half + 1)[None, :] - centre[1]
    u, v = c * np.cos(angle) + r * np.sin(angle), r * np.cos(angle) - c * np.sin(angle)
    phi = np.arctan2(v / short, u / long)
    bend = np.ones_like(phi)
    rough = rng.uniform(0.01, 0.07)
    for order in range(2, 6):
        bend += rng.normal(0, rough * 2 / order) * np.cos(order * phi + rng.uniform(0, 2 * np.pi))
    return Nucleus(centre[0], centre[1], radius, top, left, np.hypot(u / long, v / short) / np.clip(bend, 0.6, 1.4))


def window(nucleus: Nucleus, side: int):
    """The part of a nucleus' box inside the image, as (image slices, box slices), or None."""
    height, width = nucleus.reach.shape
    r0, r1 = max(0, nucleus.top), min(side, nucleus.top + height)
    c0, c1 = max(0, nucleus.left), min(side, nucleus.left + width)
    if r0 >= r1 or c0 >= c1:
        return None
    return np.s_[r0:r1, c0:c1], np.s_[r0 - nucleus.top : r1 - nucleus.top, c0 - nucleus.left : c1 - nucleus.left]


def label_image(nuclei: list[Nucleus], side: int) -> np.ndarray:
    """Labels 1..n; where two overlap the pixel goes to the one whose centre is relatively nearer."""
    labels = np.zeros((side, side), np.int32)
    best = np.ones((side, side), np.float32)
    for number, nucleus in enumerate(nuclei, start=1):
        cut = window(nucleus, side)
        if cut is None:
            continue
        at, box = cut
        mine = nucleus.reach[box] < best[at]
        labels[at][mine] = number
        best[at][mine] = nucleus.reach[box][mine]
    return labels
