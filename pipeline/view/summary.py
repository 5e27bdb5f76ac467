"""The summary of a finished run, for a person: what came of it, the numbers, where the model is, what to try next."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from graduate.pipeline.result import RunResult

_HEADLINES = {
    "pushed": "pushed: the model passed every check and serves now",
    "refused": "refused: the model was trained and not pushed",
    "sick": "sick: the training was not sound, nothing was pushed",
    "data_refused": "data refused: nothing was trained",
    "failed": "failed",
    "interrupted": "interrupted",
    "stopped": "stopped after --until, as asked",
}
_METRICS = ("accuracy", "loss", "precision", "recall", "auc", "calibration_error")
_SENTENCES = 6


def render(result: RunResult, config: str, *, example: str | None = None, workdir: str | None = None, width: int = 80) -> str:
    """The whole summary, lines of plain text.

    Args:
        result: of the run.
        config: the config's path as the user wrote it.
        example: a raw input to try a prediction on.
        workdir: `--workdir` as the user gave it, for the commands to try.
        width: columns.
    """
    lines = [_headline(result), ""]
    lines += _metrics(result)
    lines += _verdicts(result, width)
    if result.pushed_to:
        lines += [f"model    {_short(result.pushed_to)}", ""]
    lines += _next(result, config, example, workdir)
    return "\n".join(lines).rstrip() + "\n"


def _headline(result: RunResult) -> str:
    text = _HEADLINES[result.status]
    if result.unchanged:
        return f"nothing to do, nothing has changed since {result.run_id} ({text})"
    seconds = sum(node.seconds for node in result.nodes)
    ran = sum(node.state == "ran" for node in result.nodes)
    cached = sum(node.state == "cached" for node in result.nodes)
    return f"{text}\nrun      {result.run_id}: {ran} nodes ran in {seconds:.1f} s" + (f", {cached} cached" if cached else "")


def _metrics(result: RunResult) -> list[str]:
    shown = [f"{name} {result.metrics[name]:.4g}" for name in _METRICS if name in result.metrics]
    return [f"metrics  {'  '.join(shown)}", ""] if shown else []


def _verdicts(result: RunResult, width: int) -> list[str]:
    lines = []
    for verdict in result.verdicts:
        if verdict.source == "Gate":
            continue  # it repeats the others
        lines.append(f"{'✓' if verdict.passed else '✗'} {verdict.source}")
        reasons = verdict.reasons
        lines += _wrapped(reasons[:_SENTENCES], width)
        if len(reasons) > _SENTENCES:
            lines.append(f"    … and {len(reasons) - _SENTENCES} more (--json has all)")
    return [*lines, ""] if lines else []


def _wrapped(sentences: tuple[str, ...], width: int) -> list[str]:
    import textwrap

    wrapper = textwrap.TextWrapper(width=max(width, 40), initial_indent="    ", subsequent_indent="      ")
    return [line for sentence in sentences for line in wrapper.wrap(sentence)]


def _next(result: RunResult, config: str, example: str | None, workdir: str | None) -> list[str]:
    where = f" --workdir {shlex.quote(workdir)}" if workdir else ""
    name = shlex.quote(config)
    run_again = f"graduate run {name}{where}"
    commands = {
        "pushed": [
            f"graduate predict latest {shlex.quote(_short(example))}{where}" if example else f"graduate show {name}",
            f"graduate models{where}",
            f"{run_again} --set training.learning_rate=0.003",
        ],
        "refused": [
            f"{run_again} --set training.steps=1000",
            f"graduate models{where}",
            f'graduate bless {result.run_id} --because "…"{where}',
        ],
        "data_refused": [f"graduate schema diff {name}{where}", f"graduate schema accept {name}{where}", run_again],
        "sick": [run_again],
        "stopped": [run_again, f"graduate show {name}"],
    }.get(result.status, [])
    return ["next", *(f"  {command}" for command in commands)] if commands else []


def _short(path: str) -> str:
    """Relative to here where that is shorter."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") and len(relative) < len(path) else str(Path(path))
