"""What `graduate affected` prints: where the data lies, then a line a model, then what is not certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from graduate.pipeline.lineage.affected import TRAINED, Affected, Answer
from graduate.pipeline.lineage.affected_data import Match, Version
from graduate.pipeline.lineage.tree_facts import printable, when

Paint = Callable[..., str]
_SHOWN = 8  # versions of data that are told one by one


def text(answer: Answer, paint: Paint = lambda text, *styles: text) -> str:
    """The answer, without a line end at its end."""
    return "\n".join([*_data(answer), "", *_models(answer, paint)])


def doubts(answer: Answer) -> list[str]:
    """Sentences on why the answer may lack models; empty where it is complete."""
    found = answer.found
    told = []
    for version, why in found.unreadable:
        place = version.manifest.uri if version.manifest else version.examples.uri
        told.append(f"the manifest of Examples {version.examples.id} {why}: {place}{_maybe(answer, version)}")
    if answer.unknown or answer.blind:
        names = [_name(model) for model in answer.unknown]
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        came = f"; {_number(len(names), 'model')} came of such data: {', '.join(names[:_SHOWN])}{more}" if names else ""
        told.append(f"single files cannot be found in data that was recorded without a manifest{came}")
        told[-1] += "; ask by span:N, or by the number or URI of Examples"
    return told


def _maybe(answer: Answer, version: Version) -> str:
    models = answer.maybe.get(version.examples.id, ())
    names = [_name(model) for model in models]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"; trained on it: {', '.join(names[:_SHOWN])}{more}" if names else "; no other model was trained on it"


def _data(answer: Answer) -> Iterator[str]:
    found = answer.found
    asked = printable(answer.asked)
    if not found.matches:
        searched = len(found.versions) - len(found.unreadable)
        yield f"{asked} is in none of the {_number(searched, 'manifest')} that could be searched."
        return
    for match in found.matches[:_SHOWN]:
        yield f"{_where(match, asked)}, in {_version(match.version)}"
    if len(found.matches) > _SHOWN:
        yield f"… and in {len(found.matches) - _SHOWN:,} more versions of the data (--json lists them)"
    for gone in answer.gone:
        who = printable(gone.pipeline) or "The pipeline"
        now = f"Examples {gone.now.examples.id} ({when(gone.now.examples.created)})"
        yield f"{who} trains on it no longer: Examples {gone.last.examples.id} had it last, {now} lack it."


def _where(match: Match, asked: str) -> str:
    if match.whole:
        return f"{asked}: all splits"
    splits = Counter(row.split for row in match.rows)
    held = ", ".join(f"{split} {count:,}" for split, count in sorted(splits.items()))
    if len(match.rows) == 1:
        row = match.rows[0]
        called = f"{asked}, renamed to {printable(row.path)}" if match.renamed else printable(row.path)
        label = f", class {printable(row.label)}" if row.label else ""
        return f"{called} (split {printable(row.split)}{label})"
    paths = sorted({printable(row.path) for row in match.rows})
    renamed = f", renamed to {', '.join(paths[:3])}{' …' if len(paths) > 3 else ''}" if match.renamed else ""
    return f"{asked}{renamed}: {len(match.rows):,} rows ({held})"


def _version(version: Version) -> str:
    run = f", run {printable(version.maker.run)}" if version.maker and version.maker.run else ""
    return f"Examples {version.examples.id} of {when(version.examples.created)}{run}"


def _models(answer: Answer, paint: Paint) -> Iterator[str]:
    contain = [model for model in answer.models if model.relation == TRAINED]
    only = [model for model in answer.models if model.relation != TRAINED]
    if not contain:
        yield "No model contains it" + (", as far as could be searched." if answer.partial else ".")
    else:
        serving = sum(len(model.serving) for model in contain)
        pushed = sum(len(model.pushed) for model in contain)
        yield paint(
            f"{_number(len(contain), 'model')} {'contains' if len(contain) == 1 else 'contain'} it: "
            f"{_number(pushed, 'pushed version')}, {serving} of them {'serves' if serving == 1 else 'serve'} now",
            "bold",
        )
        yield from _table(contain, paint)
    if only:
        yield ""
        yield (
            f"{_number(len(only), 'model')} only evaluated on it, not trained:"
            if len(only) > 1
            else ("1 model was only evaluated on it, not trained:")
        )
        yield from _table(only, paint)


def _table(models: Sequence[Affected], paint: Paint) -> Iterator[str]:
    rows = [row for model in models for row in _rows(model)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield f"  {paint(line, 'red') if row[0] == 'serves' else line}"


def _rows(model: Affected) -> Iterator[tuple[str, str, str, str]]:
    run = f"run {printable(model.run)}" if model.run else ""
    if not model.pushed:
        status = f" ({model.status})" if model.status else ""
        yield "trained", _name(model), when(model.model.created), run + status
    for push in sorted(model.pushed, key=lambda push: push.artifact.id not in model.serving):
        serves = push.artifact.id in model.serving
        since = f"{'since ' if serves else ''}{when(push.artifact.created)}"
        by_hand = f", by hand: {push.by_hand}" if push.by_hand else ""
        yield "serves" if serves else "pushed", printable(push.name), since, run + by_hand


def _name(model: Affected) -> str:
    pushed = [push for push in model.pushed if push.artifact.id in model.serving] or list(model.pushed)
    return printable(pushed[0].name) if pushed else f"Model {model.model.id}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
