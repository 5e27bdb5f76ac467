"""A look as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.data.listing import shown
from graduate.pipeline.look import classes
from graduate.pipeline.look.found import Look, counted

_CLASSES, _COLUMNS = 20, 40  # that are listed
_BAR = 30  # characters
_MARKS = {"refused": "refused", "warning": "warning", "note": "note"}


def lines(look: Look, hint: str | None = None) -> Iterator[str]:
    """What was found; `hint` says what to do next."""
    yield f"{shown(look.path)}: {title(look)}"
    for name, value in facts(look).items():
        yield f"  {name:<12} {value}"
    if "columns" in look.measured:
        yield ""
        yield from _columns(look.measured["columns"])
    if look.classes:
        yield ""
        yield from _classes(look)
    yield ""
    if not look.findings:
        yield "nothing odd was found"
    order = list(_MARKS)
    for one in sorted(look.findings, key=lambda found: order.index(found.severity)):
        yield f"{_MARKS[one.severity]:<8} {_printable(one.text)}"
    if hint:
        yield ""
        yield hint


def title(look: Look) -> str:
    """`270 images in 3 classes`."""
    what = counted(look.rows, look.nouns)
    return f"{what} in {counted(len(look.classes), ('class', 'classes'))}" if look.classes else what


def facts(look: Look) -> dict[str, str]:
    """What was measured, in words."""
    found: dict[str, str] = {}
    measured = look.measured
    if look.splits:
        found["splits"] = ", ".join(f"{split} {count:,}" for split, count in look.splits.items())
    else:
        found["splits"] = "none yet: the pipeline splits by content hash"
    if look.task == "image":
        found["sizes"] = _sizes(measured)
        found["colour"] = _colour(measured)
    elif look.task == "text":
        if "text" in measured:
            found["text"] = f"the column {shown(measured['text'])}"
            found["label"] = f"{shown(measured['label']['columns'][0])}: {measured['label']['why']}"
        found["lengths"] = f"{_range(measured['tokens'])} words"
        found["vocabulary"] = (
            f"{measured['vocabulary']:,} words, {measured['vocabulary_twice']:,} of them twice or more"
        )
    elif look.task == "audio":
        found["lengths"] = f"{_range(measured['seconds'])} s, {measured['total_seconds'] / 60:,.1f} minutes in all"
        found["rates"] = ", ".join(f"{rate} Hz ({count:,})" for rate, count in measured["rates"].items())
        found["channels"] = ", ".join(f"{number} ({count:,})" for number, count in measured["channels"].items())
        found["encodings"] = ", ".join(f"{name} ({count:,})" for name, count in measured["encodings"].items())
    else:
        label = measured["label"]
        found["label"] = f"{', '.join(map(shown, label['columns']))}: {label['why']}"
        found["target"] = f"{label['target']}: {label['why_target']}"
        if "label_values" in measured:
            found["values"] = _range(measured["label_values"])
    if look.classes:
        share = classes.majority(look.classes)
        found["baseline"] = f"{share:.1%} right for saying always {shown(next(iter(look.classes)))}"
    return found


def _sizes(measured: Mapping[str, Any]) -> str:
    if measured["different_sizes"] == 1:
        height, width, _ = measured["sizes"][0]
        return f"all {width} × {height} pixels"
    width, height = measured["width"], measured["height"]
    usual = ", ".join(f"{w} × {h} ({count:,})" for h, w, count in measured["sizes"][:3])
    return (
        f"{width['least']:.0f} × {height['least']:.0f} to {width['most']:.0f} × {height['most']:.0f} pixels, "
        f"{measured['different_sizes']:,} different; {usual}"
    )


def _colour(measured: Mapping[str, Any]) -> str:
    if not measured["coloured"]:
        return "none: all are grey"
    return f"in {measured['coloured']:.0%} of the images" if measured["coloured"] < 1 else "yes"


def _range(values: Mapping[str, float]) -> str:
    return f"{values['least']:,.4g} to {values['most']:,.4g}, in the middle {values['median']:,.4g}"


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    rows = [("column", "kind", "missing", "distinct", "used as", "such as")]
    for name, one in list(columns.items())[:_COLUMNS]:
        distinct = "many" if one["distinct"] is None else f"{one['distinct']:,}"
        examples = ", ".join(_printable(text) for text in one["examples"])
        rows.append((shown(name), one["kind"], f"{one['missing']:,}", distinct, one["role"], examples[:40]))
    widths = [min(32, max(len(row[at]) for row in rows)) for at in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    if len(columns) > _COLUMNS:
        yield f"  … and {len(columns) - _COLUMNS:,} more columns"


def _classes(look: Look) -> Iterator[str]:
    most = max(look.classes.values())
    listed = list(look.classes.items())[:_CLASSES]
    width = min(32, max(len(shown(name)) for name, _ in listed))
    for name, count in listed:
        bar = "█" * max(1, round(_BAR * count / most))
        yield f"  {shown(name)[:32]:<{width}}  {count:>9,}  {bar}"
    if len(look.classes) > _CLASSES:
        rest = list(look.classes.values())[_CLASSES:]
        yield f"  … and {len(rest):,} more classes with {rest[0]:,} to {rest[-1]:,} each"


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else "�" for one in text)
