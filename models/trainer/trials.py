"""Writes the small models of the tests: one that is right, and some with one fault each."""

import sys
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper

import export
import layout as layouts
from net import Net

SEED = 1
LIMITS = ["It has learned nothing: its weights are drawn by chance. For tests of the programs around it only."]


def main(folder: Path) -> None:
    layout = layouts.read()
    random = np.random.default_rng(SEED)
    training = {"seed": SEED, "samples": 0}
    net = Net(layout, random, hidden=(16, 12))
    net.weights[-1] *= 10.0
    rows = layout.low + (layout.high - layout.low) * random.random((export.GOLDEN_ROWS, layout.features))
    export.write(folder / "sound", net, "trial-sound", training, {}, LIMITS, rows)

    def fault(name: str, nodes, constants, features=layout.features, scores=layout.scores, output="scores") -> None:
        data = export.model_of(nodes, constants, features, scores, output).SerializeToString(deterministic=True)
        export.write_model(folder / name, data, layout, f"trial-{name}", training, {}, LIMITS)

    first = numpy_helper.from_array(np.zeros((layout.features, layout.scores), np.float32), "weight")
    bias = np.zeros(layout.scores, np.float32)
    plain = [helper.make_node("Gemm", ["senses", "weight", "bias"], ["scores"], name="scores")]
    spoilt = bias.copy()
    spoilt[7] = np.nan
    fault("nan", plain, [first, numpy_helper.from_array(spoilt, "bias")])
    # Both are valid models that are not what their cards say.
    narrow = numpy_helper.from_array(np.zeros((layout.features, layout.scores - 1), np.float32), "weight")
    fault("narrow", plain, [narrow, numpy_helper.from_array(bias[:-1], "bias")], scores=layout.scores - 1)
    renamed = [helper.make_node("Gemm", ["senses", "weight", "bias"], ["costs"], name="costs")]
    fault("renamed", renamed, [first, numpy_helper.from_array(bias, "bias")], output="costs")
    fault("slow", *slow(layout))


def slow(layout):
    """Multiplies a large matrix made of the input, so that nothing can be worked out beforehand."""
    size = 1500
    constants = [
        numpy_helper.from_array(np.zeros((layout.features, 1), np.float32), "column"),
        numpy_helper.from_array(np.array([size, size], np.int64), "large"),
        numpy_helper.from_array(np.zeros(layout.scores, np.float32)[None], "nothing"),
        numpy_helper.from_array(np.array([1, 1], np.int64), "small"),
    ]
    nodes = [
        helper.make_node("MatMul", ["senses", "column"], ["one"], name="one"),
        helper.make_node("Expand", ["one", "large"], ["matrix"], name="matrix"),
        helper.make_node("MatMul", ["matrix", "matrix"], ["product"], name="product"),
        helper.make_node("MatMul", ["product", "matrix"], ["product_2"], name="product_2"),
        helper.make_node("MatMul", ["product_2", "matrix"], ["product_3"], name="product_3"),
        helper.make_node("ReduceMax", ["product_3"], ["most"], name="most", keepdims=1),
        helper.make_node("Reshape", ["most", "small"], ["most_1"], name="most_1"),
        helper.make_node("Add", ["most_1", "nothing"], ["scores"], name="scores"),
    ]
    return nodes, constants


if __name__ == "__main__":
    main(Path(sys.argv[1]))
