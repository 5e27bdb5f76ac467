"""The trials of a search as text: a table, the best first, and what to do with it. Standard library only."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.tuning import settings as settings_
from graduate.tuning.trials import Trial, best, faults, ranked, sentence

_WIDEST = 28  # characters of a column of settings


def render(found: Mapping[str, Any], *, command: str, page: str, width: int) -> str:
    """The table of trials.

    Args:
        found: `trials`, `metric` and `space`, as the Tuner writes them.
        command: that trains with the best.
        page: where the page lies.
        width: of the terminal, in characters.
    """
    trials, metric = [Trial.from_json(one) for one in found["trials"]], found["metric"]
    lines = [*textwrap.wrap(sentence(trials, metric), width), ""]
    lines += _table(trials, [one["key"] for one in found["space"]], metric, width)
    repeated = sum(trial.same_as is not None for trial in trials)
    if repeated:
        lines.append(f"{repeated} more came to settings that had been tried.")
    lines.append("")
    won = best(trials, metric)
    if won is not None:
        lines += ["the best, as a config has it", *_as_config(won.settings), "", f"train with it  {command}"]
    else:
        fault = next(iter(faults(trials)), None)
        lines += [f"what that is   graduate explain {fault}"] if fault else []
    lines.append(f"page           {page}")
    return "\n".join(lines) + "\n"


def _table(trials: Sequence[Trial], keys: Sequence[str], metric: str, width: int) -> list[str]:
    short = any(trial.share < 1 for trial in trials)
    head = ["trial", metric, *(["budget"] if short else []), *(settings_.short(key, keys) for key in keys)]
    rows, told = [], []
    for trial in ranked(trials, metric):
        score = trial.score(metric)
        rows.append(
            [
                str(trial.number),
                trial.status if score is None else f"{score:.4g}",
                *([f"{trial.share:.3g}"] if short else []),
                *(_cut(settings_.brief(trial.settings.get(key)), _WIDEST) for key in keys),
            ]
        )
        told.append(_why(trial))
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(size) if at < 2 else cell.ljust(size)
            for at, (cell, size) in enumerate(zip(row, widths, strict=True))
        )

    lines = [line(head).rstrip()]
    for row, why in zip(rows, told, strict=True):
        lines.append(line(row).rstrip())
        if why:
            lines += textwrap.wrap(why, width, initial_indent=" " * 7, subsequent_indent=" " * 7)
    return lines


def _why(trial: Trial) -> str:
    if trial.status == "sick":
        return f"{trial.fault}: {trial.why}"
    return trial.why


def _as_config(settings: settings_.Settings) -> Iterator[str]:
    """Lines that could be put into the YAML file."""
    for group in ("model", "training"):
        inside: dict[str, Any] = {}
        for key in sorted(settings, key=lambda key: key.count(".")):
            if key == group:
                inside.update(settings[key])
            elif key.startswith(f"{group}."):
                inside = settings_.laid_over(inside, {key.removeprefix(f"{group}."): settings[key]})
        if inside:
            yield f"  {group}: {settings_.shown(inside)}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
