"""What watches the training of a pipeline: the recorder, whose trace lies beside the checkpoints until it is whole, and
the supervisor, who asks the rules while it trains.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate import own_rules, to_tensorboard
from graduate.pipeline import events
from graduate.pipeline.telling import Teller
from graduate.recorder import Recorder
from graduate.trace import open_trace
from graduate.training import Rows, Supervisor

TRACE = "trace"
STOPPED = "STOPPED.txt"  # in the model's folder, instead of a model
_POINTS = 300  # steps that TensorBoard shows; the trace has them all
_LOOKED_AT = 4096  # rows whose range is taken
_HEARD = 256  # of recordings

# Settings that only decide what is said on the screen while a training runs: were they part of what the Trainer is
# given, and so of its cache key, another of them would train again. Set by the run: `rules`, `ignore` and `module`.
said: dict[str, Any] = {}


class Watching:
    """The callbacks of the loop that record, tell and supervise; none where the config records nothing.

    Args:
        config: with the group `diagnostics`.
        folder: of the checkpoints: a killed training goes on in its trace.
        rows: the training split.
        normalise: f(inputs) -> what goes into the network.
        classes: names by index.
        base_dir: the folder that `diagnostics.module` is relative to.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        folder: Path,
        rows: Rows,
        normalise: Any,
        classes: Sequence[str],
        base_dir: str = ".",
    ) -> None:
        settings = config["diagnostics"]
        self.callbacks: list[Any] = []
        self._folder = folder
        if settings["during_training"] == "off":
            return
        self._recorder = Recorder(
            folder / TRACE,
            settings["record_every"],
            label_counts=_label_counts(rows, classes),
            input_range=_input_range(rows, normalise),
        )
        judging = {**said, **{key: settings[key] for key in ("rules", "ignore", "module") if key in settings}}
        supervisor = Supervisor(
            self._recorder,
            settings["during_training"],
            max_cures=settings.get("max_cures", 1),
            overrides=judging.get("rules"),
            ignore=judging.get("ignore", ()),
            rules=own_rules.beside_ours(_beside(base_dir, judging.get("module"))),
            on_event=_say,
        )
        self.callbacks = [self._recorder, Teller(self._recorder), supervisor]

    def keep(self, run: Path) -> None:
        """Close the trace, and copy it whole into the run's folder, with those from before cures that began anew.

        The last one is written as TensorBoard's events too. Of several workers only the chief has one.
        """
        if self.callbacks:
            self._recorder.close()
        for trace in sorted(self._folder.glob(f"{TRACE}*")):
            if trace.is_dir():
                shutil.copytree(trace, run / trace.name, dirs_exist_ok=True)
        if (run / TRACE).is_dir():
            to_tensorboard.write(open_trace(run / TRACE), run / "tensorboard", points=_POINTS)

    @property
    def stopped(self) -> str | None:
        """Why the training was stopped as sick; None where it was not, and of a worker that is not the chief."""
        if not self.callbacks or not (self._folder / TRACE).is_dir():
            return None
        stops = [event for event in self._recorder.trace().events if event.kind == "stop"]
        return f"{stops[-1].detail.get('fault')}: {stops[-1].detail.get('reason')}" if stops else None


def _beside(base_dir: str, module: str | None) -> str | None:
    return module and os.path.abspath(Path(base_dir) / Path(module).expanduser())


def _say(event: Mapping[str, Any]) -> None:
    events.emit("alarm", node="Trainer", kind=event["kind"], step=event["step"], text=event["text"])


def _label_counts(rows: Rows, classes: Sequence[str]) -> dict[str, int]:
    labels = np.asarray(rows.labels)
    if labels.ndim > 1:  # several labels, or numbers
        return {}
    numbers = np.bincount(labels, minlength=len(classes))
    return {name: int(number) for name, number in zip(classes, numbers, strict=False)}


def _input_range(rows: Rows, normalise: Any) -> tuple[float, float]:
    """Least and largest value after normalisation, which never turns one channel's order round."""
    some = np.asarray(rows.inputs[:_LOOKED_AT])
    if some.dtype == np.int16:  # waveforms: a spectrum's range is not that of its corners
        seen = np.asarray(normalise(some[:_HEARD]))
        return float(seen.min()), float(seen.max())
    axes = tuple(range(some.ndim - 1))
    corners = np.stack([some.min(axes), some.max(axes)]).reshape(2, *(1,) * (some.ndim - 2), -1)
    ends = np.asarray(normalise(corners))
    return float(ends.min()), float(ends.max())
