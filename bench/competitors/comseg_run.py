"""Runs ComSeg on a Xenium-shaped bundle with its documented defaults: python comseg_run.py BUNDLE OUT.

Nuclei are the prior and the landmarks; writes OUT/assignment.csv with transcript_id and cell.
"""

import sys
from pathlib import Path

import pandas as pd
from comseg.dataset import ComSegDataset
from comseg.dictionary import ComSegDict

CELL_DIAMETER_UM = 15

bundle, out = Path(sys.argv[1]), Path(sys.argv[2])
spots = pd.read_parquet(bundle / "transcripts.parquet")
genes = spots["is_gene"] if "is_gene" in spots else ~spots["feature_name"].str.contains("Control|Codeword|BLANK")
spots = spots[genes & (spots["qv"] >= 20)].reset_index(drop=True)
vertices = pd.read_parquet(bundle / "nucleus_boundaries.parquet")
centres = vertices.groupby("cell_id", sort=True)[["vertex_x", "vertex_y"]].mean().reset_index()
number = {cell: k + 1 for k, cell in enumerate(centres["cell_id"])}
inside = spots["overlaps_nucleus"].astype(bool) & spots["cell_id"].isin(number)
table = pd.DataFrame(
    {
        "x": spots["x_location"],
        "y": spots["y_location"],
        "z": spots["z_location"],
        "gene": spots["feature_name"],
        "in_nucleus": spots["cell_id"].map(number).where(inside, 0).astype(int),
        "row": spots.index,
    }
)
(out / "spots").mkdir()
(out / "centres").mkdir()
table.to_csv(out / "spots/slide.csv", index=False)
pd.DataFrame(
    {
        "x": centres["vertex_x"],
        "y": centres["vertex_y"],
        "z": spots["z_location"].median(),
        "in_nucleus": centres["cell_id"].map(number),
    }
).to_csv(out / "centres/slide.csv", index=False)

dataset = ComSegDataset(
    path_dataset_folder=str(out / "spots"),
    prior_name="in_nucleus",
    dict_scale={"x": 1, "y": 1, "z": 1},
    mean_cell_diameter=CELL_DIAMETER_UM,
    image_csv_files=["slide.csv"],
    centroid_csv_files=["slide.csv"],
    path_cell_centroid=str(out / "centres"),
    disable_tqdm=True,
)
dataset.compute_edge_weight(n_neighbors=40, sampling=True, sampling_size=10000)
found = ComSegDict(dataset=dataset, mean_cell_diameter=CELL_DIAMETER_UM, disable_tqdm=True)
found.run_all(max_cell_radius=CELL_DIAMETER_UM, disable_tqdm=True)
found.anndata_from_comseg_result(return_polygon=False)
result = found["slide"].final_anndata.uns["df_spots"]
names = {k: cell for cell, k in number.items()}
# What ComSeg leaves out belongs to no cell.
cells = pd.Series("", index=spots.index)
cells.loc[result["row"].astype(int)] = result["cell_index_pred"].map(names).fillna("").to_numpy()
pd.DataFrame({"transcript_id": spots["transcript_id"], "cell": cells}).to_csv(out / "assignment.csv", index=False)
