"""What the Python originals make of recorded maps, and how long they take. Arguments: part, repeats, folder.

The folder holds `shape.json` (rows, columns, and what the part needs) and raw arrays; labels and `seconds.json` (processor time of
each round after the first) are written into it.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

part, repeats, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
shape = json.loads((folder / "shape.json").read_text())
rows, columns = shape["rows"], shape["columns"]


def read(name, dtype, *size):
    return np.fromfile(folder / name, dtype).reshape(*size)


def network():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(shape["model"], options, providers=["CPUExecutionProvider"])
    image = read("input.f32", np.float32, *shape["input"])
    return lambda: session.run(["prob", "dist"], {"input": image})[0]


def stardist():
    from stardist.geometry import polygons_to_label
    from stardist.nms import non_maximum_suppression

    grid = shape["grid"]
    prob = read("prob.f32", np.float32, *shape["cells"])
    dist = np.ascontiguousarray(read("dist.f32", np.float32, -1, *shape["cells"]).transpose(1, 2, 0).clip(1e-3))

    def run():
        points, scores, rays = non_maximum_suppression(
            dist, prob, grid=(grid, grid), nms_thresh=shape["overlap"], prob_thresh=shape["probability"], b=0
        )
        return polygons_to_label(rays, points, (rows, columns), prob=scores)

    return run


def flows_of(labels):
    """True flows with noise, as a network gives them, for both sides."""
    import torch
    from cellpose import dynamics

    rng = np.random.default_rng(13)
    # Numbers without gaps: the truth leaves out nuclei that others hide.
    labels = np.unique(labels, return_inverse=True)[1].reshape(rows, columns)
    flows, _ = dynamics.masks_to_flows_gpu(labels, device=torch.device("cpu"))
    flows = flows * 5 + rng.normal(0, 0.4, (2, rows, columns))
    logit = np.where(labels > 0, 3, -3) + rng.normal(0, 0.5, (rows, columns))
    return np.concatenate([flows, logit[None]]).astype(np.float32)


def cellpose():
    import torch
    from cellpose import dynamics

    torch.set_num_threads(1)
    maps = flows_of(read("truth.i32", np.int32, rows, columns))
    maps.tofile(folder / "maps.f32")
    device = torch.device("cpu")
    return lambda: dynamics.compute_masks(maps[:2], maps[2], niter=200, min_size=15, device=device)


def distance():
    from scipy import ndimage

    mask = read("mask.u8", np.uint8, rows, columns)
    return lambda: ndimage.distance_transform_edt(mask)


def flooding():
    from skimage.segmentation import watershed

    keys = read("keys.u16", np.uint16, rows, columns).astype(np.int32)
    seeds = np.zeros(rows * columns, np.int32)
    places = read("seeds.i32", np.int32, -1)
    seeds[places] = np.arange(1, len(places) + 1)
    seeds = seeds.reshape(rows, columns)
    return lambda: watershed(-keys, seeds, mask=keys > 0)


run = {"network": network, "stardist": stardist, "cellpose": cellpose, "distance": distance, "flooding": flooding}[part]()
seconds = []
found = None
for _ in range(repeats + 1):
    start = time.process_time()
    found = run()
    seconds.append(time.process_time() - start)
np.asarray(found).astype(np.float32 if part in ("network", "distance") else np.int32).tofile(folder / "found")
(folder / "seconds.json").write_text(json.dumps(seconds[1:]))
