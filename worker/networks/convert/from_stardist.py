"""Converts a published StarDist 2D model to ONNX with a manifest for spatile.

    pip install torch h5py numpy onnx
    python from_stardist.py FOLDER --name versatile-fluo --pixel-size 0.4 --license BSD-3-Clause --out OUT

FOLDER: the unpacked model (config.json, thresholds.json, weights_best.h5). TensorFlow is not needed.
"""

import argparse
import json
import os
import re
import sys

import h5py
import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "training"))
from export import to_onnx  # noqa: E402
from manifest import write_manifest  # noqa: E402
from network import StarNet  # noqa: E402


def network_of(config):
    """The network a config.json asks for. Refuses what published models do not use."""
    expected = {"n_dim": 2, "backbone": "unet", "unet_kernel_size": [3, 3], "unet_n_conv_per_depth": 2, "unet_pool": [2, 2]}
    for key, value in expected.items():
        found = config.get(key, value)
        if (list(found) if isinstance(found, (list, tuple)) else found) != value:
            sys.exit(f"config.json: {key} is {found}; only {value} can be converted")
    if config.get("unet_batch_norm") or config.get("n_classes"):
        sys.exit("config.json: models with batch normalisation or classes cannot be converted")
    grid = config["grid"]
    if grid[0] != grid[1]:
        sys.exit(f"config.json: the grid {grid} is not square")
    return StarNet(
        channels=config["n_channel_in"],
        base=config["unet_n_filter_base"],
        depth=config["unet_n_depth"],
        features=config["net_conv_after_unet"],
        grid=grid[0],
        rays=config["n_rays"],
    )


def layers_of(path):
    """Kernel and bias of every convolution, by layer name, in the order of the file."""
    layers = {}
    with h5py.File(path, "r") as file:
        root = file["model_weights"] if "model_weights" in file else file
        names = [name.decode() if isinstance(name, bytes) else name for name in root.attrs["layer_names"]]
        for name in names:
            weights = [w.decode() if isinstance(w, bytes) else w for w in root[name].attrs["weight_names"]]
            if weights:
                layers[name] = tuple(np.asarray(root[name][w]) for w in weights)
    return layers


def name_of(layer):
    """Where a layer of Keras belongs: (part, level, place)."""
    down = re.fullmatch(r"down_level_(\d+)_no_(\d+)", layer)
    if down:
        return "down", int(down[1]), int(down[2])
    up = re.fullmatch(r"up_level_(\d+)_no_(\d+)", layer)
    if up:
        return "up", int(up[1]), min(int(up[2]), 1)
    middle = re.fullmatch(r"middle_(\d+)", layer)
    if middle:
        return "middle", 0, min(int(middle[1]), 1)
    return (layer, 0, 0) if layer in ("features", "prob", "dist") else ("reduce", 0, 0)


def fill(net, layers):
    """Copies the weights of Keras (rows, columns, in, out) into the network."""
    reduce = [conv for pair in net.reduce for conv in pair]
    depth = len(net.down)
    for layer, (kernel, bias) in layers.items():
        part, level, place = name_of(layer)
        if part == "reduce":
            conv = reduce.pop(0)
        elif part == "down":
            conv = net.down[level][place]
        elif part == "middle":
            conv = net.middle[place]
        elif part == "up":
            conv = net.up[depth - 1 - level][place]
        else:
            conv = getattr(net, part)
        weight = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        if weight.shape != conv.weight.shape:
            sys.exit(f"{layer}: weights of {tuple(weight.shape)}, the network has {tuple(conv.weight.shape)}")
        conv.weight.data.copy_(weight)
        conv.bias.data.copy_(torch.from_numpy(bias))
    count = sum(p.numel() for p in net.parameters())
    found = sum(w.size for pair in layers.values() for w in pair)
    if count != found:
        sys.exit(f"weights: {found} numbers, the network has {count}")
    return net


def receptive_field(depth, grid):
    """Worst case over all paths in pixels (methods, section 2.3)."""
    return {(2, 1): 24, (2, 2): 51, (3, 1): 52, (3, 2): 107, (3, 4): 217}.get((depth, grid), 16 * grid * 2**depth)


def convert(folder, out, name, pixel_size, license_name):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    thresholds = {"prob": 0.5, "nms": 0.4}
    if os.path.exists(os.path.join(folder, "thresholds.json")):
        with open(os.path.join(folder, "thresholds.json")) as file:
            thresholds.update(json.load(file))
    net = fill(network_of(config), layers_of(os.path.join(folder, "weights_best.h5")))
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "model.onnx")
    to_onnx(net, path)
    depth, grid = config["unet_n_depth"], config["grid"][0]
    return write_manifest(
        path,
        {
            "name": name,
            "method": "stardist",
            "description": "StarDist 2D, converted",
            "license": license_name,
            "attribution": "Schmidt et al., MICCAI 2018",
            "input": {
                "axes": "NCHW",
                "channels": ["red", "green", "blue"] if config["n_channel_in"] == 3 else ["dapi"],
                "normalise": {"kind": "percentile", "low": 1, "high": 99.8},
                "pixelSizeUm": pixel_size,
                "step": grid * 2**depth,
            },
            "receptiveFieldPx": receptive_field(depth, grid),
            "decode": {
                "outputs": {"layout": "native"},
                "rays": config["n_rays"],
                "grid": grid,
                "probability": float(thresholds["prob"]),
                "overlap": float(thresholds["nms"]),
            },
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--name", required=True)
    parser.add_argument("--pixel-size", type=float, default=0.4)
    parser.add_argument("--license", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    print(convert(options.folder, options.out, options.name, options.pixel_size, options.license))
