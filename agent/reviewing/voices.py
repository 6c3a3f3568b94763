"""Who speaks when in one channel: two voices told apart by their spectrum and pitch.

Short pieces of speech are put into two groups, each group gets a model of its frames, and the
pieces are dealt out again by those models until they stay (the usual way of speaker clustering, as
in Ajmera and Wooters 2003, here for two voices only). No names, no stored voice prints. How far the
two groups lie apart says whether there were two voices at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.voice.base import Samples

    Floats = NDArray[np.float64]

Span = tuple[int, int]
"""From and to, in samples."""

_HOP = 160
_WINDOW = 400
_FFT = 512
_BANDS = 26
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 7_600.0
_CEPSTRA = 19
_PITCH_WINDOW = 800
_PITCH_HZ = (70.0, 400.0)
_VOICED = 0.45
"""Height of the autocorrelation's peak from which a frame counts as voiced."""
_PIECE_S = 1.6
"""Length of a piece: long enough to hold a voice's mean, short enough for quick answers."""
_ROUNDS = 12
_STARTS = 8
_MIXTURE = 6
_SWITCH = 6.0
"""Log likelihood that a change of voice must win inside a stretch without a pause."""
_SWITCH_PAUSE = 1.0
"""The same at a pause, where floors do pass."""
_BATCH = 20_000


@dataclass(frozen=True)
class Told:
    """Pieces of speech in order with the group of each, and how clearly the groups part."""

    pieces: tuple[Span, ...]
    groups: tuple[int, ...]
    """0 for the voice that speaks first, else 1."""
    apart: float
    """Distance of the groups in standard deviations along the line that parts them best."""


def tell_apart(samples: Samples, speech: Sequence[Span], rate_hz: int) -> Told:
    """Divide stretches of speech (cut at every pause) into pieces, and the pieces into voices."""
    import numpy as np

    pieces, joined = _pieces(speech, int(_PIECE_S * rate_hz))
    if len(pieces) < 2:
        return Told(tuple(pieces), (0,) * len(pieces), 0.0)
    frames = [_frames(samples[a:b], rate_hz) for a, b in pieces]
    every = np.concatenate(frames)
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-6
    frames = [(one - mean) / spread for one in frames]
    means = np.stack([one.mean(axis=0) for one in frames])
    weights = np.array([len(one) for one in frames], float)
    groups = _two_groups(means / (means.std(axis=0) + 1e-6), weights)
    for _ in range(_ROUNDS):
        if len(set(groups.tolist())) < 2:
            break
        likely = _likely(frames, groups)
        fresh = _smoothed(likely, joined)
        if (fresh == groups).all():
            break
        groups = fresh
    groups = groups if groups[0] == 0 else 1 - groups
    return Told(tuple(pieces), tuple(int(g) for g in groups), _apart(means, groups, weights))


