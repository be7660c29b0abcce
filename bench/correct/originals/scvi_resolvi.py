"""Trains ResolVI of scvi-tools with labels on one thread and names cells: python scvi_resolvi.py DATA SEED EPOCHS OUT.

DATA: slide (matrix.mtx, features.tsv, barcodes.tsv), places.csv, labelled.csv (barcode, label; "unknown" without one).
OUT: a JSON file with the label of each cell, the processor seconds of training and the loss of each epoch.
"""
import json
import sys
import time
from pathlib import Path

import anndata
import numpy as np
import scipy.io
import scvi
import torch
from scvi.external import RESOLVI

data, seed, epochs, out = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(1)
scvi.settings.seed = seed


def rows(name):
    return [line.split(",") for line in (data / name).read_text().strip().split("\n")[1:]]


counts = scipy.io.mmread(data / "slide/matrix.mtx").T.tocsr().astype(np.float32)
slide = anndata.AnnData(counts)
slide.obs_names = [row[0] for row in rows("places.csv")]
slide.obsm["X_spatial"] = np.array([[float(x), float(y)] for _, x, y in rows("places.csv")])
slide.obs["label"] = [row[1] for row in rows("labelled.csv")]
RESOLVI.setup_anndata(slide, labels_key="label", unlabeled_category="unknown")
model = RESOLVI(slide, semisupervised=True)
before = time.process_time()
model.train(max_epochs=epochs, accelerator="cpu", enable_progress_bar=False)
seconds = time.process_time() - before
named = model.predict(slide, soft=False)
loss = model.history["elbo_train"].iloc[:, 0].tolist() if "elbo_train" in model.history else []
Path(out).write_text(json.dumps({"labels": [str(name) for name in named], "seconds": seconds, "loss": loss}))
