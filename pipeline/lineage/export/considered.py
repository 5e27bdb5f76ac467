"""Sentences about a model that both of its cards hold, each from what is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from graduate.pipeline.lineage.export import secrets
from graduate.pipeline.lineage.export.model import Dataset, Told

_MOST_LIMITATIONS, _MOST_DATA = 50, 10


def overview(told: Told) -> str:
    """One line."""
    what = f"{told.task} model" if told.task else "model"
    classes = f" that tells {len(told.classes)} classes apart" if told.classes else ""
    return f"{told.name}: {_article(what)}{classes}"


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def documentation(told: Told) -> Iterator[str]:
    """What it is, where it came from and why it was let through; a line each."""
    yield f"{overview(told)}."
    if told.run:
        yield f"Trained in run {told.run.id}, which ended as {told.run.status}."
    for one in told.datasets[:_MOST_DATA]:
        yield f"Data: {dataset(one)}"
    if len(told.datasets) > _MOST_DATA:
        yield f"Data: {len(told.datasets) - _MOST_DATA} more, up to {dataset(told.datasets[-1])}"
    for verdict in told.verdicts:
        outcome = "passed" if verdict.get("passed") else "refused"
        yield f"{verdict.get('source')} {outcome}: {' '.join(map(str, verdict.get('reasons') or []))}".rstrip(": ")
    for key, sentence in (("rollback_of", "Rolled back to version {version}"), ("blessed_by_hand", "Blessed by hand")):
        deed = told.card.get(key)
        if isinstance(deed, Mapping):
            yield f"{sentence.format(version=deed.get('version'))}{_who(deed)}."


def _who(deed: Mapping[str, Any]) -> str:
    because = f": {deed['because']}" if deed.get("because") else ""
    return f" by {deed.get('by')} at {deed.get('when')}{because}"


def owner(told: Told) -> str:
    """Who ran it, `user@host`; "" where nobody was written down."""
    facts = told.run.facts if told.run else {}
    user, host = facts.get("user"), facts.get("host")
    return "@".join(str(one) for one in (user, host) if one not in (None, ""))


def architecture(told: Told) -> str:
    """How the network was built: `cnn (activation=relu, dropout=0.2)`; "" where the config does not tell."""
    built = told.config.get("model")
    if not isinstance(built, Mapping) or not built.get("build"):
        return ""
    settings = built.get("hyperparameters")
    inside = (
        ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
        if isinstance(settings, Mapping)
        else ""
    )
    module = f"{built['module']}:" if built.get("module") else ""
    return f"{module}{built['build']}{f' ({inside})' if inside else ''}"


def dataset_name(one: Dataset) -> str:
    """A short name: the last part of where it came from."""
    return PurePosixPath(one.source or one.artifact.uri).name or f"Examples {one.artifact.id}"


def dataset(one: Dataset) -> str:
    """How many rows, of which splits, from where."""
    rows = f"{one.total} rows" if one.total is not None else "rows"
    splits = ", ".join(f"{name} {one.rows[name]}" if name in one.rows else name for name in one.splits or one.rows)
    inside = f" ({splits})" if splits else ""
    where = one.source or secrets.uri(one.artifact.uri)
    return f"{rows}{inside} from {where}" + (f"; manifest SHA-256 {one.digest}" if one.digest else "")


def uses(told: Told) -> list[str]:
    """What it is made to do."""
    if not told.task:
        return []
    what = {"image": "images", "text": "texts", "audio": "recordings", "tabular": "rows of a table"}.get(told.task)
    return [f"Classifies {what} into {len(told.classes)} classes."] if what and told.classes else []


def limitations(told: Told) -> list[str]:
    """What the checks warned of, refused, or could not judge for want of rows; each sentence once."""
    found: dict[str, None] = {}
    for verdict in told.verdicts:
        for check in verdict.get("checks") or ():
            unjudged = check.get("name") == "examples" and check.get("slice")
            if check.get("sentence") and (check.get("warns") or unjudged or not check.get("passed", True)):
                found[str(check["sentence"])] = None
        if not verdict.get("passed") and not verdict.get("checks"):
            found |= dict.fromkeys(map(str, verdict.get("reasons") or ()))
    return list(found)[:_MOST_LIMITATIONS]


def overrides(told: Told) -> list[tuple[str, str]]:
    """What the gate refused and a person let through: what was refused, and who did it and why."""
    deed = told.card.get("blessed_by_hand")
    if not isinstance(deed, Mapping):
        return []
    refused = " ".join(map(str, deed.get("refused") or ())) or "The gate refused this model."
    return [(refused, f"blessed by hand{_who(deed)}")]
