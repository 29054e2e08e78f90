"""What is learned: little expected regret, and a little of the order of all manoeuvres."""

import numpy as np

# Regret alone says nothing about manoeuvres that are never picked.
ORDER_WEIGHT = 0.3
# Costs this far apart are told apart clearly.
TEMPERATURE = 0.5


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def loss_and_slope(scores: np.ndarray, costs: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean over the rows of sum(softmax * (cost - min)) + 0.3 * soft cross-entropy, and its slope by the scores."""
    shares = softmax(scores)
    regrets = costs - costs.min(axis=1, keepdims=True)
    expected = (shares * regrets).sum(axis=1, keepdims=True)
    wanted = softmax(-costs / TEMPERATURE)
    order = -(wanted * np.log(shares + 1e-12)).sum(axis=1)
    loss = float((expected[:, 0] + ORDER_WEIGHT * order).mean())
    slope = (shares * (regrets - expected) + ORDER_WEIGHT * (shares - wanted)) / len(scores)
    return loss, slope.astype(np.float32)


def regret_of_best(scores: np.ndarray, costs: np.ndarray) -> float:
    """What is lost on average by driving the best-scored manoeuvre instead of the cheapest."""
    picked = np.take_along_axis(costs, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return float((picked - costs.min(axis=1)).mean())
