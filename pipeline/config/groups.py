"""The groups of a pipeline's config. A field's description is its documentation: `graduate config schema` prints it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion"]
Positive = Annotated[int, Field(ge=1)]
Judgement = Literal["refuse", "warn", "off"]

_WORDS = {"yes": True, "on": True, "no": False, "off": False}


def _yes_or_no(value: Any) -> Any:
    return _WORDS.get(value.lower(), value) if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_yes_or_no)]
"""A boolean. `yes`, `no`, `on` and `off` are text to our loader; here, and only here, they mean what people expect."""


# The unions below are told apart by form, a word or number against a mapping, so that an error is about the form that
# was meant. The tag in angle brackets stands in pydantic's location of an error; `problems.py` takes it out.
def _form(value: Any) -> str:
    return "<group>" if isinstance(value, dict | BaseModel) else "<plain>"


ByForm = Discriminator(_form)


class Group(BaseModel):
    """Unknown keys are errors, and a config does not change once read. `load` reads strictly: `"3"` is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Group):
    """Where the rows come from. Exactly one source is named."""

    images: str | None = Field(
        default=None,
        description="a folder class/name.png (or train/ eval/ test/ of such), or the demo data set `digits`",
    )
    texts: str | None = Field(
        default=None,
        description="a folder class/name.txt (or train/ eval/ test/ of such); a CSV, TSV, JSON-lines or Parquet file "
        "with a column of texts (or a folder of train, eval and test files); or a named demo data set",
    )
    text: str | None = Field(default=None, description="texts in a table: their column; where nothing is said, `text`")
    audio: str | None = Field(
        default=None,
        description="a folder class/name.wav (or .flac, .ogg; or train/ eval/ test/ of such), or a named demo data set",
    )
    table: str | None = Field(
        default=None,
        description="a CSV, TSV, JSON-lines or Parquet file with a header (or a folder of train, eval and test files), "
        "or a named demo data set",
    )
    label: str | list[str] | None = Field(
        default=None,
        description="table: the column that is to be predicted; several for `labels` or numbers; images: the names of "
        "`labels`; texts in a table: the "
        "column of their class; where nothing is said, `label`",
    )
    target: Literal["class", "labels", "number"] = Field(
        default="class",
        description="what the label is: a class; of tables and images several labels; of tables numbers",
    )
    labels: str | None = Field(
        default=None,
        description="images with `target: labels`: a CSV with a column `file`, a path in the folder, and a column of 0 "
        "and 1 for each of `label`, or one column `labels` of names, split by ;",
    )
    columns: dict[str, Literal["number", "category", "date", "ignore"]] = Field(
        default_factory=dict, description="table: what a column is, where its values alone would not tell"
    )
    tfrecords: str | None = Field(default=None, description="a file, folder or glob of TFRecords of tf.Example")
    image_feature: str = Field(default="image", description="TFRecords: the feature that holds the encoded image")
    label_feature: str = Field(default="label", description="TFRecords: the feature that holds the class")
    split: dict[Literal["train", "eval", "test"], Annotated[float, Field(gt=0, lt=1)]] | None = Field(
        default=None,
        description="shares of train, eval and test, rows assigned by content hash; default 0.8, 0.1, 0.1, or the "
        "folders train/ eval/ test/ where there are any",
    )
    group_by: str | None = Field(
        default=None,
        description="rows of one group land in one split. Folders: a regular expression on the relative path whose "
        "first group is the key; tables: a column; TFRecords: a feature",
    )
    bad_rows: Literal["fail", "skip"] = Field(default="fail", description="what to do with a file that cannot be read")
    max_bad_rows: int = Field(default=100, ge=0, description="with `skip`: more bad rows than this stop the run")


