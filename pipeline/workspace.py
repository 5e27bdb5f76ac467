"""The work folder: where everything that a run makes lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT_VARIABLE = "GRADUATE_WORKDIR"


@dataclass(frozen=True)
class Workspace:
    """Paths inside a work folder. Several pipelines may share one."""

    root: Path

    @classmethod
    def at(cls, workdir: str | os.PathLike[str] | None = None) -> Workspace:
        """The folder given, else $GRADUATE_WORKDIR, else ./.graduate; nothing is made yet."""
        return cls(Path(os.path.abspath(workdir or os.environ.get(ENVIRONMENT_VARIABLE) or ".graduate")))

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
