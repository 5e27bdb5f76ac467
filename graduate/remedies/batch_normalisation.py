"""batch-normalisation: every layer gets inputs of the same size, whatever those before it do."""

from typing import Any

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

ID = "batch-normalisation"
SCOPE = "rebuild"
SOURCE = "Ioffe and Szegedy 2015; AUTOTRAINER, table 6; needs batches of 8 and more (Wu and He 2018, figure 1)"
LEAST_BATCH = 8


def fits(finding: Finding, trace: Trace) -> bool:
    """Not where it is there already, in recurrent networks, or with tiny batches."""
    size = _about.batch(trace)
    recurrent = any(one.get("recurrent") for one in _about.layers(trace))
    return not _about.has_layer(trace, "Normalization") and not recurrent and (size is None or size >= LEAST_BATCH)


def advise(finding: Finding, trace: Trace) -> str:
    """Where to put it."""
    used = _about.first(_about.activations(trace), "relu")
    return (
        f"Normalise between {_about.called(finding)} and the activation: x = keras.layers.Dense(…, use_bias=False)(x); "
        f'x = keras.layers.BatchNormalization()(x); x = keras.layers.Activation("{used}")(x).'
    )


def apply(training: Treated, finding: Finding) -> dict[str, Any]:
    """Before every hidden activation."""
    if training.batch_size < LEAST_BATCH:
        raise NotApplicable(f"a batch of {training.batch_size} is too small for it")
    training.rebuild(normalisation="batch", initialiser="by_activation")
    return {"normalisation": "batch"}
