"""The trainer on made-up samples whose best answer is known: `cargo xtask train --check`."""

import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import load
from onnx.reference import ReferenceEvaluator

import layout as layouts
import records
from learn import Pool, is_tune, learn
from loss import loss_and_slope
from net import Net

LAYOUT = layouts.read()


class Learning(unittest.TestCase):
    def test_a_rule_that_can_be_known_is_learned(self):
        random = np.random.default_rng(7)
        pool = Pool.of(LAYOUT, samples(6000, random))
        net = Net(LAYOUT, random)
        self.assertTrue(30_000 < net.count() < 40_000)
        losses = []
        figures = learn(net, pool, 12, 60.0, random, say=lambda line: losses.append(line))
        first, last = (float(line.split("loss ")[1].split(",")[0]) for line in (losses[0], losses[-1]))
        self.assertLess(last, 0.5 * first)
        self.assertGreater(figures.best_constant_regret, 1.0)
        self.assertLess(figures.tune_regret, 0.02 * figures.best_constant_regret)
        self.assertGreater(figures.tune_agreement, 0.95)

    def test_the_slope_is_that_of_the_loss(self):
        random = np.random.default_rng(3)
        net = Net(LAYOUT, random, hidden=(7, 5))
        net.weights = [weight.astype(np.float64) * 3.0 for weight in net.weights]
        net.biases = [bias.astype(np.float64) + 0.05 for bias in net.biases]
        inputs, costs = random.standard_normal((4, LAYOUT.features)), 3.0 * random.random((4, LAYOUT.scores))
        layers = net.forward(inputs)
        slopes = net.backward(layers, loss_and_slope(layers[-1], costs)[1].astype(np.float64))
        for part, slope in zip(net.parts(), slopes):
            place = tuple(random.integers(size) for size in part.shape)
            before = part[place]
            ends = []
            for step in (1e-5, -1e-5):
                part[place] = before + step
                ends.append(loss_and_slope(net.forward(inputs)[-1], costs)[0])
            part[place] = before
            self.assertAlmostEqual((ends[0] - ends[1]) / 2e-5, float(slope[place]), delta=1e-5)

    def test_a_scenario_is_learned_from_or_kept_apart_but_never_both(self):
        apart = is_tune(np.arange(100_000, dtype=np.uint64))
        self.assertTrue(0.04 < apart.mean() < 0.06)
        np.testing.assert_array_equal(apart[:10], is_tune(np.arange(10, dtype=np.uint64)))


class Stream(unittest.TestCase):
    def test_what_was_written_is_read(self):
        found = samples(300, np.random.default_rng(1))
        read = records.read_all(Dribble(stream(found)), LAYOUT, 10_000)
        np.testing.assert_array_equal(read, found)
        np.testing.assert_array_equal(records.read_all(io.BytesIO(stream(found)), LAYOUT, 20), found[:20])

    def test_what_is_cut_off_foreign_or_out_of_range_is_refused(self):
        found = samples(5, np.random.default_rng(1))
        whole = stream(found)
        for wrong in (whole[:-1], whole[:40], whole[:20], b"", b"X" + whole[1:], whole.replace(b"senses-2", b"senses-0")):
            with self.assertRaises(ValueError):
                records.read_all(io.BytesIO(wrong), LAYOUT, 10_000)
        for field, value in (("senses", np.nan), ("senses", 1e6), ("costs", np.inf), ("costs", -1.0)):
            spoilt = found.copy()
            spoilt[field][3, 2] = value
            with self.assertRaisesRegex(ValueError, "record 3 "):
                records.read_all(io.BytesIO(stream(spoilt)), LAYOUT, 10_000)