class TransformConfig(Group):
    """How a raw row becomes what the network sees; the same graph in training and in serving."""

    size: tuple[Positive, Positive] = Field(
        default=(32, 32), description="image: height and width that every image is resized to", examples=[[32, 32]]
    )
    channels: Literal[1, 3] = Field(default=3, description="image: 1 grey, 3 colour")
    normalise: Literal["per_channel", "unit", "none"] = Field(
        default="per_channel",
        description="image: zero mean and unit variance by a full pass; or to [0, 1]; or not at all",
    )
    background: str = Field(
        default="white", description="image: what shows through where one is transparent: white, black or '#rrggbb'"
    )
    length: Positive = Field(default=200, description="text: tokens of a row; longer ones are cut, shorter padded")
    vocabulary: Positive = Field(
        default=10_000, description="text: the most frequent tokens that are told apart; table: values of a category"
    )
    min_count: Positive = Field(
        default=2, description="text, table: tokens and values that training saw less often are unknown"
    )
    buckets: dict[str, Annotated[int, Field(ge=2, le=1000)]] = Field(
        default_factory=dict,
        description="table: numbers that become so many categories of about as many rows each",
        examples=[{"age": 10}],
    )
    lower: Switch = Field(default=True, description="text: capital letters are made small")
    unicode: Literal["nfkd", "nfd", "none"] = Field(
        default="nfkd",
        description="text: characters of one look are one: composed or not, half or full width, ligatures (nfkd, which "
        "tells apart what NFKC does); composed or not (nfd, as NFC); or they stay as they are",
    )
    rate: Annotated[int, Field(ge=4000, le=192_000)] = Field(
        default=16_000, description="audio: samples a second that every recording is resampled to"
    )
    seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=1.0, description="audio: how long a recording is; longer ones are cut, shorter end in silence"
    )
    features: Literal["log_mel", "mfcc"] = Field(
        default="log_mel", description="audio: a log-mel spectrogram, or the first 13 coefficients of its cepstrum"
    )
    mels: Positive = Field(default=40, description="audio: bands of the mel scale")
    frame_ms: float = Field(default=25.0, gt=0, description="audio: milliseconds of which a spectrum is taken")
    hop_ms: float = Field(default=10.0, gt=0, description="audio: milliseconds from one spectrum to the next")
    module: str | None = Field(
        default=None,
        description="image, text, table: a Python file with preprocessing of yours; relative to the config file",
    )
    function: str | None = Field(
        default=None, description="image, text, table: the function in `module`; see docs/custom.md"
    )
    statistics: Switch = Field(default=True, description="statistics of the transformed rows too")


class ModelConfig(Group):
    """The network: one of the task's builders, or a function in a module of yours."""

    build: str = Field(
        default="cnn",
        description="image: mlp, cnn (the default), resnet, transfer; text: bag (the default), lstm, gru, transformer; "
        "audio: cnn (the default), crnn; "
        "table: mlp (the default), linear, wide_deep, resnet; or a function in `module`",
    )
    module: str | None = Field(default=None, description="a Python file with the function; relative to the config file")
    hyperparameters: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the builder")


class OptimizerConfig(Group):
    """A Keras optimizer; what is not given is Keras's default."""

    name: OptimizerName = Field(default="adam", description="which optimizer")
    momentum: float | None = Field(
        default=None, ge=0, lt=1, description="sgd, rmsprop: share of the previous update that is kept"
    )
    nesterov: Switch | None = Field(default=None, description="sgd: Nesterov's momentum")
    beta_1: float | None = Field(default=None, ge=0, lt=1, description="adam, adamw, lion: decay of the first moment")
    beta_2: float | None = Field(default=None, ge=0, lt=1, description="adam, adamw, lion: decay of the second moment")
    epsilon: float | None = Field(
        default=None, gt=0, description="adam, adamw, rmsprop, adagrad: keeps the divisor from zero"
    )
    weight_decay: float | None = Field(default=None, ge=0, description="decoupled weight decay")


class ScheduleConfig(Group):
    """A learning-rate schedule: a linear warm-up to `peak`, then the decay down to `peak * end` at the last step."""

    schedule: Literal["constant", "cosine", "linear", "exponential", "step"] = Field(
        default="cosine", description="its shape"
    )
    peak: float = Field(gt=0, description="the rate after the warm-up", examples=[0.001])
    warmup_steps: int = Field(default=0, ge=0, description="steps from 0 up to the peak")
    end: float = Field(default=0.0, ge=0, le=1, description="the last rate as a share of the peak")
    boundaries: list[Positive] = Field(default_factory=list, description="`step`: after which steps the rate falls")
    factor: float = Field(default=0.1, gt=0, lt=1, description="`step`: by which factor")


class EarlyStoppingConfig(Group):
    """Stop when the eval split no longer improves; the best weights are restored."""

    metric: Literal["loss", "accuracy"] = Field(default="loss", description="what has to improve on the eval split")
    patience: int = Field(default=5, ge=1, description="evaluations without improvement before training stops")
    min_delta: float = Field(default=0.0, ge=0, description="an improvement smaller than this is none")


