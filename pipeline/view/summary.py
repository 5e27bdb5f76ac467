"""The summary of a finished run, for a person: what came of it, the numbers, where the model is, what to try next."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graduate.pipeline.result import NodeReport, RunResult
from graduate.pipeline.view import style
from graduate.verdict import Check, VerdictRecord

_HEADLINES = {
    "pushed": ("✓", "green", "pushed: the model passed every check and serves now"),
    "refused": ("✗", "red", "refused: the model was not pushed; what served before still does"),
    "sick": ("✗", "red", "sick: the training was not sound; nothing was pushed"),
    "data_refused": ("✗", "red", "data refused: nothing was trained"),
    "failed": ("✗", "red", "failed"),
    "interrupted": ("■", "yellow", "interrupted"),
    "stopped": ("■", "cyan", "stopped after the node that --until names, as asked"),
}
_METRICS = ("accuracy", "r2", "mae", "rmse", "loss", "precision", "recall", "auc", "calibration_error")
_PASSED_SHOWN, _FAILED_SHOWN = 3, 8
_COLUMN, _NAME = 14, 17  # at least, of a verdict's source, of a node

Paint = Callable[..., str]


@dataclass(frozen=True)
class Hints:
    """What the commands to try next are made of.

    Attributes:
        config: as the user wrote it; `workdir` and `overrides` (`--set`) likewise.
        example: a raw input to try a prediction on.
        steps: of the training, where the config says so.
        commands: to be shown instead, of a run that `graduate run` did not make.
    """

    config: str
    example: str | None = None
    workdir: str | None = None
    overrides: Sequence[str] = ()
    steps: int | None = None
    commands: Sequence[str] | None = None


def render(
    result: RunResult, hints: Hints, *, seconds: float | None = None, width: int = 80, colour: bool = False
) -> str:
    """The whole summary; no line is longer than `width` but for paths and commands, which are never broken.

    Args:
        result: of the run.
        hints: what the commands to try next are made of.
        seconds: that the run took as a whole; default: what its nodes took.
        width: columns.
        colour: with ANSI colours.
    """
    paint: Paint = style.paint if colour else lambda text, *styles: text
    blocks = [
        [*_headline(result, seconds, paint), *_metrics(result, width, paint), *_folds(result, paint)],
        _verdicts(result.verdicts, width, paint),
        [] if result.unchanged else _nodes(result.nodes, width, paint),
        _model(result, paint),
        _next(result, hints, paint),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _headline(result: RunResult, seconds: float | None, paint: Paint) -> list[str]:
    icon, colour, text = _HEADLINES[result.status]
    lines = [f"{paint(icon, colour, 'bold')} {paint(text, colour, 'bold')}"]
    if result.unchanged:
        lines.append(f"  nothing to do: nothing has changed since {result.run_id}")
        return lines
    counted = [(state, sum(node.state == state for node in result.nodes)) for state in ("ran", "cached", "skipped")]
    told = ", ".join(f"{count} {state}" for state, count in counted if count)
    took = sum(node.seconds for node in result.nodes) if seconds is None else seconds
    lines.append(f"  {result.run_id}: {told}, in {style.seconds(took)}")
    return lines


def _metrics(result: RunResult, width: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    used = width
    for name in _METRICS:
        if name in result.metrics:
            value = f"{result.metrics[name]:.4g}"
            length = len(name) + 1 + len(value) + 3
            if used + length > width:
                lines, used = [*lines, " "], 1
            lines[-1] += f" {name} {paint(value, 'bold')}  "
            used += length
    return [line.rstrip() for line in lines]


def _folds(result: RunResult, paint: Paint) -> list[str]:
    """Of a cross-validation: mean ± spread."""
    found = result.metrics
    if "folds" not in found:
        return []
    parts = [
        f"{name} {paint(f'{found[mean]:.4g}', 'bold')} ± {found[f'folds_{name}_spread']:.2g}"
        for name in ("accuracy", "mae", "loss")
        if (mean := f"folds_{name}_mean") in found
    ]
    return [f"  {found['folds']:g} folds: {'   '.join(parts)}"]


def _verdicts(verdicts: Sequence[VerdictRecord], width: int, paint: Paint) -> list[str]:
    lines = []
    shown = [one for one in verdicts if one.source != "Gate" or len(verdicts) == 1]  # which repeats the others
    column = max([_COLUMN, *(len(one.source) + 1 for one in shown)])
    for verdict in shown:
        label = f"{verdict.source:<{column}}"
        for check in _shown(verdict.checks):
            lines += _sentence(check, label, width, paint)
            label = " " * column
        left_out = len(verdict.checks) - len(_shown(verdict.checks))
        if left_out:
            lines.append(f"  {label}{paint(f'… and {left_out} more (--json has all)', 'dim')}")
        elif not verdict.checks:
            lines.append(f"{paint('✓', 'green')} {label}nothing to object to")
    return lines


def _shown(checks: Sequence[Check]) -> list[Check]:
    """What failed first, then what warns; of what passed a few."""
    failed = [check for check in checks if not check.passed]
    told = [*failed, *(check for check in checks if check.passed and check.warns)][:_FAILED_SHOWN]
    passed = [check for check in checks if check.passed and not check.warns]
    return told + passed[: max(0, _PASSED_SHOWN - len(told))]


def _sentence(check: Check, label: str, width: int, paint: Paint) -> list[str]:
    room = max(24, width - len(label) - 2)
    if check.passed and not check.warns:
        return [f"{paint('✓', 'green')} {label}{_cut(check.sentence, room)}"]
    icon = paint("!", "yellow") if check.passed else paint("✗", "red")
    first, *rest = textwrap.wrap(check.sentence, room, break_long_words=False) or [""]
    return [f"{icon} {label}{first}", *(f"  {' ' * len(label)}{line}" for line in rest)]


def _nodes(nodes: Sequence[NodeReport], width: int, paint: Paint) -> list[str]:
    column = max([_NAME, *(len(node.node) + 1 for node in nodes)])
    return [_node(node, column, width, paint) for node in nodes]


def _node(node: NodeReport, column: int, width: int, paint: Paint) -> str:
    icon, colour = style.ICONS.get(node.state, ("?", ""))
    time = style.seconds(node.seconds) if node.state not in ("skipped", "cached") else ""
    words = {"cached": "cached ", "skipped": "skipped: "}.get(node.state, "")
    told = _cut(f"{words}{node.reason}".rstrip(" :"), max(12, width - column - 10))
    return f"{paint(icon, colour)} {node.node:<{column}}{time:>6}  {paint(told, 'dim')}".rstrip()


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def _model(result: RunResult, paint: Paint) -> list[str]:
    return [f"model  {paint(style.short(result.pushed_to), 'bold')}"] if result.pushed_to else []


def _next(result: RunResult, hints: Hints, paint: Paint) -> list[str]:
    commands = _commands(result, hints) if hints.commands is None else hints.commands
    return [paint("try next", "bold"), *(f"  {command}" for command in commands)] if commands else []


def _commands(result: RunResult, hints: Hints) -> list[str]:
    where = ["--workdir", hints.workdir] if hints.workdir else []

    def command(*words: str) -> str:
        return shlex.join(["graduate", *words, *where])

    def again(*overrides: str) -> str:
        keys = {pair.partition("=")[0] for pair in overrides}
        kept = [pair for pair in hints.overrides if pair.partition("=")[0] not in keys]
        return command("run", hints.config, *(word for pair in (*kept, *overrides) for word in ("--set", pair)))

    serving = f"{result.run_id.rsplit('-', 3)[0]}:serving"  # `latest` is ambiguous where there are several pipelines
    show = shlex.join(["graduate", "show", hints.config])
    rate = f"training.learning_rate={0.001 if 'training.learning_rate=0.003' in hints.overrides else 0.003}"
    longer = f"training.steps={2 * hints.steps}" if hints.steps else rate
    bless = f'graduate bless {result.run_id} --because "…"{" " + shlex.join(where) if where else ""}'
    return {
        "pushed": [
            command("predict", serving, style.short(hints.example)) if hints.example else show,
            command("models"),
            again(rate),
        ],
        "refused": [again(longer), command("models"), bless],
        "sick": [
            command("diagnose", result.run_id) if _trained(result) else again("training.learning_rate=0.0003"),
            again("diagnostics.during_training=cure" if _trained(result) else "preflight=off"),
            show,
        ],
        "data_refused": [command("schema", "diff", hints.config), command("schema", "accept", hints.config), again()]
        if _unlike_the_schema(result)
        else [command("why", result.run_id or "latest"), show, again()],
        "stopped": [again(), show, f"{again()} --json"],
    }.get(result.status, [])


def _unlike_the_schema(result: RunResult) -> bool:
    """Whether another schema may mend it: it says what values there are, and how far splits may differ."""
    failed = (check.name for verdict in result.verdicts for check in verdict.checks if not check.passed)
    return any(name.partition(":")[0] in ("schema", "skew") for name in failed)


def _trained(result: RunResult) -> bool:
    """Whether there is a trace to look at."""
    return any(verdict.source == "GradientDiagnostics" for verdict in result.verdicts)
