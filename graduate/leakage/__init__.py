"""Ways in which the answer to a graded row can be learned by heart: rows of two splits that are nearly the same, a
feature that alone gives the label away, groups that straddle splits. NumPy only; knows neither files nor TFX.
"""

from graduate.leakage.groups import straddling
from graduate.leakage.images import look, near_images
from graduate.leakage.single_feature import Giveaway, follows, giveaway
from graduate.leakage.sounds import heard, near_pairs, near_sounds
from graduate.leakage.tables import near_rows, row_hashes
from graduate.leakage.text import minhash, near_sketches, near_texts, sketches

__all__ = [
    "Giveaway",
    "follows",
    "giveaway",
    "heard",
    "look",
    "minhash",
    "near_images",
    "near_pairs",
    "near_rows",
    "near_sketches",
    "near_sounds",
    "near_texts",
    "row_hashes",
    "sketches",
    "straddling",
]