class TrainingConfig(Group):
    """How the network is trained."""

    steps: int | None = Field(default=None, ge=1, description="optimizer steps; give this or `epochs`")
    epochs: float | None = Field(default=None, gt=0, description="passes over the training split; give this or `steps`")
    batch_size: int = Field(default=64, ge=1, description="examples a step, over all replicas")
    optimizer: Annotated[
        Annotated[OptimizerName, Tag("<plain>")] | Annotated[OptimizerConfig, Tag("<group>")], ByForm
    ] = Field(default="adam", description="a name, or a mapping such as {name: sgd, momentum: 0.9}")
    learning_rate: Annotated[
        Annotated[float, Field(gt=0), Tag("<plain>")] | Annotated[ScheduleConfig, Tag("<group>")], ByForm
    ] = Field(
        default=0.001, description="a number, or a schedule such as {schedule: cosine, peak: 0.003, warmup_steps: 100}"
    )
    clip_norm: float | None = Field(default=None, gt=0, description="clip the global norm of the gradient to this")
    clip_value: float | None = Field(default=None, gt=0, description="clip every entry of the gradient to ± this")
    l2: float = Field(default=0.0, ge=0, description="penalty on the squares of all kernels")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="share of the label spread over all classes")
    augment: list[dict[str, Any]] = Field(
        default_factory=list,
        description="what is done to training rows afresh each epoch, in this order, e.g. "
        "[{flip: horizontal}, {shift: 2}, {rotate_degrees: 10}], [{word_dropout: 0.1}] or "
        "[{noise: 15}, {time_mask: 0.1}]",
    )
    class_weights: Annotated[
        Annotated[Literal["none", "balanced"], Tag("<plain>")]
        | Annotated[dict[str, Annotated[float, Field(ge=0)]], Tag("<group>")],
        ByForm,
    ] = Field(default="none", description="none, balanced (by the inverse of a class's share), or {class: weight}")
    accumulate: int = Field(default=1, ge=1, description="micro-batches a step; divides `batch_size`")
    early_stopping: EarlyStoppingConfig | None = Field(
        default=None, description="stop when the eval split no longer improves"
    )
    eval_every: int | None = Field(default=None, ge=1, description="steps between evaluations; default once an epoch")
    checkpoint_every: int = Field(default=200, ge=1, description="steps between checkpoints")
    steps_per_call: int | None = Field(
        default=None, ge=1, description="steps a compiled call; default chosen by the loop"
    )
    strategy: Literal["auto", "cpu", "one_device", "mirrored", "multi_worker", "tpu"] = Field(
        default="auto", description="which devices; auto takes TPU, then all GPUs, then CPU, and says which"
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(
        default="float32", description="what the network computes in; the mixed ones scale the loss where needed"
    )
    xla: Switch = Field(default=False, description="compile the step with XLA")
    seed: int = Field(default=0, ge=0, description="weights, order of rows and augmentation follow from it")


class LeakageConfig(Group):
    """What DataGuard does where the answer to a graded row could have been learned by heart."""

    duplicates: Judgement = Field(default="refuse", description="the same content in two splits")
    near_duplicates: Judgement = Field(
        default="warn", description="contents in two splits that differ by little: a re-encoded or resized image"
    )
    single_feature: Judgement = Field(
        default="warn", description="one feature, of images height, width or channels, that alone tells the label"
    )
    groups: Judgement = Field(default="refuse", description="a group of `data.group_by` in two splits")


class DiagnosticsConfig(Group):
    """What is watched of a training, and what follows from it. `graduate explain` has a page for each fault."""

    record_every: int = Field(default=1, ge=1, description="steps whose number is a multiple of it are recorded")
    during_training: Literal["off", "report", "stop", "cure"] = Field(
        default="report",
        description="off records nothing; report tells what is seen while it trains; stop ends a sick training; cure "
        "goes back to the last healthy checkpoint, applies a remedy and goes on",
    )
    refuse_on: Literal["never", "warning", "error"] = Field(
        default="error", description="the least severity of a finding that keeps the model from being pushed"
    )
    max_cures: int = Field(default=3, ge=1, description="`cure`: after so many the training is stopped as sick")
    rules: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="thresholds instead of a rule's own: {fault: {threshold: value}}",
        examples=[{"exploding-gradient": {"growth": 50}}],
    )
    ignore: list[str] = Field(default_factory=list, description="faults that are not looked for")
    module: str | None = Field(
        default=None, description="a Python file with rules of yours, asked beside ours; relative to the config file"
    )


