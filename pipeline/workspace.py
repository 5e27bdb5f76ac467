"""The work folder: where everything that a run makes lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from graduate import files
from graduate.errors import UsageError
from graduate.pipeline import object_stores

ENVIRONMENT_VARIABLE = "GRADUATE_WORKDIR"
# What lies where in a work folder. A change that an older or a newer graduate would misread raises LAYOUT; folders from
# OLDEST on are read as they are. (Its tables have a version of their own: `graduate doctor --upgrade-store`.)
LAYOUT, OLDEST = 1, 1


@dataclass(frozen=True)
class Workspace:
    """Paths inside a work folder. Several pipelines may share one."""

    root: Path

    @classmethod
    def at(cls, workdir: str | os.PathLike[str] | None = None) -> Workspace:
        """The folder given, else $GRADUATE_WORKDIR, else ./.graduate; nothing is made yet."""
        named = os.fspath(workdir or os.environ.get(ENVIRONMENT_VARIABLE) or ".graduate")
        object_stores.check_workdir(named)
        return cls(Path(os.path.abspath(named)))

    @property
    def layout(self) -> Path:
        """The file that says which layout the folder has; the first run writes it."""
        return self.root / "VERSION"

    def check_layout(self) -> None:
        """Refuse a folder that another version of graduate wrote and this one would misread.

        Raises:
            UsageError: such a folder, and what to do.
        """
        try:
            written = self.layout.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # a new folder; or one that cannot be read, which whoever uses it says better
            return
        if not written.isdecimal():
            raise UsageError(
                f"holds {written[:20]!r}, which is no layout number",
                where=str(self.layout),
                hint=f"write {LAYOUT} into it if graduate made this folder, or give another --workdir",
            )
        if int(written) > LAYOUT:
            raise UsageError(
                f"was written by a newer graduate (layout {written}; this one reads {LAYOUT})",
                where=str(self.root),
                hint="update graduate, or give another --workdir",
            )
        if int(written) < OLDEST:
            raise UsageError(
                f"was written by an older graduate (layout {written}; this one reads {OLDEST} and newer)",
                where=str(self.root),
                hint=f"move it aside (mv {self.root} {self.root}.old) and run again; pushed models stay in models/",
            )

    def sign_layout(self) -> None:
        """Write the layout into a folder that has none yet; call it while holding the folder's lock."""
        if not self.layout.exists():
            files.write_text(self.layout, f"{LAYOUT}\n")

    @property
    def store(self) -> Path:
        """ML Metadata's SQLite file."""
        return self.root / "metadata.sqlite"

    @property
    def cache(self) -> Path:
        """What can be deleted at any time: digests of files, decoded rows."""
        return self.root / "cache"

    def artifacts(self, name: str) -> Path:
        """TFX's pipeline root."""
        return self.root / "artifacts" / name

    def checkpoints(self, name: str) -> Path:
        """Checkpoints of unfinished trainings, a folder a Trainer fingerprint."""
        return self.root / "checkpoints" / name

    def trials(self, name: str) -> Path:
        """Trials of a search that came to an end, a folder for each that may go on from them."""
        return self.cache / "trials" / name

    def log(self, name: str, run_id: str) -> Path:
        """Everything TFX, Beam and TensorFlow said in one run."""
        return self.root / "logs" / name / f"{run_id}.log"

    def schema(self, name: str) -> Path:
        """The schema that was inferred once, or accepted, for a pipeline without a curated one."""
        return self.root / "schemas" / name / "schema.pbtxt"

    def demo_data(self, name: str) -> Path:
        """A named demo data set as files."""
        return self.root / "data" / name

    def push_to(self, name: str, to: str | None) -> Path:
        """The folder of pushed versions: relative to the work folder unless absolute."""
        return Path(os.path.abspath(self.root / Path(to or f"models/{name}").expanduser()))
