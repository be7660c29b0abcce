"""Opens a store that spatile wrote with the Python packages people use, and compares it with what must be in it.

check.py STORE [EXPECTED.json]

EXPECTED.json comes from expect.py; without it only what a store must fulfil by itself is checked. Every warning that
Python raises on the way is a failure unless ALLOWED names it. Exits 1 after listing all failures.
"""

import hashlib
import json
import re
import shutil
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import anndata
import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
import spatialdata
import zarr
from spatialdata.models import get_model
from spatialdata.testing import assert_spatial_data_objects_are_identical
from spatialdata.transformations import get_transformation

# (where, category, message): why it may be.
ALLOWED = [
    # Listing a group without consolidated metadata meets the Parquet files, in stores that Python wrote just the same.
    ("listing", "ZarrUserWarning", r"(points|shapes)\.parquet .*not recognized as a component of a Zarr hierarchy"),
    # spatialdata 0.7 and anndata 0.12 about their own use of other packages, whoever wrote the store.
    ("reading", "DeprecationWarning", r"^Call to deprecated class Scaler"),
    ("write back", "UserWarning", r"^zarr v3 autosharding will be the default"),
]

failures = []


def check(condition, message):
    if not condition:
        failures.append(message)
        print(f"  FAILED: {message}")


class Step:
    """Prints the title and turns warnings of the step into failures."""

    def __init__(self, title):
        self.title = title

    def __enter__(self):
        print(f"- {self.title}")
        self.catcher = warnings.catch_warnings(record=True)
        self.caught = self.catcher.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, kind, error, trace):
        self.catcher.__exit__(None, None, None)
        for warning in {(w.category.__name__, str(w.message).split("\n")[0]) for w in self.caught}:
            allowed = any(self.title == t and re.search(c, warning[0]) and re.search(m, warning[1]) for t, c, m in ALLOWED)
            if not allowed:
                check(False, f"{self.title}: {warning[0]}: {warning[1]}")
        if error is not None and not isinstance(error, KeyboardInterrupt):
            check(False, f"{self.title}: {kind.__name__}: {error}")
            return True
        return False


def consolidated(path):
    """1: the same nodes with and without consolidated metadata."""
    with_metadata = zarr.open_group(path, mode="r", use_consolidated=True)
    without = zarr.open_group(path, mode="r", use_consolidated=False)
    listed, found = ({name for name, _ in group.members(max_depth=None)} for group in (with_metadata, without))
    check(listed == found, f"consolidated metadata differs: {sorted(listed ^ found)[:5]}")


