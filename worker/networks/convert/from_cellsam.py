"""Converts the weights of CellSAM to two ONNX graphs with a manifest for spatile.

    pip install git+https://github.com/vanvalenlab/cellSAM onnx
    python from_cellsam.py WEIGHTS --name cellsam --license 'see users.deepcell.org' --out OUT

WEIGHTS: the file cellsam_general.pt, which the package fetches for registered users. Needs about 8 GiB of memory.

`model.onnx` takes a patch, channels (blank, nucleus, whole cell) in 0..1, and gives boxes by falling score and the embedding of the
patch; `masks.onnx` takes the embedding and one box and gives the logits of its mask and the overlap it expects.
"""

import argparse
import os

import torch
import torch.nn.functional as F
from torch import nn

from manifest import write_manifest

PATCH = 400
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class NestedTensor:
    """A batch without padding, as the detector takes it."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.mask = torch.zeros(tensors.shape[0], *tensors.shape[-2:], dtype=torch.bool)


class Finder(nn.Module):
    """A patch to scores (queries), boxes (queries x 4: left, top, right, bottom, in pixels of the encoder) and its embedding."""

    def __init__(self, net):
        super().__init__()
        self.detector = net.cellfinder.decode_head
        self.encoder = segmenter(net).image_encoder
        self.side = self.encoder.img_size
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).reshape(1, 3, 1, 1))

    def forward(self, x):
        x = F.interpolate(x, size=(self.side, self.side), mode="bilinear", align_corners=False)
        # The detector has seen one stain in both channels where there is no other.
        blank, nuclei, cells = x[:, 0:1], x[:, 1:2], x[:, 2:3]
        both = torch.cat([blank, torch.where(nuclei.amax() == 0, cells, nuclei), torch.where(cells.amax() == 0, nuclei, cells)], 1)
        found = self.detector(NestedTensor(both))
        logits, boxes = found["pred_logits"], found["pred_boxes"]
        scores, places = torch.topk(logits.sigmoid().flatten(), logits.shape[1])
        x0, y0, width, height = boxes[0, places // logits.shape[2]].unbind(-1)
        corners = torch.stack([x0 - 0.5 * width, y0 - 0.5 * height, x0 + 0.5 * width, y0 + 0.5 * height], -1) * self.side
        return scores, corners, self.encoder((x - self.mean) / self.deviation)


class Masker(nn.Module):
    """An embedding and a box (1 x 4) to the mask's logits (patch x patch) and the IoU it expects (1)."""

    def __init__(self, net, patch):
        super().__init__()
        sam = segmenter(net)
        self.prompts, self.decoder = sam.prompt_encoder, sam.mask_decoder
        self.side, self.patch = sam.image_encoder.img_size, patch

    def forward(self, embedding, box):
        sparse, dense = self.prompts(points=None, boxes=box, masks=None)
        low, overlap = self.decoder(
            image_embeddings=embedding,
            image_pe=self.prompts.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=False,
        )
        for side in (self.side, self.patch):
            low = F.interpolate(low, size=(side, side), mode="bilinear", align_corners=False)
        return low[0, 0], overlap[0]


def segmenter(net):
    return net.model_cp if net.adv_mode else net.model


def export(net, out, patch):
    """Writes both graphs; a graph above protobuf's 2 GiB would need external data, these have about 0.8 and 0.02."""
    finder, masker = Finder(net).eval(), Masker(net, patch).eval()
    options = {"opset_version": 17, "dynamo": False}
    with torch.no_grad():
        sample = torch.rand(1, 3, patch, patch, generator=torch.Generator().manual_seed(1))
        embedding = finder(sample)[2]
        names = {"input_names": ["input"], "output_names": ["scores", "boxes", "embedding"]}
        torch.onnx.export(finder, (sample,), os.path.join(out, "model.onnx"), **names, **options)
        box = torch.tensor([[0.2, 0.2, 0.6, 0.7]]) * finder.side
        names = {"input_names": ["embedding", "box"], "output_names": ["mask", "overlap"]}
        torch.onnx.export(masker, (embedding, box), os.path.join(out, "masks.onnx"), **names, **options)
    return finder, masker


def fields_of(name, license_name, patch, pixel_um):
    return {
        "name": name,
        "method": "cellsam",
        "description": "CellSAM, converted",
        "license": license_name,
        "attribution": "Israel et al., bioRxiv 2023.11.17.567630",
        "input": {
            "axes": "NCHW",
            "channels": ["zero", "dapi", "boundary"],
            "normalise": {"kind": "percentile", "low": 0, "high": 99.9, "clip": True},
            "pixelSizeUm": pixel_um,
            "step": 16,
        },
        "receptiveFieldPx": patch,
        "size": {"expectedUm": 12, "maxUm": 30, "minAreaUm2": round(25 * pixel_um**2, 4)},
        "decode": {"masks": "masks.onnx", "patchPx": patch},
    }


def convert(weights_path, out, name, license_name, patch, pixel_um):
    from cellSAM.model import get_local_model

    net = get_local_model(weights_path).eval().float()
    os.makedirs(out, exist_ok=True)
    export(net, out, patch)
    return write_manifest(os.path.join(out, "model.onnx"), fields_of(name, license_name, patch, pixel_um), ["masks.onnx"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("--name", default="cellsam")
    parser.add_argument("--license", required=True)
    parser.add_argument("--pixel-size", type=float, default=0.5)
    parser.add_argument("--patch", type=int, default=PATCH)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    print(convert(options.weights, options.out, options.name, options.license, options.patch, options.pixel_size))
