"""Writes the trained network as ONNX beside its manifest, after choosing the thresholds on synthetic validation images.

    python export.py --weights FOLDER/weights.pt --out ../nuclei

The validation images are synthetic too, of seeds that training never saw; labelled real images take no part.
"""

import argparse
import hashlib
import os

import numpy as np
import torch

from network import StarNet
from samples import GRID, sample

VALIDATION_SEED = 7001
IMAGES = 40
SIDE = 256


def to_onnx(net, path):
    """One graph with free batch and sides; opset 17."""
    net.eval()
    example = torch.zeros(1, net.down[0][0].in_channels if not net.reduce else net.reduce[0][0].in_channels, 64, 64)
    free = {0: "batch", 2: "rows", 3: "columns"}
    grid = {0: "batch", 2: "gridRows", 3: "gridColumns"}
    torch.onnx.export(
        net,
        (example,),
        path,
        input_names=["input"],
        output_names=["prob", "dist"],
        dynamic_axes={"input": free, "prob": grid, "dist": grid},
        opset_version=17,
        dynamo=False,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = StarNet()
    net.load_state_dict(torch.load(options.weights, weights_only=True))
    net.eval()
    os.makedirs(options.out, exist_ok=True)
    path = os.path.join(options.out, "model.onnx")
    to_onnx(net, path)
    with open(path, "rb") as file:
        print("sha256", hashlib.sha256(file.read()).hexdigest(), "bytes", os.path.getsize(path))
    choose_thresholds(net)


def choose_thresholds(net):
    """Mean accuracy at IoU 0.3, 0.5 and 0.7 over the validation images, by threshold of probability and of overlap."""
    from stardist.matching import matching
    from stardist.nms import non_maximum_suppression
    from stardist.geometry import polygons_to_label

    pairs = [sample((VALIDATION_SEED, i), SIDE) for i in range(IMAGES)]
    maps = []
    with torch.no_grad():
        for image, _ in pairs:
            prob, dist = net(torch.from_numpy(image)[None, None])
            maps.append((prob[0, 0].numpy(), dist[0].permute(1, 2, 0).numpy()))
    for overlap in (0.3, 0.4, 0.5):
        for threshold in np.arange(0.3, 0.75, 0.05):
            found = []
            for prob, dist in maps:
                points, scores, rays = non_maximum_suppression(
                    dist.clip(1e-3), prob, grid=(GRID, GRID), b=None, nms_thresh=overlap, prob_thresh=threshold
                )
                found.append(polygons_to_label(rays, points, (SIDE, SIDE), prob=scores))
            row = []
            for iou in (0.3, 0.5, 0.7):
                judged = [matching(true, seen, iou) for (_, true), seen in zip(pairs, found)]
                tp = sum(j.tp for j in judged)
                row.append(tp / max(1, sum(j.tp + j.fp + j.fn for j in judged)))
            print(f"overlap {overlap:.1f} probability {threshold:.2f} mean {np.mean(row):.4f} ap50 {row[1]:.4f}")


if __name__ == "__main__":
    main()
