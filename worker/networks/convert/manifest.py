"""Writes the model.yaml that spatile reads beside an ONNX file."""

import hashlib
import os


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def line(key, value, indent):
    pad = "  " * indent
    if isinstance(value, dict):
        return f"{pad}{key}:\n" + "".join(line(k, v, indent + 1) for k, v in value.items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        rows = [", ".join(f"{k}: {v}" for k, v in row.items()) for row in value]
        return f"{pad}{key}:\n" + "".join(f"{pad}  - {{ {row} }}\n" for row in rows)
    if isinstance(value, list):
        return f"{pad}{key}: [{', '.join(map(str, value))}]\n"
    if isinstance(value, bool):
        return f"{pad}{key}: {str(value).lower()}\n"
    if isinstance(value, str):
        escaped = value.replace("'", "''")
        return f"{pad}{key}: '{escaped}'\n"
    return f"{pad}{key}: {value}\n"


def write_manifest(onnx_path, fields, further=()):
    """Puts `model.yaml` beside the ONNX file, with its hash and those of files of external data and further graphs."""
    folder, name = os.path.split(os.path.abspath(onnx_path))
    weights = {"file": name, "sha256": sha256(onnx_path)}
    data = [name + ".data"] if os.path.exists(os.path.join(folder, name + ".data")) else []
    if data or further:
        weights["externalData"] = [{"file": file, "sha256": sha256(os.path.join(folder, file))} for file in [*data, *further]]
    fields = {**fields, "weights": weights}
    path = os.path.join(folder, "model.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line(key, value, 0) for key, value in fields.items()))
    return path