class Model(unittest.TestCase):
    def test_training_writes_a_model_that_scores_as_the_net_does(self):
        with tempfile.TemporaryDirectory() as folder:
            recorded, out = Path(folder, "samples"), Path(folder, "model")
            recorded.write_bytes(stream(samples(4000, np.random.default_rng(5))))
            train("--samples", recorded, "--out", out, "--epochs", "2")
            card, golden = (json.loads((out / name).read_text()) for name in ("card.json", "golden.json"))
            self.assertEqual((card["training"]["samples"], card["sha256"]), (4000, golden["sha256"]))
            run = ReferenceEvaluator(load(out / "model.onnx"))
            for senses, scores in zip(golden["senses"], golden["scores"], strict=True):
                found = run.run(None, {"senses": np.array([senses], np.float32)})[0][0]
                np.testing.assert_allclose(found, scores, atol=1e-4)

    def test_rounds_are_driven_by_what_was_learned_before(self):
        with tempfile.TemporaryDirectory() as folder:
            out, work = Path(folder, "model"), Path(folder, "work")
            producer = Path(folder, "producer")
            producer.write_text(f"#!/bin/sh\necho \"$@\" >> {folder}/asked\nexec {sys.executable} {__file__} samples \"$@\"\n")
            producer.chmod(0o755)
            options = ("--rounds", "2", "--epochs", "1", "--episodes", "2500", "--library", "/lib.so", "--work", work)
            train("--producer", producer, "--out", out, *options)
            asked = Path(folder, "asked").read_text().splitlines()
            self.assertEqual(asked[0], "samples --seed 1 --round 0 --episodes 2500")
            self.assertEqual(asked[1], f"samples --seed 1 --round 1 --episodes 2500 --card {work}/round-1/card.json --library /lib.so")
            self.assertEqual(json.loads((out / "card.json").read_text())["training"]["samples"], 5000)

    def test_a_producer_that_fails_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            producer = Path(folder, "producer")
            producer.write_text("#!/bin/sh\nexit 3\n")
            producer.chmod(0o755)
            failed = train("--producer", producer, "--out", Path(folder, "model"), check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("error: ", failed.stderr)
            self.assertNotIn("Traceback", failed.stderr)


class Dribble(io.RawIOBase):
    """Gives a little at a time, as a pipe may."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def read(self, size: int = -1) -> bytes:
        part = self.data[self.at : self.at + min(size, 1000)]
        self.at += len(part)
        return part


def samples(count: int, random: np.random.Generator) -> np.ndarray:
    """One of twelve directions is free; steering there is right, braking hard is right above 1.5 m/s, and nothing else counts."""
    found = np.zeros(count, records.record_type(LAYOUT))
    found["scenario"] = random.integers(0, 2**63, count)
    senses = LAYOUT.low + (LAYOUT.high - LAYOUT.low) * random.random((count, LAYOUT.features))
    free = random.integers(0, 12, count)
    beams = 0.5 + 2.5 * random.random((count, LAYOUT.beams))
    for sector in range(5):
        beams[np.arange(count), free * 5 + sector] = 12.0
    senses[:, : LAYOUT.beams] = senses[:, LAYOUT.beams : 2 * LAYOUT.beams] = beams
    hard = np.where(senses[:, 128] > 1.5, 0, 2)
    steering, decel = np.arange(LAYOUT.scores) // 3, np.arange(LAYOUT.scores) % 3
    wrong = 2.0 * (steering[None] != free[:, None]) + 0.5 * np.abs(decel[None] - hard[:, None])
    found["senses"], found["costs"] = senses, wrong
    return found


def stream(found: np.ndarray) -> bytes:
    return records.header(LAYOUT) + found.tobytes()


def train(*options, check: bool = True):
    command = [sys.executable, str(Path(__file__).with_name("train.py")), *map(str, options)]
    return subprocess.run(command, check=check, capture_output=True, text=True)


if __name__ == "__main__" and sys.argv[1:2] == ["samples"]:
    # The stand-in for the simulator in the test of the rounds.
    count = int(sys.argv[sys.argv.index("--episodes") + 1])
    sys.stdout.buffer.write(stream(samples(count, np.random.default_rng(int(sys.argv[sys.argv.index("--round") + 1])))))
elif __name__ == "__main__":
    unittest.main()