def matrix_of_points(points, table):
    """Counts of gene transcripts by (cell, gene), in the order of the table."""
    assigned = points[(points["cell_id"] != "") & ~points["is_control"]]
    rows = table.obs_names.get_indexer(assigned["cell_id"])
    columns = table.var_names.get_indexer(assigned["feature_name"].astype(str))
    check((rows >= 0).all(), "a transcript names a cell that is not in the table")
    check((columns >= 0).all(), "a transcript that is no control names a gene that is not in the table")
    counts = np.zeros(table.shape, dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts


def conservation(points, table):
    """3: the table counts exactly the assigned transcripts."""
    counts = table.X.toarray()
    check(np.array_equal(counts, np.rint(counts)), "X holds other numbers than integers")
    check(np.array_equal(counts, matrix_of_points(points, table)), "X differs from the transcripts counted by cell and gene")
    check(points["transcript_id"].is_unique, "transcript ids repeat")
    check(np.isfinite(points[["x", "y"]].to_numpy()).all(), "coordinates are not finite")
    check(points["probability"].between(0, 1).all(), "probabilities lie outside 0 to 1")


def against_input(points, table, expected, folder):
    """3: every transcript of the input, once, at its place, with its name."""
    raw = pd.read_parquet(folder).sort_values("transcript_id", ignore_index=True)
    ours = points.sort_values("transcript_id", ignore_index=True)
    check(len(ours) == expected["transcripts"], f"{len(ours)} transcripts, the input has {expected['transcripts']}")
    if len(ours) != len(raw) or not np.array_equal(ours["transcript_id"], raw["transcript_id"]):
        check(False, "the transcript ids are not those of the input")
        return
    for column in [name for name in ("x", "y", "z", "qv") if name in raw]:
        check(column in ours and np.array_equal(ours[column], raw[column]), f"column {column} differs from the input")
    check((ours["feature_name"].astype(str) == raw["feature_name"]).all(), "feature names differ from the input")
    check(int(ours["is_control"].sum()) == expected["controls"], "the number of controls differs from the input")
    names = set(ours["feature_name"][ours["is_control"]].astype(str))
    check(names == set(expected["control_names"]), "other features are controls than in the input")
    genes = set(expected["features"]) - names
    check(genes <= set(table.var_names), f"genes of the input are missing in var: {sorted(genes - set(table.var_names))[:5]}")
    check(not names & set(table.var_names), "controls are in var")


def types(sdata, points, table):
    """4: types that other tools rely on."""
    features = points["feature_name"]
    check(isinstance(features.dtype, pd.CategoricalDtype), f"feature_name is {features.dtype}, not categorical")
    check(set(table.var_names) <= set(features.cat.categories), "a gene is missing among the categories")
    check(points.index.is_unique, "the index of the points is not unique")
    check(str(points["transcript_id"].dtype) == "uint64", f"transcript_id is {points['transcript_id'].dtype}")
    check(points["is_control"].dtype == bool, f"is_control is {points['is_control'].dtype}")
    check(pd.api.types.is_string_dtype(points["cell_id"]), f"cell_id is {points['cell_id'].dtype}")
    link = table.uns["spatialdata_attrs"]
    check(link["region"] in sdata.shapes, f"the table annotates {link['region']}, which is not there")
    check(isinstance(table.obs[link["region_key"]].dtype, pd.CategoricalDtype), "the region column is not categorical")
    check(np.issubdtype(table.X.dtype, np.integer), f"X is {table.X.dtype}")


def overlap(polygons):
    """The largest area that two of the polygons share."""
    a, b = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = a < b
    shared = shapely.area(shapely.intersection(polygons[a[pairs]], polygons[b[pairs]]))
    return shared.max(initial=0)


def posterior(table):
    """5b: expected counts and their intervals fit each other, where a method that draws samples wrote them."""
    if "expected" not in table.layers:
        return
    expected, low, high = (table.layers[name] for name in ("expected", "counts_low", "counts_high"))
    check(expected.data.min(initial=1) > 0, "an expected count is not positive")
    check(((low - high) > 0).nnz == 0, "an interval ends before it begins")
    check(((expected - high) > 1).nnz == 0 and ((low - expected) > 1).nnz == 0, "an expected count lies outside its interval")
    totals = np.asarray(expected.sum(axis=1)).ravel()
    obs = table.obs
    check((totals <= obs["transcripts_expected"] * 1.01 + 1).all(), "expected counts are more than the cell's transcripts")
    check((obs["transcripts_low"] <= obs["transcripts_high"]).all(), "an interval of a cell ends before it begins")
    check(obs["boundary_uncertainty"].between(0, 1).all(), "an uncertainty is not between 0 and 1")


def geometry(path, table):
    """5: polygons are valid, have the areas of the table, and no coordinate system of the earth."""
    for folder in sorted((path / "shapes").iterdir()):
        if folder.name == "zarr.json":
            continue
        shapes = geopandas.read_parquet(folder / "shapes.parquet")
        check(shapes.crs is None, f"{folder.name} has crs {shapes.crs}")
        invalid = shapes.index[~shapes.geometry.is_valid]
        check(len(invalid) == 0, f"{folder.name}: {len(invalid)} geometries are invalid (first {list(invalid[:3])})")
        check(shapes.index.is_unique and shapes.index.name == "cell_id", f"{folder.name}: the index is no unique cell_id")
        layered = {"cell", "layer"} <= set(shapes.columns)
        extra = set(shapes["cell"] if layered else shapes.index) - set(table.obs_names)
        check(not extra, f"{folder.name}: {len(extra)} ids are not in the table")
        if folder.name.startswith("cell_boundaries"):
            for layer, part in shapes.groupby("layer") if layered else [("all", shapes)]:
                shared = overlap(part.geometry.values)
                check(shared <= 1e-6, f"{folder.name}, layer {layer}: two outlines share {shared} um^2")
    cells = geopandas.read_parquet(path / "shapes" / "cell_boundaries" / "shapes.parquet")
    check(set(cells.index) == set(table.obs_names), "cell_boundaries and the table hold different cells")
    areas = cells.geometry.area.reindex(table.obs_names).to_numpy()
    worst = np.abs(areas - table.obs["area"].to_numpy()).max()
    check(worst <= 1e-4, f"areas differ from the table by up to {worst} um^2")


def extents(sdata, points):
    """6: cells lie within the transcripts' extent and a halo; the image holds both."""
    def box(name):
        extent = spatialdata.get_extent(sdata[name], coordinate_system="global")
        return np.array([extent["x"], extent["y"]])

    if len(sdata.images) == 0:
        return
    cells, transcripts = box("cell_boundaries"), box("transcripts")
    for name in sdata.images:
        image = box(name)
        inside = (transcripts[:, 0] >= image[:, 0] - 1).all() and (transcripts[:, 1] <= image[:, 1] + 1).all()
        check(inside, f"transcripts {transcripts.tolist()} reach beyond image {name} {image.tolist()}")
        width = transcripts[:, 1] - transcripts[:, 0]
        near = (cells[:, 0] >= transcripts[:, 0] - 0.25 * width).all() and (cells[:, 1] <= transcripts[:, 1] + 0.25 * width).all()
        check(near, f"cells {cells.tolist()} lie far from the transcripts {transcripts.tolist()}")


def joins(sdata, points, table):
    """7: tables match their elements, and transcripts lie in the cells they are assigned to."""
    matched = spatialdata.match_table_to_element(sdata, element_name="cell_boundaries", table_name="table")
    check(matched.n_obs == table.n_obs, f"the join keeps {matched.n_obs} of {table.n_obs} cells")
    elements, joined = spatialdata.join_spatialelement_table(
        sdata=sdata, spatial_element_names="cell_boundaries", table_name="table", how="inner"
    )
    check(len(elements["cell_boundaries"]) == table.n_obs == joined.n_obs, "the inner join loses cells")
    assigned = points[points["cell_id"] != ""]
    shapes = sdata["cell_boundaries"].geometry
    own = shapes.reindex(assigned["cell_id"].astype(str)).reset_index(drop=True)
    places = geopandas.GeoSeries.from_xy(assigned["x"], assigned["y"]).reset_index(drop=True)
    share = float((own.distance(places) <= 1.0).mean()) if len(assigned) else 1.0
    print(f"  {share:.2%} of the assigned transcripts lie within 1 um of their cell")
    check(share >= 0.8, f"only {share:.1%} of the assigned transcripts lie within 1 um of their cell")
    centroids = np.column_stack([shapes.centroid.x, shapes.centroid.y])
    far = np.abs(pd.DataFrame(table.obsm["spatial"], index=table.obs_names).loc[shapes.index].to_numpy() - centroids).max()
    check(far <= 25, f"obsm spatial is up to {far} um from the centroids")


def transforms(sdata, expected):
    """8: both frames on every element, and the image's pixels fall on the microns they should."""
    for _, name, element in sdata.gen_spatial_elements():
        frames = set(get_transformation(element, get_all=True))
        check(frames == {"global", "microns"}, f"{name} has the frames {sorted(frames)}")
    points = sdata["transcripts"]
    to_global = get_transformation(points, "global").to_affine_matrix(("x", "y"), ("x", "y"))
    image = expected and expected["image"]
    if image is None:
        return
    check(np.allclose(to_global, image["um_to_global"], rtol=1e-9), f"microns to global is {to_global.tolist()}")
    element = sdata[image["name"]]
    to_microns = get_transformation(element, "microns").to_affine_matrix(("x", "y"), ("x", "y"))
    to_frame = get_transformation(element, "global").to_affine_matrix(("x", "y"), ("x", "y"))
    corner = np.array([image["shape"][2], image["shape"][1], 1.0])
    back = np.linalg.inv(to_frame) @ to_global @ to_microns @ corner
    check(np.allclose(back, corner, atol=1e-6), f"the image corner {corner} comes back as {back}")


def pixels(sdata, expected):
    """The image at full resolution is the input's, channel by channel; each level is about half the one before."""
    image = expected and expected["image"]
    for name, element in sdata.images.items():
        levels = [level["image"] for level in element.children.values()] if hasattr(element, "children") else [element]
        for large, small in zip(levels, levels[1:]):
            check(abs(float(large.mean()) - float(small.mean())) <= 0.02 * max(1.0, float(large.mean())), f"{name}: means of levels differ")
        if image is None or name != image["name"]:
            continue
        check(list(levels[0].shape) == image["shape"], f"{name} has shape {levels[0].shape}, the input {image['shape']}")
        check(str(levels[0].dtype) == image["dtype"], f"{name} is {levels[0].dtype}")
        digests = [hashlib.sha256(np.ascontiguousarray(plane).tobytes()).hexdigest() for plane in levels[0].to_numpy()]
        check(sorted(digests) == sorted(image["sha256"]), f"pixels of {name} differ from the input")


def labels(sdata, table):
    """Every pixel of a label lies in the outline of its cell, every level holds labels of the one before, and the table knows them."""
    for name, element in sdata.labels.items():
        levels = [level["image"] for level in element.children.values()] if hasattr(element, "children") else [element]
        full = levels[0].to_numpy()
        found = set(np.unique(full)) - {0}
        check(found <= set(table.obs["cell_labels"]), f"{name} holds labels that the table does not")
        for level in levels[1:]:
            check(set(np.unique(level)) - {0} <= found, f"{name}: a level holds labels of its own")
        matrix = get_transformation(element, "microns").to_affine_matrix(("x", "y"), ("x", "y"))
        outlines = sdata["cell_boundaries" if name == "cell_labels" else "nucleus_boundaries"].geometry
        rows, columns = np.nonzero(full)
        centres = matrix @ np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))])
        owners = outlines.loc[[f"cell-{label}" for label in full[rows, columns]]]
        near = shapely.dwithin(owners.to_numpy(), shapely.points(centres[0], centres[1]), 1e-6)
        check(near.all(), f"{name}: {int((~near).sum())} of {len(near)} pixels lie outside their outlines")
        pixel = abs(np.linalg.det(matrix[:2, :2]))
        areas = shapely.area(outlines.to_numpy()).sum()
        check(abs(len(rows) * pixel - areas) < 0.05 * areas, f"{name} covers {len(rows) * pixel:.0f} um2, the outlines {areas:.0f}")


