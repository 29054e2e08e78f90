"""Writes a model: the ONNX graph, its card, and golden vectors."""

import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from layout import Layout
from net import MOTION_GAIN, NEAREST, Net, middle_and_gain

# ONNX Runtime 1.24 knows both; older ones are of no use, newer ones not needed.
OPSET = 17
IR_VERSION = 8
GOLDEN_ROWS = 16


def graph_of(net: Net):
    """Scaling and layers as a graph of plain nodes: senses [1, n] in, scores [1, m] out."""
    layout, beams = net.layout, net.layout.beams
    constants, nodes = [], []

    def constant(name: str, values) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    middle, gain = (values.astype(np.float32) for values in middle_and_gain(layout))
    parts = constant("parts", np.array([beams, beams, layout.features - 2 * beams], np.int64))
    nodes.append(helper.make_node("Split", ["senses", parts], ["beams", "beams_before", "rest"], name="split", axis=1))
    nearest = constant("nearest", np.float32(NEAREST))
    near = node("Reciprocal", [node("Add", ["beams", nearest], "beams_moved")], "near")
    before = node("Reciprocal", [node("Add", ["beams_before", nearest], "before_moved")], "near_before")
    change = node("Mul", [node("Sub", [near, before], "change"), constant("motion_gain", np.float32(MOTION_GAIN))], "motion")
    centred = node("Sub", ["rest", constant("middle", middle)], "rest_centred")
    rest = node("Mul", [centred, constant("gain", gain)], "rest_scaled")
    values = node("Concat", [near, change, rest], "scaled", axis=1)
    last = len(net.weights) - 1
    for number, (weight, bias) in enumerate(zip(net.weights, net.biases)):
        inputs = [values, constant(f"weight_{number}", weight), constant(f"bias_{number}", bias)]
        values = node("Gemm", inputs, "scores" if number == last else f"layer_{number}")
        if number < last:
            values = node("Relu", [values], f"hidden_{number}")
    return nodes, constants


def model_of(nodes, constants, features: int, scores: int, output: str = "scores"):
    graph = helper.make_graph(
        nodes,
        "farhand-policy",
        [helper.make_tensor_value_info("senses", TensorProto.FLOAT, [1, features])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, scores])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="farhand-trainer")
    model.ir_version = IR_VERSION
    checker.check_model(model, full_check=True)
    return model


def write(folder: Path, net: Net, name: str, training: dict, figures: dict, limits: list[str], rows: np.ndarray) -> str:
    """Model, card and golden vectors of a net, and the model's hash. `rows` are situations for the golden vectors."""
    layout = net.layout
    nodes, constants = graph_of(net)
    data = model_of(nodes, constants, layout.features, layout.scores).SerializeToString(deterministic=True)
    sha256 = write_model(folder, data, layout, name, training, figures, limits)
    rows = rows[:GOLDEN_ROWS].astype(np.float32)
    golden = {
        "sha256": sha256,
        "senses": [[float(value) for value in row] for row in rows],
        "scores": [[float(value) for value in row] for row in net.scores(rows)],
    }
    write_text(folder / "golden.json", json.dumps(golden) + "\n")
    return sha256


def write_model(folder: Path, data: bytes, layout: Layout, name: str, training: dict, figures: dict, limits: list[str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256(data).hexdigest()
    card = {
        "name": name,
        "model": "model.onnx",
        "sha256": sha256,
        "senses": layout.name,
        "input": {"name": "senses", "shape": [1, layout.features]},
        "output": {"name": "scores", "shape": [1, layout.scores]},
        "training": training,
        "figures": figures,
        "limits": limits,
    }
    (folder / "model.onnx").write_bytes(data)
    write_text(folder / "card.json", json.dumps(card, indent=2) + "\n")
    return sha256


def write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
