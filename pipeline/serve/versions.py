"""Which versions of a model are loaded: the one that was named, or always the highest of a folder, which is watched.

As TensorFlow Serving does by default: the folder is polled, a newer version is loaded beside the old one, then takes
over; requests in progress keep the version that they began with. A version that cannot be loaded changes nothing, and
is tried again a few times.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from graduate import publish
from graduate.errors import UserError
from graduate.pipeline.model_ids import SERVING, Model
from graduate.pipeline.serve.servable import Servable

POLL = 1.0  # seconds; TensorFlow Serving's default --file_system_poll_wait_seconds
TRIES, PAUSE = 5, 60.0  # TensorFlow Serving's --max_num_load_retries, and its seconds between two tries


class State(NamedTuple):
    """What became of a version: TensorFlow Serving's state, and why it could not be loaded."""

    name: str
    problem: str = ""


class Versions:
    """The versions of one model.

    Args:
        first: the version that was loaded.
        place: the folder of versions to watch; None: none but the first is served.
        load: loads another one.
    """

    def __init__(self, first: Servable, place: Path | None, load: Callable[[Model], Servable]) -> None:
        self.name, self.place, self._load = first.model.name, place, load
        self._now = first
        self._states = {first.version: State("AVAILABLE")}
        self._failed: dict[int, tuple[int, float]] = {}

    @property
    def now(self) -> Servable:
        """The version that serves."""
        return self._now

    def get(self, version: int | None = None) -> Servable | None:
        """The version that serves, or that one, if it is loaded."""
        now = self._now
        return now if version in (None, now.version) else None

    def states(self) -> dict[int, State]:
        """Of all versions that there were, the highest first."""
        return dict(sorted(self._states.items(), reverse=True))

    def look(self) -> bool:
        """Look into the folder once; whether another version serves now."""
        found = publish.serving(self.place) if self.place else None
        if found is None or found.number == self._now.version or not self._may_try(found.number):
            return False
        self._states[found.number] = State("LOADING")
        try:
            servable = self._load(Model(self.name, found.number, found.folder))
        except UserError as error:
            self._failed[found.number] = (self._failed.get(found.number, (0, 0.0))[0] + 1, time.monotonic())
            self._states[found.number] = State("END", str(error))
            _say(f"version {found.number} cannot be loaded, version {self._now.version} goes on serving: {error}")
            return False
        before, self._now = self._now.version, servable
        self._states |= {before: State("END"), found.number: State("AVAILABLE")}
        _say(f"version {found.number} serves now, instead of {before}")
        return True

    def _may_try(self, number: int) -> bool:
        tries, when = self._failed.get(number, (0, 0.0))
        return not tries or (tries <= TRIES and time.monotonic() - when >= PAUSE)

    def watch(self, stop: threading.Event) -> threading.Thread | None:
        """Look again and again, in a thread, until `stop`."""
        if self.place is None:
            return None

        def watching() -> None:
            while not stop.wait(POLL):
                try:
                    self.look()
                except OSError as error:  # a folder that cannot be read now
                    _say(f"{self.place} cannot be read: {error.strerror or error}")

        thread = threading.Thread(target=watching, name="versions", daemon=True)
        thread.start()
        return thread


def watched(word: str, model: Model) -> Path | None:
    """The folder to watch, where a word of the command line means whatever serves and not one version."""
    if model.version is None:
        return None
    path = Path(word).expanduser()
    folder = path.is_dir() and Path(path.absolute()) == model.folder.parent
    whichever = word in (SERVING, model.name) or word == f"{model.name}:{SERVING}"
    return model.folder.parent if folder or whichever else None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
