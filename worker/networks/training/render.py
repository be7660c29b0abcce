"""How synthetic nuclei look: a fluorescent nuclear stain, or the red absorption of an H&E section."""

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from scene import Nucleus, place, window


def smooth_noise(rng: np.random.Generator, side: int, scale: float) -> np.ndarray:
    """Zero-mean noise of unit sd whose grain is about `scale` pixels."""
    coarse = max(2, int(np.ceil(side / scale)) + 2)
    noise = zoom(rng.normal(0, 1, (coarse, coarse)), (side + 1) / coarse + 0.05, order=1)[:side, :side]
    return (noise - noise.mean()) / (noise.std() + 1e-9)


def fluorescence(rng: np.random.Generator, nuclei: list[Nucleus], side: int) -> np.ndarray:
    """One channel, nuclei bright: texture, uneven stain, haze, nuclei out of focus, debris, uneven light, noise."""
    stain = _stained(rng, nuclei, side)
    ghosts = _stained(rng, place(rng, side), side) if rng.random() < 0.35 else np.zeros((side, side))
    light = stain + rng.uniform(0.1, 0.5) * gaussian_filter(ghosts, rng.uniform(3, 9))
    light = gaussian_filter(light, rng.uniform(0.4, 2.2))
    light += rng.uniform(0, 0.4) * gaussian_filter(light, rng.uniform(8, 30))
    if rng.random() < 0.4:
        light += rng.uniform(0.05, 0.35) * gaussian_filter((stain > 0).astype(float), rng.uniform(2, 6))
    light += rng.uniform(0, 0.3) + rng.uniform(0, 0.08) * smooth_noise(rng, side, rng.uniform(6, 40))
    light += _debris(rng, side)
    light *= 1 + rng.uniform(0, 0.3) * np.clip(smooth_noise(rng, side, side / 2), -2, 2)
    return _camera(rng, np.clip(light, 0, None))


def histology(rng: np.random.Generator, nuclei: list[Nucleus], side: int) -> np.ndarray:
    """Red absorption (1 - R) of an H&E section by Beer-Lambert: haematoxylin takes red, eosin hardly any."""
    haematoxylin = _stained(rng, nuclei, side) * rng.uniform(0.5, 1.6)
    if rng.random() < 0.5:
        haematoxylin += 0.4 * gaussian_filter(_stained(rng, place(rng, side), side), rng.uniform(2, 5))
    tissue = np.clip(1 + 0.5 * smooth_noise(rng, side, rng.uniform(8, 30)), 0, None)
    tissue *= np.clip(1 + 0.4 * smooth_noise(rng, side, rng.uniform(2, 5)), 0, None)
    if rng.random() < 0.4:
        tissue *= smooth_noise(rng, side, rng.uniform(20, 60)) > rng.uniform(-1.5, -0.5)
    density = rng.uniform(0.55, 0.7) * haematoxylin + rng.uniform(0.02, 0.2) * tissue
    density = gaussian_filter(density, rng.uniform(0.4, 1.5))
    red = rng.uniform(0.85, 1.0) * np.exp(-density)
    return 1 - red + rng.normal(0, rng.uniform(0.005, 0.03), red.shape)


def _stained(rng: np.random.Generator, nuclei: list[Nucleus], side: int) -> np.ndarray:
    """Stain per pixel: brightness varies between nuclei, profile and texture within; overlaps add up in part."""
    stain = np.zeros((side, side))
    unequal = rng.uniform(0.05, 0.6)
    profile = rng.uniform(0, 0.7)
    rim = rng.uniform(0, 0.4) if rng.random() < 0.3 else 0.0
    add = rng.uniform(0, 0.8)
    for nucleus in nuclei:
        cut = window(nucleus, side)
        if cut is None:
            continue
        at, box = cut
        reach = nucleus.reach[box]
        shade = np.where(reach < 1, 1 - profile * np.minimum(reach, 1) ** 2 + rim * (reach > 0.75), 0)
        shade *= np.clip(np.exp(rng.normal(0, unequal)), 0.2, 3)
        stain[at] = np.maximum(stain[at], shade) + add * np.minimum(stain[at], shade)
    grain = rng.uniform(0, 0.35) * smooth_noise(rng, side, rng.uniform(1.2, 4))
    blotch = rng.uniform(0, 0.25) * smooth_noise(rng, side, rng.uniform(4, 9))
    spots = rng.uniform(0, 1.2) * (smooth_noise(rng, side, rng.uniform(1.5, 3)) > 1.8) if rng.random() < 0.4 else 0.0
    return stain * np.clip(1 + grain + blotch + spots, 0.15, 4)


def _debris(rng: np.random.Generator, side: int) -> np.ndarray:
    """Specks and threads that are no nuclei."""
    dirt = np.zeros((side, side))
    if rng.random() < 0.5:
        at = rng.integers(0, side, (int(rng.integers(1, 25)), 2))
        dirt[at[:, 0], at[:, 1]] = rng.uniform(1, 12, len(at))
        dirt = gaussian_filter(dirt, rng.uniform(0.6, 1.5))
    if rng.random() < 0.15:
        along = np.arange(0, 2 * side) / 2
        bent = rng.uniform(0, side) + along * rng.uniform(-1, 1) + 6 * np.sin(along / rng.uniform(8, 40))
        inside = (bent >= 0) & (bent < side - 1)
        thread = np.zeros((side, side))
        thread[along[inside].astype(int), bent[inside].astype(int)] = 1
        dirt += rng.uniform(0.5, 2) * gaussian_filter(thread if rng.random() < 0.5 else thread.T, rng.uniform(0.8, 2))
    return dirt


def _camera(rng: np.random.Generator, light: np.ndarray) -> np.ndarray:
    """Photon noise, read noise, gamma and saturation."""
    gain = np.exp(rng.uniform(np.log(25), np.log(600)))
    seen = rng.poisson(light * gain) / gain + rng.normal(0, rng.uniform(0.003, 0.06), light.shape)
    if rng.random() < 0.3:
        seen = np.clip(seen, 0, None) ** rng.uniform(0.6, 1.4)
    return np.minimum(seen, np.percentile(seen, rng.uniform(92, 99.5))) if rng.random() < 0.2 else seen
