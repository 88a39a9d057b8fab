"""Records what the package rliable makes of fixed scores: python record.py > rliable.json

Needs `pip install rliable==1.2.0 arch==7.2.0 "pandas<3"` (arch 7.2 does not run with pandas 3).
Point estimates are exact. Intervals are percentile intervals of 95 % by the stratified bootstrap; each is recorded
REPEATS times, with other seeds, as mean and standard deviation of its two bounds: the Monte Carlo error of an interval
from RESAMPLES resamples.
"""
import importlib.metadata
import json

import numpy as np
from rliable import library, metrics

RESAMPLES, REPEATS = 2000, 8
THRESHOLDS = np.linspace(0, 1.2, 7)


def fixed_scores():
    """Normalised scores [runs x tasks] of some methods; curves [runs x tasks x points] of one."""
    draw = np.random.RandomState(7)
    base = np.array([0.9, 0.7, 0.5, 0.3])
    scores = {
        "five runs": base + 0.15 * draw.standard_normal((5, 4)),
        "three runs": base - 0.05 + 0.2 * draw.standard_normal((3, 4)),
        "ten runs": base + 0.05 + 0.1 * draw.standard_normal((10, 4)),
        "ties": np.round(base + 0.1 * draw.standard_normal((6, 4)), 1),
    }
    rise = 1 - np.exp(-np.arange(6) / 2)
    curves = scores["five runs"][:, :, None] * rise + 0.02 * draw.standard_normal((5, 4, 6))
    return {name: np.round(values, 4) for name, values in scores.items()}, np.round(curves, 4)


def estimate(scores, statistic):
    """`statistic` of the scores (a matrix, or a list of them), and its interval with its Monte Carlo error."""
    bounds = []
    for repeat in range(REPEATS):
        np.random.seed(repeat)  # rliable draws from numpy's global generator
        point, interval = library.get_interval_estimates({"": scores}, statistic, reps=RESAMPLES)
        bounds.append(interval[""])
    return {
        "value": point[""].tolist(),
        "interval": np.mean(bounds, axis=0).tolist(),
        "deviation": np.std(bounds, axis=0, ddof=1).tolist(),
    }


AGGREGATES = {
    "iqm": metrics.aggregate_iqm,
    "mean": metrics.aggregate_mean,
    "median": metrics.aggregate_median,
    "optimality_gap": metrics.aggregate_optimality_gap,
}


def aggregates(scores):
    found = {
        name: estimate(scores, lambda x, aggregate=aggregate: np.array([aggregate(x)]))
        for name, aggregate in AGGREGATES.items()
    }
    return {**found, "profile": estimate(scores, lambda x: library.score_distributions(x, THRESHOLDS))}


scores, curves = fixed_scores()
pairs = [("five runs", "three runs"), ("ten runs", "five runs"), ("ties", "ties"), ("ties", "five runs")]
record = {
    "versions": {name: importlib.metadata.version(name) for name in ["rliable", "arch", "numpy", "scipy"]},
    "command": "python record.py > rliable.json",
    "resamples": RESAMPLES,
    "repeats": REPEATS,
    "scores": {name: values.tolist() for name, values in scores.items()},
    "thresholds": THRESHOLDS.tolist(),
    "aggregates": {name: aggregates(values) for name, values in scores.items()},
    "probability_of_improvement": [
        {
            "x": x,
            "y": y,
            **estimate([scores[x], scores[y]], lambda a, b: np.array([metrics.probability_of_improvement(a, b)])),
        }
        for x, y in pairs
    ],
    "curves": curves.tolist(),
    "curve_iqm": estimate(curves, lambda x: np.array([metrics.aggregate_iqm(x[..., k]) for k in range(x.shape[-1])])),
}
print(json.dumps(record))
