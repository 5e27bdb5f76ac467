"""The groups of a pipeline's config. Each field's description is its documentation: `graduate config schema` prints it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Group(BaseModel):
    """Unknown keys are errors, values are not coerced from strings, and a config does not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Group):
    """Where the rows come from. Exactly one source is named."""

    images: str | None = Field(None, description="a folder class/name.png (or train/ eval/ test/ of such), or `digits`")
    tfrecords: str | None = Field(None, description="a file, folder or glob of TFRecords of tf.Example")
    image_feature: str = Field("image", description="TFRecords: the feature that holds the encoded image")
    label_feature: str = Field("label", description="TFRecords: the feature that holds the class")
    split: dict[Literal["train", "eval", "test"], Annotated[float, Field(gt=0, lt=1)]] | None = Field(
        None, description="shares of train, eval and test; rows are assigned by content hash. Default 0.8, 0.1, 0.1"
    )
    group_by: str | None = Field(
        None,
        description="rows of one group land in one split. Folders: a regular expression on the relative path whose first "
        "group is the key; TFRecords: a feature",
    )
    bad_rows: Literal["fail", "skip"] = Field("fail", description="what to do with a file that is not an image")
    max_bad_rows: int = Field(100, ge=0, description="with `skip`: more bad rows than this stop the run")


class TransformConfig(Group):
    """How a raw row becomes what the network sees; the same graph in training and in serving."""

    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] = Field(
        (32, 32), description="height and width that every image is resized to"
    )
    channels: Literal[1, 3] = Field(3, description="1 grey, 3 colour")
    normalise: Literal["per_channel", "unit", "none"] = Field(
        "per_channel", description="zero mean and unit variance by a full pass; or [0, 1]; or raw"
    )
    statistics: bool = Field(True, description="statistics of the transformed rows too")


class ModelConfig(Group):
    """The network: one of the task's builders, or a function in a module of yours."""

    build: str = Field("cnn", description="mlp, cnn, resnet, or a function in `module`")
    module: str | None = Field(None, description="a Python file with the function; relative to the config file")
    hyperparameters: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the builder")


class OptimizerConfig(Group):
    """A Keras optimizer."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion"] = "adam"
    momentum: float | None = Field(None, ge=0, lt=1)
    nesterov: bool | None = None
    beta_1: float | None = Field(None, ge=0, lt=1)
    beta_2: float | None = Field(None, ge=0, lt=1)
    epsilon: float | None = Field(None, gt=0)
    weight_decay: float | None = Field(None, ge=0)


class ScheduleConfig(Group):
    """A learning-rate schedule: a linear warm-up to `peak`, then the decay down to `peak * end` at the last step."""

    schedule: Literal["constant", "cosine", "linear", "exponential", "step"] = "cosine"
    peak: float = Field(gt=0, description="the rate after the warm-up")
    warmup_steps: int = Field(0, ge=0)
    end: float = Field(0.0, ge=0, le=1, description="the last rate as a share of the peak")
    boundaries: list[int] = Field(default_factory=list, description="`step`: after which steps the rate falls")
    factor: float = Field(0.1, gt=0, lt=1, description="`step`: by which factor")


class EarlyStoppingConfig(Group):
    """Stop when the eval split no longer improves; the best weights are restored."""

    metric: Literal["loss", "accuracy"] = "loss"
    patience: int = Field(5, ge=1, description="evaluations without improvement")
    min_delta: float = Field(0.0, ge=0)


class TrainingConfig(Group):
    """How the network is trained."""

    steps: int | None = Field(None, ge=1, description="optimizer steps; give this or `epochs`")
    epochs: float | None = Field(None, gt=0, description="passes over the training split")
    batch_size: int = Field(64, ge=1, description="examples a step, over all replicas")
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion"] | OptimizerConfig = "adam"
    learning_rate: Annotated[float, Field(gt=0)] | ScheduleConfig = 0.001
    clip_norm: float | None = Field(None, gt=0, description="clip the global norm of the gradient to this")
    clip_value: float | None = Field(None, gt=0, description="clip every entry of the gradient to ± this")
    l2: float = Field(0.0, ge=0, description="penalty on the squares of all kernels")
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    augment: list[dict[str, Any]] = Field(
        default_factory=list, description="in this order, e.g. [{flip: horizontal}, {shift: 2}, {rotate_degrees: 10}]"
    )
    class_weights: Literal["none", "balanced"] | dict[str, float] = "none"
    accumulate: int = Field(1, ge=1, description="micro-batches a step; divides `batch_size`")
    early_stopping: EarlyStoppingConfig | None = None
    eval_every: int | None = Field(None, ge=1, description="steps between evaluations; default once an epoch")
    checkpoint_every: int = Field(200, ge=1, description="steps between checkpoints")
    steps_per_call: int | None = Field(None, ge=1, description="steps a compiled call; default chosen by the loop")
    strategy: Literal["auto", "cpu", "one_device", "mirrored", "multi_worker", "tpu"] = "auto"
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    xla: bool = False
    seed: int = Field(0, ge=0)


class Bound(Group):
    """A bound on one metric. At least one of the three is given."""

    at_least: float | None = None
    at_most: float | None = None
    worse_than_last_by: float | None = Field(
        None, ge=0, description="how much worse than the last graduate the metric may be"
    )


class SliceConfig(Group):
    """Bounds on every value of a feature: `{by: label, accuracy: {at_least: 0.85}, min_examples: 20}`."""

    by: str = Field(description="`label`, or a feature of the raw rows")
    min_examples: int = Field(1, ge=1, description="slices with fewer rows are reported and not judged")
    accuracy: Bound | None = None
    loss: Bound | None = None
    precision: Bound | None = None
    recall: Bound | None = None
    auc: Bound | None = None


class EvaluationConfig(Group):
    """What the model must reach to be pushed."""

    split: Literal["eval", "test"] = "test"
    bounds: dict[Literal["accuracy", "loss", "precision", "recall", "auc", "calibration_error"], Bound] = Field(
        default_factory=dict
    )
    slices: list[SliceConfig] = Field(default_factory=list)


class ServingConfig(Group):
    """The check of the exported model in a clean process."""

    check: bool = True
    tolerance: float = Field(1e-5, gt=0, description="largest difference from the trainer's own probabilities")
    max_latency_ms: float | None = Field(None, gt=0, description="median of one-row requests")


class PushConfig(Group):
    """Where graduates go."""

    to: str | None = Field(None, description="folder; relative to the work folder. Default models/NAME")
    keep: int = Field(5, ge=1, description="how many versions stay; the one that serves always does")
