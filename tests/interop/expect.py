"""Says what a store must hold, from an independent reading of the raw bundle.

expect.py KIND BUNDLE OUT.json [--min-qv 20] [--z-step-um 1.5] [--pixel-size-um 0.120280945]

KIND is xenium, merscope or cosmx. Writes OUT.json (counts, features, image) and OUT.parquet (one row per transcript that
must be in the output: transcript_id, x, y, z, feature_name, qv). Uses pandas, pyarrow and tifffile; nothing of spatile.
"""

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import tifffile

CONTROLS = {
    "xenium": re.compile(r"^(NegControl|UnassignedCodeword|DeprecatedCodeword|Intergenic_Region|BLANK_|antisense_)"),
    "merscope": re.compile(r"^blank", re.IGNORECASE),
    "cosmx": re.compile(r"^(FalseCode|SystemControl|NegPrb|Negative)"),
}


def scaled(values, factor):
    """Products in double precision, rounded once to float32."""
    return (np.asarray(values, dtype=np.float64) * factor).astype(np.float32)


def xenium(bundle, options):
    names = ["transcript_id", "x_location", "y_location", "z_location", "feature_name", "qv"]
    raw = pq.read_table(bundle / "transcripts.parquet", columns=names).to_pandas()
    raw = raw[raw["qv"] >= options.min_qv]
    features = raw["feature_name"]
    if features.map(type).eq(bytes).any():
        features = features.str.decode("utf-8")
    return pd.DataFrame(
        {
            "transcript_id": raw["transcript_id"].astype(np.uint64),
            "x": scaled(raw["x_location"], 1),
            "y": scaled(raw["y_location"], 1),
            "z": scaled(raw["z_location"], 1),
            "feature_name": features.astype(str),
            "qv": raw["qv"].astype(np.float32),
        }
    )


def merscope(bundle, options):
    raw = pd.read_csv(bundle / "detected_transcripts.csv")
    return pd.DataFrame(
        {
            # The file's own transcript_id names a gene's transcript and repeats, so rows are numbered.
            "transcript_id": np.arange(len(raw), dtype=np.uint64),
            "x": scaled(raw["global_x"], 1),
            "y": scaled(raw["global_y"], 1),
            "z": scaled(raw["global_z"], options.z_step_um),
            "feature_name": raw["gene"].astype(str),
        }
    )


def cosmx(bundle, options):
    (path,) = bundle.glob("*_tx_file.csv*")
    raw = pd.read_csv(path, keep_default_na=False)
    return pd.DataFrame(
        {
            "transcript_id": np.arange(len(raw), dtype=np.uint64),
            "x": scaled(raw["x_global_px"].astype(float), options.pixel_size_um),
            # Global y runs up in these exports; the slide's frame has y down.
            "y": scaled(raw["y_global_px"].astype(float), -options.pixel_size_um),
            "z": scaled(raw["z"].astype(float), options.z_step_um),
            "feature_name": raw["target"].astype(str),
        }
    )


def read_channels(files):
    """Shape and digest of every channel (one page each), decoded by tifffile."""
    planes = [tifffile.TiffFile(path).pages[0].asarray() for path in files]
    return {
        "shape": [len(planes), *planes[0].shape],
        "dtype": str(planes[0].dtype),
        "sha256": [hashlib.sha256(np.ascontiguousarray(plane).tobytes()).hexdigest() for plane in planes],
    }


def xenium_image(bundle):
    files = sorted(bundle.glob("morphology_focus.ome.tif")) or sorted(bundle.glob("morphology_focus/*.ome.tif"))
    if not files:
        return None
    pixel = json.loads((bundle / "experiment.xenium").read_text())["pixel_size"]
    to_global = [[1 / pixel, 0, 0], [0, 1 / pixel, 0], [0, 0, 1]]
    return {"name": "morphology_focus", "um_to_global": to_global, **read_channels(files)}


def merscope_image(bundle):
    transform = bundle / "images" / "micron_to_mosaic_pixel_transform.csv"
    if not transform.exists():
        return None
    files = sorted((bundle / "images").glob("mosaic_*_z0.tif"))
    to_global = np.loadtxt(transform.read_text().replace(",", " ").splitlines()).tolist()
    return {"name": "mosaic_z0", "um_to_global": to_global, **read_channels(files)}


READERS = {"xenium": (xenium, xenium_image), "merscope": (merscope, merscope_image), "cosmx": (cosmx, lambda _: None)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=READERS)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--min-qv", type=float, default=20)
    parser.add_argument("--z-step-um", type=float, default=1.5)
    parser.add_argument("--pixel-size-um", type=float, default=0.120280945)
    options = parser.parse_args()
    read, image = READERS[options.kind]
    table = read(options.bundle, options)
    table.to_parquet(options.out.with_suffix(".parquet"), index=False)
    is_control = table["feature_name"].map(lambda name: bool(CONTROLS[options.kind].search(name)))
    expected = {
        "transcripts": len(table),
        "controls": int(is_control.sum()),
        "control_names": sorted(table["feature_name"][is_control].unique()),
        "features": {name: int(count) for name, count in table["feature_name"].value_counts().sort_index().items()},
        "image": image(options.bundle),
    }
    options.out.write_text(json.dumps(expected, indent=1))
    print(f"expected: {len(table)} transcripts, {expected['controls']} of them controls, {len(expected['features'])} features")


if __name__ == "__main__":
    main()
