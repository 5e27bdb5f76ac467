"""The Beam pipeline: each work an element, each of its chunks a part that is written once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from graduate.errors import UsageError
from graduate.pipeline.batch import chunks, parts
from graduate.pipeline.batch.answers import answers
from graduate.pipeline.batch.listing import Work
from graduate.pipeline.batch.parts import Parts
from graduate.pipeline.model_ids import Model
from graduate.pipeline.serve.servable import DEFAULT, Servable

BEAM_ARGS = ("--runner=BundleBasedDirectRunner",)  # in this process; Beam's newer direct runner loads a program
_loaded: dict[str, Servable] = {}  # of this process, by folder: TensorFlow and the model are loaded once
_loading = threading.Lock()


def servable_of(model: Model, *, quiet: bool = True) -> Servable:
    """The model, loaded once a process."""
    with _loading:
        key = str(model.folder)
        if key not in _loaded:
            _loaded[key] = Servable(model, quiet=quiet)
        return _loaded[key]


class _Predict(beam.DoFn):
    """Predicts a work. What a chunk's part is there already for is not even read, or read and passed over."""

    def __init__(self, model: Model, kept: Parts) -> None:
        self._model, self._parts = model, kept

    def process(self, work: Work) -> Iterator[int]:
        if work.form == "files" and self._parts.path(work.number, 0).exists():
            return
        servable = servable_of(self._model)
        specs = {feature: servable.inputs[DEFAULT][name] for name, feature in servable.features.items()}
        for chunk in chunks.of_work(work, specs):
            path = self._parts.path(work.number, chunk.number)
            if not path.exists():
                told = list(answers(servable, chunk.rows))
                parts.write(path, told)
        yield work.number


def run(works: Sequence[Work], model: Model, kept: Parts, beam_args: Sequence[str] = ()) -> None:
    """Predict what has no part yet.

    Args:
        works: all of them.
        model: which one answers.
        kept: where parts go.
        beam_args: options of Beam, such as `--runner=…`; the last of one name counts.

    Raises:
        UsageError: Beam does not take them.
    """
    try:
        built = beam.Pipeline(options=PipelineOptions([*BEAM_ARGS, *beam_args]))
    except ValueError as error:
        raise UsageError(
            f"Beam does not take its options: {error}", hint="--beam-arg hands them on as they are"
        ) from None
    with built as pipeline:
        _ = pipeline | beam.Create(list(works)) | beam.ParDo(_Predict(model, kept))


def watch(kept: Parts, tell: Callable[[int], None], stop: threading.Event, seconds: float = 1.0) -> threading.Thread:
    """Tell the number of inputs in parts, again and again, in a thread, until `stop`."""

    def watching() -> None:
        known: dict[str, int] = {}
        while not stop.wait(seconds):
            try:
                for path in kept.paths():
                    if path.name not in known:
                        known[path.name] = parts.size(path)
            except OSError:  # it is being removed
                continue
            tell(sum(known.values()))

    thread = threading.Thread(target=watching, name="progress", daemon=True)
    thread.start()
    return thread