class Bound(Group):
    """A bound on one metric. At least one of the three is given."""

    at_least: float | None = Field(default=None, description="the smallest value that passes")
    at_most: float | None = Field(default=None, description="the largest value that passes")
    worse_than_last_by: float | None = Field(
        default=None, ge=0, description="how much worse than the last graduate the metric may be"
    )


class SliceConfig(Group):
    """Bounds on every value of a feature: `{by: label, accuracy: {at_least: 0.85}, min_examples: 20}`."""

    by: str = Field(description="`label`, or a feature of the raw rows", examples=["label"])
    min_examples: int = Field(default=1, ge=1, description="slices with fewer rows are reported and not judged")
    accuracy: Bound | None = Field(default=None, description="share of rows whose best class is right")
    loss: Bound | None = Field(default=None, description="cross-entropy")
    precision: Bound | None = Field(default=None, description="precision, the mean over the classes")
    recall: Bound | None = Field(default=None, description="recall, the mean over the classes")
    auc: Bound | None = Field(default=None, description="area under the ROC curve")
    mae: Bound | None = Field(default=None, description="numbers: mean absolute error")
    rmse: Bound | None = Field(default=None, description="numbers: root of the mean squared error")
    r2: Bound | None = Field(default=None, description="numbers: share of the variance that is explained")
    bounds: dict[str, Bound] = Field(default_factory=dict, description="of metrics in `evaluation.module`")


class TuningConfig(Group):
    """A search for settings before the training: trials on the training split, compared on eval. See docs/tuning.md."""

    trials: int = Field(default=12, ge=1, le=10_000, description="how many trainings are tried")
    metric: Literal["eval_loss", "eval_accuracy", "eval_mae"] = Field(
        default="eval_loss", description="what of the eval split is compared"
    )
    algorithm: Literal["random", "bayesian", "hyperband"] = Field(
        default="bayesian",
        description="random; bayesian learns where good settings lie; hyperband tries many for a short time, and goes "
        "on with the best",
    )
    steps: int | None = Field(default=None, ge=1, description="the length of a trial; default as the training's own")
    seed: int = Field(default=0, ge=0, description="which settings are tried follows from it")
    space: dict[str, Any] = Field(
        description="keys of model and training, and what each may be: a list of values, {between: [least, largest]}, "
        "or {log: [least, largest]}",
        examples=[{"training.learning_rate": {"log": [0.0001, 0.1]}, "training.batch_size": [32, 64]}],
    )


class EvaluationConfig(Group):
    """What the model must reach to be pushed."""

    split: Literal["eval", "test"] = Field(default="test", description="which split is judged")
    bounds: dict[str, Bound] = Field(
        default_factory=dict,
        description="metric to bound; at least one is needed, or any model would be pushed",
        examples=[{"accuracy": {"at_least": 0.9}}],
    )
    slices: list[SliceConfig] = Field(
        default_factory=list,
        description="bounds on every value of a feature; of a number with more than twelve values, on four ranges of "
        "about as many rows",
    )
    module: str | None = Field(
        default=None,
        description="a Python file with metrics of yours, which `bounds` name; relative to the config file",
    )
    folds: int | None = Field(
        default=None,
        ge=2,
        le=50,
        description="cross-validation: mean and spread over so many parts of train and eval, each held out once; "
        "as many trainings more",
    )


class ServingConfig(Group):
    """The check of the exported model in a clean process."""

    check: Switch = Field(default=True, description="whether the export is checked at all")
    tolerance: float = Field(default=1e-5, gt=0, description="largest difference from the trainer's own probabilities")
    max_latency_ms: float | None = Field(
        default=None, gt=0, description="largest median of one-row requests, in milliseconds"
    )


class PushConfig(Group):
    """Where graduates go."""

    to: str | None = Field(default=None, description="folder; relative to the work folder. Default models/NAME")
    keep: int = Field(default=5, ge=1, description="how many versions stay; the one that serves always does")
