"""Groups, such as all pictures of one patient, that lie in more than one split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def straddling(rows: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Groups with rows in two splits or more.

    Args:
        rows: (group, split) of every row.

    Returns:
        group → split → number of rows, the largest group first.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group, split in rows:
        counts[group][split] += 1
    several = {group: dict(sorted(splits.items())) for group, splits in counts.items() if len(splits) > 1}
    return dict(sorted(several.items(), key=lambda item: (-sum(item[1].values()), item[0])))
