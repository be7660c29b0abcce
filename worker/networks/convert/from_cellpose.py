"""Converts published weights of Cellpose 1 to 3 (cyto, cyto2, cyto3, nuclei) to ONNX with a manifest for spatile.

    pip install torch onnx
    python from_cellpose.py WEIGHTS --name cyto3 --diameter-um 12 --license 'CC-BY-NC-4.0 (training data)' --out OUT

WEIGHTS: a file of https://www.cellpose.org/models/. The package cellpose is not needed.
"""

import argparse
import os

import torch

from cpnet import CPnet
from manifest import write_manifest

PATCH = 224


def network_of(weights_path):
    """The network with published weights in evaluation mode. The widths follow the weights."""
    state = torch.load(weights_path, map_location="cpu", weights_only=True)
    state = {key.removeprefix("module."): value for key, value in state.items()}
    net = CPnet()
    missing, unexpected = net.load_state_dict(state, strict=False)
    if [key for key in missing if not key.startswith("diam")] or unexpected:
        raise SystemExit(f"{weights_path}: not the weights of Cellpose 1 to 3 (missing {missing[:3]}, unexpected {unexpected[:3]})")
    return net.eval()


def export(net, path, channels, patch):
    torch.onnx.export(
        net,
        (torch.zeros(1, channels, patch, patch),),
        path,
        input_names=["input"],
        output_names=["y"],
        dynamic_axes={"input": {0: "batch"}, "y": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def convert(weights_path, out, name, diameter_um, license_name, nuclei):
    net = network_of(weights_path)
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "model.onnx")
    export(net, path, 2, PATCH)
    diameter_px = float(net.diam_mean[0])
    return write_manifest(path, fields_of(name, license_name, nuclei, diameter_um, diameter_px, PATCH))


def fields_of(name, license_name, nuclei, diameter_um, diameter_px, patch, channels=None):
    return {
        "name": name,
        "method": "cellpose",
        "description": "Cellpose, converted",
        "license": license_name,
        "attribution": "Stringer et al., Nat Methods 18:100, 2021",
        "input": {
            "axes": "NCHW",
            "channels": channels or (["dapi", "zero"] if nuclei else ["boundary", "dapi"]),
            "normalise": {"kind": "percentile", "low": 1, "high": 99},
            "pixelSizeUm": round(diameter_um / diameter_px, 6),
            "step": 16,
        },
        "receptiveFieldPx": patch,
        "size": {"expectedUm": diameter_um, "maxUm": 2.5 * diameter_um, "minAreaUm2": round(15 * (diameter_um / diameter_px) ** 2, 4)},
        "decode": {"patchPx": patch},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("--name", required=True)
    parser.add_argument("--diameter-um", type=float, required=True)
    parser.add_argument("--license", required=True)
    parser.add_argument("--nuclei", action="store_true", help="a model of nuclei: one stain, no second channel")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    print(convert(options.weights, options.out, options.name, options.diameter_um, options.license, options.nuclei))
