"""Whether a folder of versions agrees with the store: TensorFlow Serving asks the folder, not the store."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Literal

from graduate import publish

State = Literal["agrees", "newer", "older", "gone", "absent", "no_access", "elsewhere", "unknown"]


@dataclass(frozen=True)
class OnDisk:
    """What a folder of versions says.

    Attributes:
        state: `agrees`: the same version serves there; `newer`: a higher one that the store does not know;
            `older`: the version's files are gone and a lower one serves; `gone`: nothing is left to serve; `absent`:
            there is no such folder here; `no_access`: it may not be read; `elsewhere`: it is not on a disk.
        version: the version that serves there; None where none does or nobody can tell.
        sentence: the same for a person.
    """

    state: State = "unknown"
    version: int | None = None
    sentence: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def look(place: str, version: int | None, volumes: str = "") -> OnDisk:
    """What a folder of versions says to the version that a store holds to be serving.

    Args:
        place: the folder, as the store has it.
        version: that serves as the store has it; None where the destination's name is no number.
        volumes: the folder in which a simulation keeps what a cluster has on volumes; "" of other stores.
    """
    place = _on_volume(place.removeprefix("file://"), volumes)
    if "://" in place:
        return OnDisk("elsewhere", None, f"{place} is not on this machine's disk")
    if version is None:
        return OnDisk("unknown", None, f"{place} holds no numbered versions")
    if not os.path.isdir(place):
        return _not_there(place)
    if not os.access(place, os.R_OK | os.X_OK):
        return OnDisk("no_access", None, f"{place} may not be read by you")
    try:
        found = publish.serving(place)
    except OSError as error:
        return OnDisk("no_access", None, f"{place} cannot be read: {error.strerror}")
    if found is None:
        return OnDisk("gone", None, f"its files are gone, and no other version is left in {place}: nothing serves")
    number = found.number
    if number == version:
        return OnDisk("agrees", number, f"{found.folder}, as the store says")
    if number > version:
        told = "TensorFlow Serving takes the highest, which this store does not know"
        return OnDisk("newer", number, f"version {number} lies in {place}: {told}")
    return OnDisk("older", number, f"its files are gone from {place}: version {number} serves there")


def _not_there(place: str) -> OnDisk:
    """A folder that may not be entered hides what is below it."""
    above = os.path.dirname(place)
    while above and not os.path.isdir(above) and above != os.path.dirname(above):
        above = os.path.dirname(above)
    if above and not os.access(above, os.X_OK):
        return OnDisk("no_access", None, f"{place} cannot be looked at: {above} may not be entered by you")
    return OnDisk("absent", None, f"there is no {place} on this machine; ask where that folder is mounted")


def _on_volume(place: str, volumes: str) -> str:
    """Where a folder of a simulated container lies: below that of the claim which is mounted at its beginning."""
    if not volumes or os.path.isdir(place):
        return place
    parts = place.strip("/").split("/")
    for start in range(len(parts)):
        inside = os.path.join(*parts[start:])
        found = [os.path.join(volumes, claim, inside) for claim in sorted(os.listdir(volumes))]
        there = [one for one in found if os.path.isdir(one)]
        if there:
            return there[0] if len(there) == 1 else place
    return place