def structure(path):
    """Attributes of all nodes as {place: value}, to compare stores by form."""
    found = {}

    def walk(value, place):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{place}.{key}")
        else:
            found[place] = value

    for file in sorted(path.rglob("zarr.json")):
        node = json.loads(file.read_text())
        name = file.parent.relative_to(path).as_posix()
        walk({"attributes": node.get("attributes", {}), "node_type": node["node_type"]}, name)
    return found


def write_back(sdata, path, known):
    """9: Python writes the same again; attributes that differ in form must be on the list of known differences."""
    folder = Path(tempfile.mkdtemp())
    try:
        sdata.write(folder / "again.zarr")
        again = spatialdata.read_zarr(folder / "again.zarr")
        again.points["transcripts"]["feature_name"] = again.points["transcripts"]["feature_name"].cat.as_known()
        sdata.points["transcripts"]["feature_name"] = sdata.points["transcripts"]["feature_name"].cat.as_known()
        assert_spatial_data_objects_are_identical(sdata, again)
        ours, theirs = structure(path), structure(folder / "again.zarr")
        for place in sorted(set(ours) | set(theirs)):
            if ours.get(place) != theirs.get(place) and not any(re.search(pattern, place) for pattern in known):
                check(False, f"Python writes {place} as {theirs.get(place)!r}, spatile as {ours.get(place)!r}")
    finally:
        shutil.rmtree(folder)


