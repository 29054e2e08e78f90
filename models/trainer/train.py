"""Trains the stop policy, from a recorded stream of samples or round by round from the simulator, and writes the model.

Called by `cargo xtask train`, which has made sure of Python, its packages and the programs.
"""

import argparse
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import export
import layout as layouts
import records
from learn import Figures, Pool, learn
from net import Net

NAME = "safe-stop"
LIMITS = [
    "It proposes only: nothing is driven that the guard has not proved free.",
    "It knows the trucks, aisles and people of the simulator's families, and nothing of a real site.",
    "Its inputs are cut to the ranges of senses.json; outside of them it answers as at their edge.",
]


def main() -> None:
    options = parsed()
    layout, start = layouts.read(), time.monotonic()
    random = np.random.default_rng(options.seed)
    net = Net(layout, random)
    say(f"   {net.count()} weights, seed {options.seed}")
    if options.samples:
        found = from_file(options.samples, layout, options.most)
        rounds = [{"samples": len(found)}]
        figures = learned(net, found, options, options.minutes * 60.0, random)
    else:
        found, rounds, figures = by_rounds(net, options, random, start)
    training = {
        "seed": options.seed,
        "samples": len(found),
        "scenarios": len(np.unique(found["scenario"])),
        "rounds": rounds,
        "weights": net.count(),
        "minutes": round((time.monotonic() - start) / 60.0, 1),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "commit": options.commit,
    }
    picked = random.choice(len(found), size=min(export.GOLDEN_ROWS, len(found)), replace=False)
    sha256 = export.write(options.out, net, NAME, training, figures.page(), LIMITS, found["senses"][np.sort(picked)])
    say(f"   regret {figures.tune_regret:.4f} on scenarios kept apart; the best single manoeuvre has {figures.best_constant_regret:.4f}")
    say(f"   wrote {options.out.name}: SHA-256 {sha256}")


def by_rounds(net: Net, options, random: np.random.Generator, start: float) -> tuple[np.ndarray, list[dict], Figures]:
    """The first round is driven by the expert, each later one by what was learned so far; all are labelled by the expert."""
    pool, rounds, card, figures = None, [], None, None
    for number in range(options.rounds):
        left = options.minutes * 60.0 - (time.monotonic() - start)
        if left <= 0.0:
            say("   the time for training is over")
            break
        # What a round may take of the time that is left: half for driving, half for learning.
        share = left / (options.rounds - number)
        say(f"   round {number + 1} of {options.rounds}: driving {options.episodes} scenarios")
        fresh = produced(options, net.layout, number, card)
        rounds.append({"round": number, "episodes": options.episodes, "samples": len(fresh)})
        pool = fresh if pool is None else np.concatenate([pool, fresh])
        figures = learned(net, pool, options, share / 2.0, random)
        folder = options.work / f"round-{number + 1}"
        export.write(folder, net, NAME, {"round": number + 1}, figures.page(), LIMITS, pool["senses"])
        card = folder / "card.json"
    if pool is None or figures is None:
        raise ValueError("no round was driven: give more --minutes")
    return pool, rounds, figures


def produced(options, layout: layouts.Layout, number: int, card: Path | None) -> np.ndarray:
    """Runs the producer and reads its samples from the pipe; it says on its own standard error how far it is."""
    command = [str(options.producer), "samples", "--seed", str(options.seed), "--round", str(number), "--episodes", str(options.episodes)]
    if card is not None:
        command += ["--card", str(card), "--library", str(options.library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            found = records.read_all(process.stdout, layout, options.most)
        except ValueError:
            process.kill()
            raise
        process.stdout.close()
        status = process.wait()
    if status != 0:
        raise ValueError(f"`{' '.join(command)}` ended with {status}")
    return found


def from_file(path: str, layout: layouts.Layout, most: int) -> np.ndarray:
    counted = lambda count: say(f"   {count} samples read") if count % (16 * records.CHUNK) == 0 else None
    if path == "-":
        return records.read_all(sys.stdin.buffer, layout, most, counted)
    with open(path, "rb") as stream:
        return records.read_all(stream, layout, most, counted)


def learned(net: Net, found: np.ndarray, options, seconds: float, random: np.random.Generator) -> Figures:
    if not len(found):
        raise ValueError("there are no samples: the stream has a header and nothing more")
    say(f"   learning from {len(found)} samples of {len(np.unique(found['scenario']))} scenarios")
    return learn(net, Pool.of(net.layout, found), options.epochs, seconds, random, say)


def say(line: str) -> None:
    print(line, flush=True)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--samples", metavar="FILE", help="a recorded stream of samples; - is standard input")
    source.add_argument("--producer", type=Path, metavar="PROGRAM", help="drives scenarios and writes samples: farhand-sim")
    parser.add_argument("--library", type=Path, help="ONNX Runtime for the producer, to drive by what was learned")
    parser.add_argument("--out", type=Path, required=True, help="folder for model, card and golden vectors")
    parser.add_argument("--work", type=Path, help="folder for the models between the rounds; --out if not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--episodes", type=int, default=4000, help="scenarios a round")
    parser.add_argument("--epochs", type=int, default=20, help="passes over all samples, a round")
    parser.add_argument("--minutes", type=float, default=20.0, help="no longer than this altogether")
    parser.add_argument("--most", type=int, default=400_000, help="samples a round, at most: 1 kB of memory each")
    parser.add_argument("--commit", default="unknown", help="for the card")
    options = parser.parse_args()
    options.work = options.work or options.out
    return options


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