def _pieces(speech: Sequence[Span], longest: int) -> tuple[list[Span], list[bool]]:
    """Cut stretches into pieces of even length; say of each whether it goes on without a pause."""
    pieces: list[Span] = []
    joined: list[bool] = []
    for start, end in speech:
        count = max(1, round((end - start) / longest))
        edges = [start + (end - start) * i // count for i in range(count + 1)]
        pieces += list(pairwise(edges))
        joined += [i > 0 for i in range(count)]
    return pieces, joined


def _frames(samples: Samples, rate_hz: int) -> Floats:
    """Return cepstra and pitch of a piece's louder frames: shape [n, _CEPSTRA + 1]."""
    import numpy as np

    sound = samples.astype(np.float64)
    if len(sound) < _PITCH_WINDOW + _HOP:
        sound = np.pad(sound, (0, _PITCH_WINDOW + _HOP - len(sound)))
    count = (len(sound) - _PITCH_WINDOW) // _HOP + 1
    places = np.arange(count)[:, None] * _HOP
    windows = sound[places + np.arange(_WINDOW)]
    power = np.abs(np.fft.rfft(windows * np.hamming(_WINDOW), _FFT, axis=1)) ** 2
    loud = power.sum(axis=1)
    kept = loud >= np.quantile(loud, 0.3)
    logs = np.log(power[kept] @ _mel_bands(rate_hz).T + 1.0)
    pitch = _log_pitch(sound[places[kept] + np.arange(_PITCH_WINDOW)], rate_hz)
    return np.column_stack([logs @ _cosines().T, pitch])


def _mel_bands(rate_hz: int) -> Floats:
    import numpy as np

    def mel(hz: float) -> float:
        return 2595.0 * float(np.log10(1.0 + hz / 700.0))

    edges = np.linspace(mel(_LOWEST_HZ), mel(_HIGHEST_HZ), _BANDS + 2)
    bins = 700.0 * (10.0 ** (edges / 2595.0) - 1.0) * _FFT / rate_hz
    at = np.arange(_FFT // 2 + 1)
    rise = (at[None] - bins[:-2, None]) / (bins[1:-1] - bins[:-2])[:, None]
    fall = (bins[2:, None] - at[None]) / (bins[2:] - bins[1:-1])[:, None]
    return np.asarray(np.clip(np.minimum(rise, fall), 0.0, None))


def _cosines() -> Floats:
    """Return the rows of a cosine transform without the first, which is the level."""
    import numpy as np

    rows = np.arange(1, _CEPSTRA + 1)[:, None]
    return np.asarray(np.cos(np.pi * rows * (np.arange(_BANDS) + 0.5) / _BANDS))


def _log_pitch(windows: Floats, rate_hz: int) -> Floats:
    """Return the log pitch of each frame; where none is heard, the piece's median."""
    import numpy as np

    shortest, longest = (int(rate_hz / hz) for hz in reversed(_PITCH_HZ))
    spectrum = np.fft.rfft(windows - windows.mean(axis=1, keepdims=True), 2_048, axis=1)
    peaks = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, : longest + 1]
    heights = peaks[:, shortest:] / (peaks[:, :1] + 1e-9)
    voiced = heights.max(axis=1) >= _VOICED
    logs = np.log(rate_hz / (shortest + heights.argmax(axis=1)))
    usual = float(np.median(logs[voiced])) if voiced.any() else float(np.log(160.0))
    return np.asarray(np.where(voiced, logs, usual))


def _two_groups(points: Floats, weights: Floats) -> NDArray[np.int64]:
    """Divide points [n, d] by weighted 2-means, the tightest of several starts."""
    import numpy as np

    random = np.random.default_rng(0)
    best, least = np.zeros(len(points), np.int64), np.inf
    for _ in range(_STARTS):
        centres = points[random.choice(len(points), 2, replace=False)]
        groups = np.zeros(len(points), np.int64)
        for _ in range(_ROUNDS):
            far = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
            groups = far.argmin(axis=1)
            for k in (0, 1):
                if (groups == k).any():
                    centres[k] = np.average(
                        points[groups == k], axis=0, weights=weights[groups == k]
                    )
        spent = float((weights * far.min(axis=1)).sum())
        if spent < least and len(set(groups.tolist())) == 2:
            best, least = groups, spent
    return best


def _likely(frames: Sequence[Floats], groups: NDArray[np.int64]) -> Floats:
    """Return each piece's mean log likelihood under both groups' models: shape [n, 2]."""
    import numpy as np

    found = np.zeros((len(frames), 2))
    for k in (0, 1):
        own = np.concatenate([f for f, g in zip(frames, groups, strict=True) if g == k])
        model = _mixture(own)
        found[:, k] = [_density(one, model).mean() for one in frames]
    return found * np.sqrt([len(one) for one in frames])[:, None]


def _mixture(points: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit a mixture of Gaussians: weights [k], means [k, d], own variances [k, d]."""
    import numpy as np

    random = np.random.default_rng(0)
    if len(points) > _BATCH:
        points = points[random.choice(len(points), _BATCH, replace=False)]
    count = max(1, min(_MIXTURE, len(points) // 40))
    means = points[random.choice(len(points), count, replace=False)]
    variances = np.tile(points.var(axis=0) + 0.05, (count, 1))
    weights = np.full(count, 1.0 / count)
    for _ in range(_ROUNDS):
        shares = _log_shares(points, (weights, means, variances))
        shares = np.exp(shares - np.logaddexp.reduce(shares, axis=1, keepdims=True))
        mass = shares.sum(axis=0) + 1e-6
        weights = mass / mass.sum()
        means = (shares.T @ points) / mass[:, None]
        variances = (shares.T @ points**2) / mass[:, None] - means**2
        variances = np.maximum(variances, 0.05)
    return weights, means, variances


def _log_shares(points: Floats, model: tuple[Floats, Floats, Floats]) -> Floats:
    import numpy as np

    weights, means, variances = model
    bent = 1.0 / variances
    far = points**2 @ bent.T - 2.0 * points @ (means * bent).T + (means**2 * bent).sum(axis=1)
    scale = np.log(weights) - 0.5 * np.log(2.0 * np.pi * variances).sum(axis=1)
    return np.asarray(scale - 0.5 * far)


def _density(points: Floats, model: tuple[Floats, Floats, Floats]) -> Floats:
    import numpy as np

    return np.asarray(np.logaddexp.reduce(_log_shares(points, model), axis=1))


def _smoothed(likely: Floats, joined: Sequence[bool]) -> NDArray[np.int64]:
    """Return the best course of the two voices, where each change costs (Viterbi)."""
    import numpy as np

    best = likely[0].copy()
    came = np.zeros((len(likely), 2), np.int64)
    for place in range(1, len(likely)):
        cost = _SWITCH if joined[place] else _SWITCH_PAUSE
        stay, change = best, best[::-1] - cost
        came[place] = np.where(stay >= change, [0, 1], [1, 0])
        best = np.maximum(stay, change) + likely[place]
    course = [int(best.argmax())]
    for place in range(len(likely) - 1, 0, -1):
        course.append(int(came[place, course[-1]]))
    return np.array(course[::-1], np.int64)


def _apart(means: Floats, groups: NDArray[np.int64], weights: Floats) -> float:
    """Return how far apart two groups of pieces lie, in standard deviations within them."""
    import numpy as np

    if len(set(groups.tolist())) < 2:
        return 0.0
    centres = [np.average(means[groups == k], axis=0, weights=weights[groups == k]) for k in (0, 1)]
    inside = means - np.stack(centres)[groups]
    spread = (inside * weights[:, None]).T @ inside / weights.sum()
    between = centres[1] - centres[0]
    sides = len(spread)
    # few pieces in many dimensions always part somehow: the fewer, the rounder the spread is taken
    share = 0.1 + sides / len(means)
    steadied = spread + share * np.trace(spread) / sides * np.eye(sides)
    return float(np.sqrt(between @ np.linalg.solve(steadied, between)))
