"""The table of what the model is given, as the Rust side writes it: models/senses.json."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PATH = Path(__file__).resolve().parent.parent / "senses.json"


@dataclass(frozen=True)
class Layout:
    """Name of the layout, how many numbers go in and come out, and the range of each."""

    name: str
    features: int
    scores: int
    beams: int
    low: np.ndarray
    high: np.ndarray


def read(path: Path = PATH) -> Layout:
    page = json.loads(path.read_text())
    low = np.concatenate([np.full(sense["count"], sense["low"]) for sense in page["layout"]])
    high = np.concatenate([np.full(sense["count"], sense["high"]) for sense in page["layout"]])
    now, before = page["layout"][:2]
    # The graph is built on this: beams first, those of before second, equally many.
    if (now["name"], before["name"]) != ("beams_m", "beams_before_m") or now["count"] != before["count"]:
        raise ValueError(f"{path}: beams_m and beams_before_m must come first; this trainer knows no other layout")
    if len(low) != page["features"]:
        raise ValueError(f"{path}: the table has {len(low)} numbers, features says {page['features']}")
    return Layout(page["senses"], page["features"], page["scores"], now["count"], low, high)
