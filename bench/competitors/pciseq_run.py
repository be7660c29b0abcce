"""Runs pciSeq on a Xenium-shaped bundle with its defaults: python pciseq_run.py BUNDLE OUT.

Nuclei are the label image; there are no single-cell data, so pciSeq infers the classes. Writes OUT/assignment.csv with
transcript_id and cell.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pciSeq
from scipy.sparse import coo_matrix
from skimage.draw import polygon

PIXEL_UM = 0.5

bundle, out = Path(sys.argv[1]), Path(sys.argv[2])
spots = pd.read_parquet(bundle / "transcripts.parquet")
genes = spots["is_gene"] if "is_gene" in spots else ~spots["feature_name"].str.contains("Control|Codeword|BLANK")
spots = spots[genes & (spots["qv"] >= 20)].reset_index(drop=True)
vertices = pd.read_parquet(bundle / "nucleus_boundaries.parquet")
low = np.minimum(vertices[["vertex_x", "vertex_y"]].min(), spots[["x_location", "y_location"]].min().to_numpy()).to_numpy()
high = np.maximum(vertices[["vertex_x", "vertex_y"]].max(), spots[["x_location", "y_location"]].max().to_numpy()).to_numpy()
width, height = (np.ceil((high - low) / PIXEL_UM).astype(int) + 1).tolist()
image = np.zeros((height, width), np.uint32)
names = [""]
for cell, outline in vertices.groupby("cell_id", sort=True):
    row, column = polygon(
        (outline["vertex_y"] - low[1]) / PIXEL_UM, (outline["vertex_x"] - low[0]) / PIXEL_UM, image.shape
    )
    free = image[row, column] == 0
    if free.any():
        image[row[free], column[free]] = len(names)
        names.append(cell)

_, called = pciSeq.fit(
    spots=pd.DataFrame(
        {
            "Gene": spots["feature_name"],
            "x": ((spots["x_location"] - low[0]) / PIXEL_UM).astype(int),
            "y": ((spots["y_location"] - low[1]) / PIXEL_UM).astype(int),
        }
    ),
    coo=coo_matrix(image),
    opts={"launch_diagnostics": False, "save_data": False, "output_path": [str(out)]},
)
if len(called) != len(spots):
    sys.exit(f"pciSeq gave {len(called)} spots; expected the {len(spots)} that it was given")
pd.DataFrame(
    {"transcript_id": spots["transcript_id"], "cell": [names[k] for k in called["neighbour"].astype(int)]}
).to_csv(out / "assignment.csv", index=False)