def other_readers(path, table):
    """10: anndata alone reads the table; Arrow sees the entries that carry types."""
    alone = anndata.read_zarr(path / "tables" / "table")
    check((alone.X != table.X).nnz == 0 and alone.obs.equals(table.obs), "anndata reads another table than spatialdata")
    for part in sorted((path / "points" / "transcripts" / "points.parquet").iterdir()):
        entries = set(pq.read_metadata(part).metadata)
        check({b"pandas", b"ARROW:schema"} <= entries, f"{part.name} has the entries {sorted(entries)}")
    entries = set(pq.read_metadata(path / "shapes" / "cell_boundaries" / "shapes.parquet").metadata)
    check({b"pandas", b"geo", b"ARROW:schema"} <= entries, f"shapes.parquet has the entries {sorted(entries)}")


def main():
    path = Path(sys.argv[1])
    expected = json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else None
    known = [
        line.split("  #")[0].strip()
        for line in (Path(__file__).parent / "known-differences.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    print(", ".join(f"{name} {version(name)}" for name in ("spatialdata", "anndata", "zarr", "pandas", "dask")))
    with Step("listing"):
        consolidated(path)
    with Step("reading"):
        sdata = spatialdata.read_zarr(path)
    print(sdata)
    points = table = None
    with Step("validating each element by its model"):
        for _, name, element in sdata.gen_elements():
            get_model(element)().validate(element)
        points = sdata["transcripts"].compute()
        table = sdata["table"]
    if points is None or table is None:
        sys.exit(1)
    print(f"  {len(points)} transcripts, {int((points['cell_id'] != '').sum())} assigned, {table.n_obs} cells, {table.n_vars} genes, sum of X {int(table.X.sum())}")
    with Step("conservation"):
        conservation(points, table)
    if expected:
        with Step("against the input"):
            against_input(points, table, expected, Path(sys.argv[2]).with_suffix(".parquet"))
    with Step("types"):
        types(sdata, points, table)
    with Step("geometry"):
        geometry(path, table)
        posterior(table)
    with Step("extents"):
        extents(sdata, points)
    with Step("joins"):
        joins(sdata, points, table)
    with Step("transforms"):
        transforms(sdata, expected)
    with Step("pixels"):
        pixels(sdata, expected)
    with Step("labels"):
        labels(sdata, table)
    with Step("anndata and Arrow"):
        other_readers(path, table)
    with Step("write back"):
        write_back(sdata, path, known)
    print(f"{path.name}: {len(failures)} failures" if failures else f"{path.name}: all checks passed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
