"""Writes the fixtures of tests/unit/network: networks of random weights in the published layouts with their output in Python,
and maps with the labels that the original programs make of them. Needs torch, onnx, h5py, stardist and cellpose (4).

    python tests/interop/networks.py FOLDER

A network's input is `(37 i mod 101) / 101` at place i, so that the tests can make it themselves.
"""

import gzip
import json
import os
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent.parent / "worker/networks" / part) for part in ("convert", "training")]

import from_cellpose  # noqa: E402
import from_cellpose_sam  # noqa: E402
import from_stardist  # noqa: E402
from cpnet import CPnet  # noqa: E402
from network import StarNet  # noqa: E402
from scene import label_image, place  # noqa: E402
from targets import distances, probability  # noqa: E402


def ramp(*shape):
    return torch.from_numpy(((np.arange(np.prod(shape)) * 37 % 101) / 101).astype(np.float32).reshape(shape))


def save(path, array):
    with open(path, "wb") as file:
        file.write(gzip.compress(np.ascontiguousarray(array).tobytes(), mtime=0))


def star_network(folder):
    """A StarDist folder as the package writes it, converted by our script."""
    torch.manual_seed(3)
    net = StarNet(base=4, depth=2, features=8, grid=2, rays=16).eval()
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    config = {"n_dim": 2, "backbone": "unet", "n_channel_in": 1, "unet_n_filter_base": 4, "unet_n_depth": 2,
              "net_conv_after_unet": 8, "grid": [2, 2], "n_rays": 16}  # fmt: skip
    (source / "config.json").write_text(json.dumps(config))
    (source / "thresholds.json").write_text(json.dumps({"prob": 0.4, "nms": 0.3}))
    names = ["conv2d", "conv2d_1"]
    layers = [conv for pair in net.reduce for conv in pair]
    for level, pair in enumerate(net.down):
        names += [f"down_level_{level}_no_0", f"down_level_{level}_no_1"]
        layers += list(pair)
    names += ["middle_0", "middle_2"]
    layers += list(net.middle)
    for level, pair in zip(reversed(range(2)), net.up):
        names += [f"up_level_{level}_no_0", f"up_level_{level}_no_2"]
        layers += list(pair)
    names += ["features", "prob", "dist"]
    layers += [net.features, net.prob, net.dist]
    with h5py.File(source / "weights_best.h5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in names]
        for name, layer in zip(names, layers):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            group[f"{name}/kernel:0"] = layer.weight.detach().numpy().transpose(2, 3, 1, 0)
            group[f"{name}/bias:0"] = layer.bias.detach().numpy()
    from_stardist.convert(str(source), str(folder), "star", 0.4, "test")
    with torch.no_grad():
        prob, dist = net(ramp(1, 1, 48, 64))
    save(folder / "prob.gz", prob.numpy())
    save(folder / "dist.gz", dist.numpy())
    for name in ("config.json", "thresholds.json", "weights_best.h5"):
        os.remove(source / name)
    source.rmdir()


def cellpose_network(folder):
    """Cellpose 1 to 3 in its layout with few channels."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(4)
    net = CPnet(widths=(2, 4, 6, 8, 10)).eval()
    from_cellpose.export(net, str(folder / "model.onnx"), 2, 64)
    fields = from_cellpose.fields_of("flows", "test", False, 12, 30.0, 64)
    from_cellpose.write_manifest(str(folder / "model.onnx"), fields)
    with torch.no_grad():
        save(folder / "y.gz", net(ramp(1, 2, 64, 64)).numpy())


def sam_network(folder):
    """Cellpose-SAM in its layout: two blocks of width 16 in place of 24 of 1024."""
    folder.mkdir(parents=True, exist_ok=True)
    import cellpose.vit as vit
    from segment_anything.modeling import ImageEncoderViT

    class Small:
        image_encoder = None

    def build(_):
        small = Small()
        small.image_encoder = ImageEncoderViT(
            img_size=1024, patch_size=16, embed_dim=16, depth=2, num_heads=2, out_chans=8, qkv_bias=True,
            use_rel_pos=True, window_size=14, global_attn_indexes=(1,),
        )  # fmt: skip
        return small

    torch.manual_seed(5)
    published = vit.sam_model_registry
    vit.sam_model_registry = {"vit_l": build}
    net = vit.CPSAM(ps=8, bsize=256, dtype=torch.float32).eval()
    vit.sam_model_registry = published
    with torch.no_grad():
        # Random position embeddings are what a test can tell from none.
        for parameter in net.parameters():
            if parameter is not net.W2:
                parameter.normal_(0, 0.2)
    alone = from_cellpose_sam.MapsAlone(net).eval()
    from_cellpose.export(alone, str(folder / "model.onnx"), 3, 256)
    fields = from_cellpose.fields_of("sam", "test", False, 12, 30.0, 256, ["boundary", "dapi", "zero"])
    from_cellpose.write_manifest(str(folder / "model.onnx"), fields)
    with torch.no_grad():
        save(folder / "y.gz", alone(ramp(1, 3, 256, 256))[:, :, ::4, ::4].numpy())


def passthrough(folder, channels):
    """A graph that gives back what it takes: decoding alone."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = [None, channels, None, None]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["y"])],
        "passthrough",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")


SIDE = 160


def scene():
    rng = np.random.default_rng(11)
    return label_image([n for n in place(rng, SIDE) if n.radius > 4], SIDE)


def star_maps(folder):
    """Maps of true polygons with noise, and what StarDist makes of them."""
    from stardist.geometry import polygons_to_label
    from stardist.nms import non_maximum_suppression

    rng = np.random.default_rng(12)
    labels = scene()
    prob = np.clip(probability(labels, 2) + rng.normal(0, 0.05, (SIDE // 2, SIDE // 2)), 0, 1)
    prob = (np.round(prob * 65535) / 65535).astype(np.float32)
    noisy = distances(labels, 2) * np.exp(rng.normal(0, 0.06, (32, SIDE // 2, SIDE // 2)))
    dist = (np.round(noisy * 32).clip(0, 65535)).astype(np.uint16)
    points, scores, rays = non_maximum_suppression(
        (dist / 32).astype(np.float32).transpose(1, 2, 0).clip(1e-3), prob, grid=(2, 2), b=None, nms_thresh=0.4, prob_thresh=0.4
    )
    found = polygons_to_label(rays, points, (SIDE, SIDE), prob=scores)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "prob.gz", np.round(prob * 65535).astype(np.uint16))
    save(folder / "dist.gz", dist)
    save(folder / "labels.gz", found.astype(np.uint16))


def flow_maps(folder):
    """Flows of true masks with noise, and what Cellpose makes of them."""
    from cellpose import dynamics

    rng = np.random.default_rng(13)
    labels = scene()
    flows, _ = dynamics.masks_to_flows_gpu(labels, device=torch.device("cpu"))
    flows = flows * 5 + rng.normal(0, 0.4, (2, SIDE, SIDE))
    logit = np.where(labels > 0, 3, -3) + rng.normal(0, 0.5, (SIDE, SIDE))
    maps = np.round(np.concatenate([flows, logit[None]]) * 4096).clip(-32768, 32767).astype(np.int16)
    real = (maps / 4096).astype(np.float32)
    found = dynamics.compute_masks(real[:2], real[2], niter=200, min_size=15, device=torch.device("cpu"))
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "maps.gz", maps)
    save(folder / "labels.gz", found.astype(np.uint16))


def main(out):
    torch.set_num_threads(1)
    star_network(out / "star")
    cellpose_network(out / "flows")
    sam_network(out / "sam")
    passthrough(out / "three", 3)
    star_maps(out / "star-maps")
    flow_maps(out / "flow-maps")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
