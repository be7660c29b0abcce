"""Writes the fixtures of CellSAM of tests/unit/network: a small network of its architecture with random weights, converted by our
script, with its output in Python; and masks with the labels that the original program makes of them. Checks that what is converted
computes what the original computes. Needs torch, onnx, segment_anything, scikit-image and the sources of CellSAM.

    python tests/interop/cellsam_network.py SOURCES FOLDER

SOURCES: the folder that holds the package `cellSAM`.
"""

import gzip
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent.parent / "worker/networks" / part) for part in ("convert", "training")]

import from_cellsam  # noqa: E402
from manifest import write_manifest  # noqa: E402
from scene import label_image, place  # noqa: E402

SIDE, WIDTH, PATCH, QUERIES = 128, 32, 80, 24


def originals(sources):
    """Parts of the package, without what only its command line needs."""
    package = types.ModuleType("cellSAM")
    package.__path__ = [str(Path(sources) / "cellSAM")]
    sys.modules["cellSAM"] = package
    from cellSAM.AnchorDETR.models import anchor_detr, backbone, transformer
    from cellSAM.utils import fill_holes_and_remove_small_masks

    # Position codes are as wide as the network.
    transformer.pos2posemb1d.__defaults__ = (WIDTH, 10000)
    transformer.pos2posemb2d.__defaults__ = (WIDTH // 2, 10000)
    return anchor_detr, backbone, transformer, fill_holes_and_remove_small_masks


def small_sam():
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    encoder = ImageEncoderViT(
        img_size=SIDE, patch_size=16, embed_dim=16, depth=2, num_heads=2, out_chans=WIDTH, qkv_bias=True,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True, window_size=3, global_attn_indexes=(1,),
    )  # fmt: skip
    prompts = PromptEncoder(WIDTH, (SIDE // 16, SIDE // 16), (SIDE, SIDE), mask_in_chans=4)
    decoder = MaskDecoder(
        transformer_dim=WIDTH, transformer=TwoWayTransformer(2, WIDTH, 4, 32), iou_head_depth=3, iou_head_hidden_dim=16
    )
    return Sam(encoder, prompts, decoder)


def small_network(anchor_detr, backbone, transformer):
    """CellSAM in its layout: narrow, with two layers in place of six and 24 anchors in place of 3,500."""
    body = backbone.ModifiedImageEncoderViT(small_sam().image_encoder)
    seen = backbone.SAMBackboneBase(body, False, False, False, sam_vit="vit_b")
    seen.num_channels = [16]
    head = transformer.Transformer(
        num_classes=2, d_model=WIDTH, nhead=4, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=32,
        num_feature_levels=1, num_query_position=QUERIES, num_query_pattern=1,
    )  # fmt: skip
    net = torch.nn.Module()
    net.cellfinder = torch.nn.Module()
    net.cellfinder.decode_head = anchor_detr.AnchorDETR(seen, head, 1, aux_loss=True)
    net.model = net.model_cp = small_sam()
    net.adv_mode = True
    with torch.no_grad():
        # Wide enough that queries differ and masks have both signs.
        for parameter in net.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
        head.position.weight.uniform_(0.1, 0.9)
    return net.eval()


def ramp(*shape):
    return torch.from_numpy(((np.arange(np.prod(shape)) * 37 % 101) / 101).astype(np.float32).reshape(shape))


def save(path, array):
    with open(path, "wb") as file:
        file.write(gzip.compress(np.ascontiguousarray(array).tobytes(), mtime=0))


@torch.no_grad()
def original_boxes(net, anchor_detr, patch):
    image = F.interpolate(patch, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    found = anchor_detr.PostProcess()(net.cellfinder.decode_head(image), torch.tensor([[SIDE, SIDE]]))[0]
    return found["scores"], found["boxes"]


@torch.no_grad()
def original_mask(net, embedding, box):
    sam = net.model_cp
    sparse, dense = sam.prompt_encoder(points=None, boxes=box[None, None], masks=None)
    low, overlap = sam.mask_decoder(embedding, sam.prompt_encoder.get_dense_pe(), sparse, dense, False)
    return sam.postprocess_masks(low, input_size=(SIDE, SIDE), original_size=(PATCH, PATCH))[0, 0], overlap[0]


def network(folder, anchor_detr, net):
    folder.mkdir(parents=True, exist_ok=True)
    finder, masker = from_cellsam.export(net, str(folder), PATCH)
    fields = from_cellsam.fields_of("cellsam", "test", PATCH, 0.5)
    write_manifest(str(folder / "model.onnx"), fields, ["masks.onnx"])
    patch = ramp(1, 3, PATCH, PATCH)
    with torch.no_grad():
        scores, boxes, embedding = finder(patch)
        mask, overlap = masker(embedding, boxes[:1])
    expected_scores, expected_boxes = original_boxes(net, anchor_detr, patch)
    assert torch.allclose(scores, expected_scores, atol=1e-6) and torch.allclose(boxes, expected_boxes, atol=1e-4)
    expected_mask, expected_overlap = original_mask(net, embedding, boxes[0])
    assert torch.allclose(mask, expected_mask, atol=1e-4) and torch.allclose(overlap, expected_overlap, atol=1e-5)
    values = [scores, boxes, embedding, mask[::4, ::4], overlap]
    save(folder / "outputs.gz", np.concatenate([value.numpy().ravel() for value in values]))


def masks(folder, fill_holes_and_remove_small_masks):
    """Logits of overlapping masks of true cells with noise, and what CellSAM makes of them."""
    rng = np.random.default_rng(14)
    side = 160
    truth = label_image([n for n in place(rng, side) if n.radius > 4], side)
    logits, overlaps = [], []
    for label in range(1, truth.max() + 1):
        inside = truth == label
        if inside.sum() == 0:
            continue
        disc = torch.from_numpy(inside[None].astype(np.float32))
        grown, near = [F.max_pool2d(disc, k, 1, k // 2)[0].numpy() > 0 for k in (3, 5)]
        turned = near & (rng.random((side, side)) < 0.02)
        logits.append(np.where(grown ^ turned, 40, -40))
        overlaps.append(0.3 if label % 7 == 0 else 0.9)
    raw = np.array(logits, np.int8)
    kept = [i for i, overlap in enumerate(overlaps) if overlap >= 0.5]
    painted = np.stack([(torch.sigmoid(torch.from_numpy(raw[i] / 16.0)) > 0.4).numpy() for i in kept]).astype(np.int64)
    labels = np.max(painted * np.arange(1, len(kept) + 1)[:, None, None], axis=0)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "logits.gz", raw)
    save(folder / "overlaps.gz", np.array(overlaps, np.float32))
    save(folder / "labels.gz", fill_holes_and_remove_small_masks(labels, min_size=25).astype(np.uint16))


def main(sources, out):
    torch.set_num_threads(1)
    torch.manual_seed(6)
    anchor_detr, backbone, transformer, fill_holes_and_remove_small_masks = originals(sources)
    network(out / "cellsam", anchor_detr, small_network(anchor_detr, backbone, transformer))
    masks(out / "cellsam-masks", fill_holes_and_remove_small_masks)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
