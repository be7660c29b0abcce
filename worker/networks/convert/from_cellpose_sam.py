"""Converts the weights of Cellpose-SAM (Cellpose 4) to ONNX with a manifest for spatile.

    pip install cellpose onnx
    python from_cellpose_sam.py WEIGHTS --name cpsam --diameter-um 12 --license 'see the model page' --out OUT

WEIGHTS: the file cpsam of https://huggingface.co/mouseland/cellpose-sam. Needs about 6 GiB of memory.
"""

import argparse
import os

import torch
from torch import nn

from from_cellpose import export, fields_of
from manifest import write_manifest

PATCH = 256


class MapsAlone(nn.Module):
    """The network without the style that later versions keep for compatibility."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)[0]


def network_of(weights_path):
    from importlib import import_module

    vit = import_module("cellpose.vit") if has_module("cellpose.vit") else import_module("cellpose.vit_sam")
    make = getattr(vit, "CPSAM", None) or getattr(vit, "Transformer")
    net = make(dtype=torch.float32)
    net.load_state_dict(torch.load(weights_path, map_location="cpu", weights_only=True), strict=False)
    return net.eval().float()


def has_module(name):
    from importlib.util import find_spec

    return find_spec(name) is not None


def convert(weights_path, out, name, diameter_um, license_name):
    net = MapsAlone(network_of(weights_path)).eval()
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "model.onnx")
    export(net, path, 3, PATCH)
    fields = fields_of(name, license_name, False, diameter_um, 30.0, PATCH, ["boundary", "dapi", "zero"])
    return write_manifest(path, {**fields, "description": "Cellpose-SAM, converted"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("--name", default="cpsam")
    parser.add_argument("--diameter-um", type=float, required=True)
    parser.add_argument("--license", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    print(convert(options.weights, options.out, options.name, options.diameter_um, options.license))
