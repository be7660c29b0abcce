"""Nuclei by the usual scikit-image pipeline, for comparison. Arguments: rows, columns, pixel size in um, image, labels."""

import json
import sys
import time

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_local, threshold_otsu
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

rows, columns, pixel_um = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
image = np.fromfile(sys.argv[4], np.float32).reshape(rows, columns)
start = time.process_time()
smooth = gaussian(image, 0.5 / pixel_um, preserve_range=True)
block = 2 * int(12 / pixel_um) + 1
mask = (smooth > 0.5 * threshold_otsu(smooth)) & (smooth > threshold_local(smooth, block))
mask = ndimage.binary_fill_holes(ndimage.binary_opening(mask))
depth = gaussian(ndimage.distance_transform_edt(mask), 0.5 / pixel_um, preserve_range=True)
peaks = peak_local_max(depth, min_distance=max(1, int(2 / pixel_um)), labels=mask.astype(int))
seeds = np.zeros(image.shape, np.int32)
seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
labels = remove_small_objects(watershed(-depth, seeds, mask=mask), int(8 / pixel_um**2))
seconds = time.process_time() - start
labels.astype(np.int32).tofile(sys.argv[5])
with open(sys.argv[5] + ".json", "w") as file:
    json.dump({"seconds": seconds}, file)
