"""Fields: contiguous places where a unit is active at more than half its peak rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

from worldmodel.analysis.requirements import require

SHARE_OF_PEAK = 0.5


@dataclass(frozen=True)
class PlaceField:
    """One field of one unit.

    bins: `[B, d]` int, the bins it is made of.
    peak: `[d]` int, the bin in which the unit is most active.
    peak_rate: activity there.
    """

    bins: np.ndarray
    peak: np.ndarray
    peak_rate: float


def place_fields(rates: np.ndarray) -> list[PlaceField]:
    """Fields of one unit's map `[*bins]`, the strongest first; bins touch along axes, not across corners.

    NaN bins, which were never visited, end a field. A silent unit has no field, and one that is active everywhere alike
    has one as large as the world: size and information belong beside a number of fields.
    """
    require(not (rates < 0).any(), "rates: some are below 0; subtract the unit's minimum, or use a softplus")
    known = np.isfinite(rates)
    if not known.any() or rates[known].max() == 0:
        return []
    labels, count = label(np.where(known, rates, 0) > SHARE_OF_PEAK * rates[known].max())
    fields = []
    for number in range(1, count + 1):
        bins = np.argwhere(labels == number)
        inside = rates[tuple(bins.T)]
        fields.append(PlaceField(bins, bins[inside.argmax()], float(inside.max())))
    return sorted(fields, key=lambda field: -field.peak_rate)
