"""Train and score a small fraud model: logistic regression, saved as a genuine safetensors file.

    python train.py fit DATA.csv [DATA.csv ...] --features amount,night --out model.safetensors
    python train.py score model.safetensors DATA.csv

A script of its own, as a team has one: it needs nothing but Python, and knows nothing of modelkeep.
`fit` holds every fourth payment back, prints how the model does on those, and writes the numbers to
metrics.json and its settings to params.json; `score` writes metrics.json too.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import struct
import sys
from collections.abc import Sequence
from typing import TypeAlias

Rows: TypeAlias = list[list[float]]
Tensors: TypeAlias = dict[str, list[float]]

EPOCHS, RATE, CUT = 60, 2.0, 0.2
_HELD_BACK = 4


def fit(rows: Rows, labels: Sequence[int]) -> Tensors:
    """Return mean, scale and weights (the bias last) of a logistic regression by plain gradient descent."""
    width, count = len(rows[0]), len(rows)
    mean = [sum(row[i] for row in rows) / count for i in range(width)]
    scale = [math.sqrt(sum((row[i] - mean[i]) ** 2 for row in rows) / count) or 1.0 for i in range(width)]
    ready = [[(x - m) / s for x, m, s in zip(row, mean, scale, strict=True)] + [1.0] for row in rows]
    weights = [0.0] * (width + 1)
    for _ in range(EPOCHS):
        slope = [0.0] * (width + 1)
        for row, label in zip(ready, labels, strict=True):
            off = _sigmoid(sum(w * x for w, x in zip(weights, row, strict=True))) - label
            for i, x in enumerate(row):
                slope[i] += off * x
        weights = [w - RATE * g / count for w, g in zip(weights, slope, strict=True)]
    return {"mean": mean, "scale": scale, "weights": weights}


def predict(model: Tensors, row: Sequence[float]) -> float:
    """Return the probability that a payment is a fraud."""
    scaled = [(x - m) / s for x, m, s in zip(row, model["mean"], model["scale"], strict=True)]
    return _sigmoid(sum(w * x for w, x in zip(model["weights"], [*scaled, 1.0], strict=True)))


def measure(scores: Sequence[float], labels: Sequence[int]) -> dict[str, float]:
    """Return ``auc`` (by ranks) and ``recall``: the part of the frauds that the cut catches."""
    ranked = sorted(zip(scores, labels, strict=True))
    frauds = sum(labels)
    ranks = sum(rank for rank, (_, label) in enumerate(ranked, start=1) if label)
    auc = (ranks - frauds * (frauds + 1) / 2) / (frauds * (len(labels) - frauds))
    caught = sum(1 for score, label in ranked if label and score >= CUT)
    return {"auc": round(auc, 4), "recall": round(caught / frauds, 4)}


def save(path: str, tensors: Tensors, features: Sequence[str]) -> None:
    """Write a safetensors file: 8 bytes of length, a JSON header padded to 8, then little-endian 32-bit floats."""
    header: dict[str, object] = {"__metadata__": {"features": ",".join(features)}}
    body = b""
    for name, values in tensors.items():
        data = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def load(path: str) -> tuple[Tensors, list[str]]:
    """Return the tensors and the names of the features of a safetensors file that `save` wrote."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    features = header.pop("__metadata__")["features"].split(",")
    tensors = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        tensors[name] = list(struct.unpack(f"<{(end - begin) // 4}f", body[begin:end]))
    return tensors, features


def read(path: str, features: Sequence[str]) -> tuple[Rows, list[int]]:
    """Return the features of each payment, and whether it was a fraud."""
    with open(path, newline="", encoding="ascii") as file:
        records = list(csv.DictReader(file))
    return [[float(each[name]) for name in features] for each in records], [int(each["fraud"]) for each in records]


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, x))))


def _fit(paths: Sequence[str], features: Sequence[str], out: str) -> None:
    rows, labels = [], []
    for path in paths:
        more, frauds = read(path, features)
        rows += more
        labels += frauds
    held_back = rows[::_HELD_BACK], labels[::_HELD_BACK]
    del rows[::_HELD_BACK], labels[::_HELD_BACK]
    model = fit(rows, labels)
    save(out, model, features)
    _write_json("params.json", {"features": ",".join(features), "epochs": EPOCHS, "rate": RATE})
    sys.stdout.write(f"{out}: {_score(model, *held_back)}\n")


def _score(model: Tensors, rows: Rows, labels: Sequence[int]) -> str:
    """Write to metrics.json how a model does on payments, and return it in a line."""
    metrics = measure([predict(model, row) for row in rows], labels)
    _write_json("metrics.json", metrics)
    caught = round(metrics["recall"] * sum(labels))
    return f"auc {metrics['auc']}, caught {caught} of {sum(labels)} frauds in {len(labels)} payments"


def _write_json(path: str, value: object) -> None:
    with open(path, "w", encoding="ascii") as file:
        json.dump(value, file)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=("fit", "score"))
    parser.add_argument("files", nargs="+")
    parser.add_argument("--features", default="")
    parser.add_argument("--out", default="model.safetensors")
    given = parser.parse_args()
    if given.verb == "fit":
        _fit(given.files, given.features.split(","), given.out)
    else:
        path, data = given.files
        model, features = load(path)
        sys.stdout.write(f"{_score(model, *read(data, features))}\n")


if __name__ == "__main__":
    main()
