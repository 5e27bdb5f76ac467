"""Words for a person: numbers, layers, remedies, and what a trace lacks. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graduate.findings import Evidence, Finding, Severity

_SHOWN_LAYERS = 3

# What a rule needs → why it may not be there.
_NEEDS = {
    "labels.train": "the labels of the training rows were not seen",
    "labels.validation": "no labels of validation rows were seen",
    "inputs.train": "the training rows were not seen",
    "inputs.validation": "no validation rows were seen",
    "inputs.evaluate": "evaluate was not called",
    "inputs.predict": "predict was not called",
    "overlap": "no validation or evaluation rows were seen beside the training rows",
    "baseline": "no simple model could be trained on the rows",
    "constant": "the best constant prediction is not known for this loss",
    "probe": "no batch was kept to look at activations",
    "final": "the training was not seen to its end",
    "layers": "the layers are not known",
    "objective": "the loss is not known",
    "epoch": "there are no epochs",
    "gradients": "it is not known which gradients were taken and applied",
    "penalty": "the penalties are not known apart from the loss",
    "pace": "times were not measured",
    "noise_scale": "the gradient noise scale was not measured: one batch size alone does not tell it",
    "program": "nothing is known of the program",
    "preflight": "there was no preflight",
    "rates": "no learning-rate schedule was seen",
}

_REMEDIES = {
    "clip-gradients": "clip the gradients (optimizer argument clipnorm)",
    "lower-learning-rate": "lower the learning rate",
    "raise-learning-rate": "raise the learning rate",
    "warm-up": "warm the learning rate up",
    "skip-batch": "skip the batch that did it",
    "reinitialise-layers": "initialise the layers anew",
    "leaky-relu": "use LeakyReLU, SELU or another activation that does not die",
    "batch-normalisation": "insert BatchNormalization",
    "layer-normalisation": "insert LayerNormalization",
    "dropout": "add Dropout",
    "weight-decay": "add weight decay",
    "lower-weight-decay": "lower the weight decay or penalty",
    "early-stopping": "stop early (EarlyStopping with restore_best_weights)",
    "class-weights": "weight the classes (class_weight)",
    "scale-inputs": "scale the inputs (a Normalization layer, or x / 255)",
    "scale-targets": "standardise the targets",
    "larger-batch": "use larger batches",
    "smaller-batch": "use smaller batches",
    "fix-output-activation": "give the last layer the activation that the labels and the loss ask for",
    "fix-loss": "use the loss that fits labels and output",
    "fix-labels": "mend the labels' encoding",
    "check-labels": "check that labels and rows belong together",
    "split-before-duplicating": "split before rows are duplicated or augmented, and keep groups together",
    "shuffle-rows": "shuffle the rows",
    "same-preprocessing": "preprocess training and evaluation rows alike",
    "unfreeze-layers": "unfreeze the layers",
    "apply-gradients": "apply the gradients to all trainable variables",
    "guard-operation": "guard the operation (an epsilon in log, sqrt or a division)",
    "clean-inputs": "clean the inputs of what is not finite",
    "more-capacity": "use a larger model",
    "longer-training": "train longer",
    "more-data": "use more data",
    "prefetch-input": "prefetch, cache and parallelise the input",
    "compile-step": "compile the training step (tf.function, no run_eagerly)",
    "training-flag": "call the model with training=True in training and False in evaluation",
    "change-optimizer": "use another optimizer, e.g. Adam",
    "better-initialiser": "use an initialiser with the right gain (glorot_uniform, he_normal)",
    "skip-connection": "add skip connections",
}


def number(value: float | str) -> str:
    """Four significant digits."""
    if isinstance(value, str):
        return value
    if value == int(value) if value == value and abs(value) < 1e6 else False:
        return f"{int(value):,}"
    return f"{value:.4g}"


def evidence(one: Evidence) -> str:
    """Value against threshold, and where the threshold is from."""
    facts = f"{one.column.removeprefix('told:')} {number(one.value)}, threshold {number(one.threshold)}"
    text = f"{one.sentence.rstrip('.')} ({facts}" if one.sentence else f"{facts} ("
    source = one.source.rstrip(".")
    return f"{text}; {source})" if one.sentence else f"{text}{source})"


def layers(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    shown = ", ".join(names[:_SHOWN_LAYERS])
    more = len(names) - _SHOWN_LAYERS
    return f"{shown} and {more} more" if more > 0 else shown


def remedy(name: str) -> str:
    """A remedy in a few words."""
    return _REMEDIES.get(name, name.replace("-", " "))


def missing(needs: Iterable[str]) -> str:
    """Why a rule could not look."""
    words = []
    for need in needs:
        told = need.removeprefix("told:")
        words.append(_NEEDS.get(told, need) if need.startswith("told:") else _column(need))
    return "; ".join(dict.fromkeys(words))


def _column(need: str) -> str:
    return need if " " in need else f"no {need.replace('_', ' ')} was recorded"


def counted(findings: Sequence[Finding]) -> str:
    """`2 warnings, 1 note`."""
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        number_of = sum(finding.severity is severity for finding in findings)
        if number_of:
            parts.append(f"{number_of} {severity.label}{'s' if number_of > 1 else ''}")
    return ", ".join(parts)
