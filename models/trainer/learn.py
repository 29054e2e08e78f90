"""Teaches a net a pool of samples, with progress, within a time."""

import time
from dataclasses import dataclass

import numpy as np

from layout import Layout
from loss import loss_and_slope, regret_of_best
from net import Adam, Net, scaled

BATCH = 256
RATE = 1e-3
# One scenario in twenty is kept apart to choose by; its rows are never learned from.
TUNE_SHARE = 20


@dataclass
class Pool:
    """Samples as the net sees them. Scenarios are whole on one side: neighbouring steps are nearly the same row."""

    learn_inputs: np.ndarray
    learn_costs: np.ndarray
    tune_inputs: np.ndarray
    tune_costs: np.ndarray

    @staticmethod
    def of(layout: Layout, records: np.ndarray) -> "Pool":
        tune = is_tune(records["scenario"])
        inputs = scaled(layout, records["senses"]).astype(np.float32)
        costs = records["costs"]
        if not tune.any() or tune.all():
            raise ValueError(f"{len(np.unique(records['scenario']))} scenarios are too few to keep some apart: at least 100 are needed")
        return Pool(inputs[~tune], costs[~tune], inputs[tune], costs[tune])


def is_tune(scenarios: np.ndarray) -> np.ndarray:
    """Mixes the number first: seeds may come in any order or step."""
    mixed = scenarios.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)) % np.uint64(TUNE_SHARE) == 0


@dataclass
class Figures:
    """How good a net is on rows it has not seen, and what no net at all would get there."""

    loss: float
    tune_regret: float
    tune_agreement: float
    best_constant_regret: float

    def page(self) -> dict:
        return {name: round(value, 5) for name, value in vars(self).items()}


def learn(net: Net, pool: Pool, epochs: int, seconds: float, random: np.random.Generator, say=print) -> Figures:
    """Up to `epochs` passes over the pool, fewer if time runs out; keeps the best net by the regret on the tune rows."""
    adam = Adam(net.parts(), RATE)
    start, rows = time.monotonic(), len(pool.learn_inputs)
    best, kept, loss = np.inf, [part.copy() for part in net.parts()], float("nan")
    for epoch in range(epochs):
        order, total = random.permutation(rows), 0.0
        # Falls to a twentieth, so that the end is quiet.
        share = 0.05 + 0.95 * 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
        for first in range(0, rows, BATCH):
            picked = order[first : first + BATCH]
            layers = net.forward(pool.learn_inputs[picked])
            batch_loss, slope = loss_and_slope(layers[-1], pool.learn_costs[picked])
            adam.update(net.backward(layers, slope), share)
            total += batch_loss * len(picked)
        loss = total / rows
        if not np.isfinite(loss):
            raise ValueError(f"the loss is {loss} in epoch {epoch + 1}: the samples hold costs that are far too large")
        regret = regret_of_best(net.forward(pool.tune_inputs)[-1], pool.tune_costs)
        if regret < best:
            best, kept = regret, [part.copy() for part in net.parts()]
        used = time.monotonic() - start
        left = min(used / (epoch + 1) * (epochs - epoch - 1), max(seconds - used, 0.0))
        say(f"   epoch {epoch + 1} of {epochs}: loss {loss:.4f}, regret {regret:.4f} (best {best:.4f}), {left:.0f} s left")
        if used > seconds:
            say("   the time for learning is over")
            break
    for part, best_part in zip(net.parts(), kept):
        part[...] = best_part
    return judge(net, pool, loss)


def judge(net: Net, pool: Pool, loss: float) -> Figures:
    scores = net.forward(pool.tune_inputs)[-1]
    mean = pool.learn_costs.mean(axis=0)
    constant = np.zeros_like(scores)
    constant[:, mean.argmin()] = 1.0
    cheapest = pool.tune_costs.min(axis=1)
    picked = np.take_along_axis(pool.tune_costs, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return Figures(
        loss=loss,
        tune_regret=regret_of_best(scores, pool.tune_costs),
        tune_agreement=float((picked <= cheapest + 1e-6).mean()),
        best_constant_regret=regret_of_best(constant, pool.tune_costs),
    )
