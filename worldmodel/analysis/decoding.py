"""Decoders that say from a latent how active each state is, and how well they do on rows they have not seen.

One logistic regression with an L1 penalty for each state, against the rows of all others and rows of no state (null),
as in Liu et al. 2019, doi 10.1016/j.cell.2019.06.012. Activations do not add up to 1: all may be low at once, whereas a
softmax ties states together and costs power.

A good accuracy says that states can be told apart in the latents, not by what: a phase or a slot that goes with a state
serves as well. Hold out whole groups, and see `confounds`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from worldmodel.analysis.requirements import finite, require, whole
from worldmodel.errors import AnalysisError

NULL = -1
"""Label of rows in which there is no state."""
PENALTY = 0.005
"""Weight of the L1 norm beside the mean log-loss."""
SWEEPS = 2000


@dataclass(frozen=True)
class Decoders:
    """S decoders of latents with F features.

    weights: `[S, F]`, of standardised features; most are 0.
    bias: `[S]`.
    mean, scale: `[F]`, by which features are standardised.
    """

    weights: np.ndarray
    bias: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def activations(self, latents: np.ndarray) -> np.ndarray:
        """`[rows, S]`, probability of each state against all else, for latents `[rows, F]`."""
        values = finite(latents, "latents", axes=2)
        require(
            values.shape[1] == len(self.mean),
            f"latents: have {values.shape[1]} features, and the decoders were trained on {len(self.mean)}",
        )
        return expit((values - self.mean) / self.scale @ self.weights.T + self.bias)


@dataclass(frozen=True)
class HeldOutAccuracy:
    """How often the most active decoder is that of the true state, on rows no decoder was trained on.

    accuracy: share of rows with a state.
    chance: share that always naming the most frequent state would have; 1 / S where all are equally frequent.
    confusion: `[S, S]` int, rows of each true state (row) by the state they were taken for (column).
    """

    accuracy: float
    chance: float
    confusion: np.ndarray


def train_decoders(latents: np.ndarray, labels: np.ndarray, states: int, penalty: float = PENALTY) -> Decoders:
    """One decoder for each of `states` states, from latents `[rows, F]` and labels `[rows]`, -1 for null.

    Raises `NumericalError` for latents that are not finite, and `AnalysisError` for a state or its opposite without
    rows and for a fit that does not end.
    """
    values, names = _checked(latents, labels, states)
    mean, scale = values.mean(0), values.std(0)
    scale = np.where(scale > 1e-12 * np.maximum(abs(mean), 1), scale, 1)
    standardised = (values - mean) / scale
    fits = [_fitted(standardised, names == state, penalty, state) for state in range(states)]
    return Decoders(np.stack([weights for weights, _ in fits]), np.array([bias for _, bias in fits]), mean, scale)


def held_out_accuracy(
    latents: np.ndarray, labels: np.ndarray, states: int, folds: np.ndarray, penalty: float = PENALTY
) -> HeldOutAccuracy:
    """Decoders trained and tested in turns: all rows of one fold are held out together.

    folds: `[rows]` int. For rows that are independent of each other, `stratified_folds`; for rows that come in trials,
        the trial, since neighbours in time give each other away. To ask for a code that objects share (position,
        sequence), the object: a decoder of looks alone is then below chance. Rows of null are always trained on.

    Raises `AnalysisError` where some state is left without rows to train on.
    """
    values, names = _checked(latents, labels, states)
    fold = whole(folds, "folds")
    require(len(fold) == len(names), f"folds: has {len(fold)} rows where there are {len(names)} latents")
    real = names != NULL
    require(len(np.unique(fold[real])) >= 2, "folds: all rows with a state are in one; give two or more")
    taken_for = np.full(len(names), NULL)
    for held_out in np.unique(fold[real]):
        test = real & (fold == held_out)
        missing = sorted(set(range(states)) - set(names[~test]))
        require(
            len(missing) == 0,
            f"folds: without fold {held_out} no row is left to learn {missing} from; spread these states over more",
        )
        decoders = train_decoders(values[~test], names[~test], states, penalty)
        taken_for[test] = decoders.activations(values[test]).argmax(1)
    confusion = np.zeros((states, states), np.int64)
    np.add.at(confusion, (names[real], taken_for[real]), 1)
    return HeldOutAccuracy(
        float(np.trace(confusion) / confusion.sum()), float(confusion.sum(1).max() / confusion.sum()), confusion
    )


def stratified_folds(labels: np.ndarray, folds: int, seed: int = 0) -> np.ndarray:
    """`[rows]`, a fold for each row, by chance, so that every state has as many rows in each as can be.

    Raises `AnalysisError` where a state has fewer rows than there are folds.
    """
    names = whole(labels, "labels")
    require(folds >= 2, f"folds: {folds} leave nothing to test on; give 2 or more")
    generator, fold = np.random.default_rng(seed), np.empty(len(names), np.int64)
    for state, count in zip(*np.unique(names, return_counts=True), strict=True):
        require(
            state == NULL or count >= folds,
            f"labels: state {state} has {count} rows, fewer than {folds} folds; record more of it, or use fewer folds",
        )
        fold[names == state] = generator.permutation(count) % folds
    return fold


def correlation(columns: np.ndarray) -> np.ndarray:
    """`[S, S]`, Pearson correlations of columns `[rows, S]`, NaN for a column that never changes.

    Of activations: decoders that rise and fall together cannot tell sequences from their mixtures. Of `weights.T`:
    decoders that read the same features. Liu et al. 2019 had less than 0.1 in size.
    """
    values = finite(columns, "columns", axes=2)
    deviations = values - values.mean(0)
    size = np.sqrt((deviations**2).sum(0))
    size = np.where(size > 1e-12 * np.sqrt((values**2).sum(0)), size, np.nan)
    return (deviations / size).T @ (deviations / size)


def _checked(latents: np.ndarray, labels: np.ndarray, states: int) -> tuple[np.ndarray, np.ndarray]:
    values, names = finite(latents, "latents", axes=2), whole(labels, "labels")
    require(len(names) == len(values), f"labels: has {len(names)} rows where there are {len(values)} latents")
    require(states >= 1, f"states: {states}; give 1 or more")
    require(
        bool(((names >= NULL) & (names < states)).all()), f"labels: must be {NULL} (null) or a state, 0 to {states - 1}"
    )
    for state in range(states):
        rows = int((names == state).sum())
        require(rows > 0, f"labels: state {state} has no rows; record some of it, or leave it out")
        require(rows < len(names), f"labels: state {state} has all the rows; add others, or rows of null ({NULL})")
    return values, names


def _fitted(values: np.ndarray, positive: np.ndarray, penalty: float, state: int) -> tuple[np.ndarray, float]:
    """Weights and bias of one decoder."""
    # liblinear penalises the bias too, ever less the larger the constant it is the weight of
    regression = LogisticRegression(
        C=1 / (penalty * len(values)),
        l1_ratio=1,
        solver="liblinear",
        intercept_scaling=100,
        max_iter=SWEEPS,
        tol=1e-6,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            regression.fit(values, positive)
        except ConvergenceWarning as warning:
            raise AnalysisError(
                f"labels: the decoder of state {state} is not found in {SWEEPS} sweeps; raise the penalty ({penalty:g})"
            ) from warning
    return regression.coef_[0], float(regression.intercept_[0])
