"""The net: scaling, two hidden layers, one score for each manoeuvre; forward and backward in numpy."""

import numpy as np

from layout import Layout

# Beams are looked at as 1 / (0.5 + r): near things are large, far ones alike.
NEAREST = 0.5
# A person at 1.6 m/s and 3 m away changes that by some 0.01 in 100 ms; the other inputs are about 1.
MOTION_GAIN = 20.0
HIDDEN = (128, 96)


def scaled(layout: Layout, rows: np.ndarray) -> np.ndarray:
    """What the first layer sees. The exported graph does the very same."""
    beams = layout.beams
    near = 1.0 / (NEAREST + rows[:, :beams])
    before = 1.0 / (NEAREST + rows[:, beams : 2 * beams])
    middle, gain = middle_and_gain(layout)
    rest = (rows[:, 2 * beams :] - middle) * gain
    return np.concatenate([near, (near - before) * MOTION_GAIN, rest], axis=1)


def middle_and_gain(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Brings low..high of all but the beams to -1..1."""
    low, high = layout.low[2 * layout.beams :], layout.high[2 * layout.beams :]
    return (low + high) / 2.0, 2.0 / (high - low)


class Net:
    """Weights and biases, layer by layer, in single precision."""

    def __init__(self, layout: Layout, random: np.random.Generator, hidden: tuple[int, ...] = HIDDEN):
        self.layout = layout
        sizes = [layout.features, *hidden, layout.scores]
        # He: each layer keeps the spread of what it is given.
        self.weights = [
            (random.standard_normal((inputs, outputs)) * np.sqrt(2.0 / inputs)).astype(np.float32)
            for inputs, outputs in zip(sizes, sizes[1:])
        ]
        # The last layer begins small: no manoeuvre is preferred before anything is learned.
        self.weights[-1] *= np.float32(0.1)
        self.biases = [np.zeros(size, np.float32) for size in sizes[1:]]

    def count(self) -> int:
        return sum(part.size for part in self.weights + self.biases)

    def forward(self, inputs: np.ndarray) -> list[np.ndarray]:
        """What each layer gives, the scaled inputs first and the scores last."""
        layers = [inputs]
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            values = layers[-1] @ weight + bias
            layers.append(values if number == len(self.weights) - 1 else np.maximum(values, 0.0))
        return layers

    def backward(self, layers: list[np.ndarray], slope: np.ndarray) -> list[np.ndarray]:
        """Slopes of all weights and biases, in the order of `parts`, from that of the scores."""
        weights, biases = [], []
        for number in reversed(range(len(self.weights))):
            weights.append(layers[number].T @ slope)
            biases.append(slope.sum(axis=0))
            if number > 0:
                slope = (slope @ self.weights[number].T) * (layers[number] > 0.0)
        return weights[::-1] + biases[::-1]

    def parts(self) -> list[np.ndarray]:
        return self.weights + self.biases

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """In double precision: what the exported model is held against."""
        values = scaled(self.layout, rows.astype(np.float64))
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            values = values @ weight.astype(np.float64) + bias.astype(np.float64)
            if number < len(self.weights) - 1:
                values = np.maximum(values, 0.0)
        return values


class Adam:
    """The usual optimiser, over a list of arrays that it changes in place."""

    def __init__(self, parts: list[np.ndarray], rate: float):
        self.parts, self.rate, self.step = parts, rate, 0
        self.first = [np.zeros_like(part) for part in parts]
        self.second = [np.zeros_like(part) for part in parts]

    def update(self, slopes: list[np.ndarray], rate_share: float = 1.0) -> None:
        self.step += 1
        rate = self.rate * rate_share * np.sqrt(1.0 - 0.999**self.step) / (1.0 - 0.9**self.step)
        for part, slope, first, second in zip(self.parts, slopes, self.first, self.second):
            first += 0.1 * (slope - first)
            second += 0.001 * (slope * slope - second)
            part -= (rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)
