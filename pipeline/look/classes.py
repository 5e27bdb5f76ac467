"""What is odd about how many rows each class has."""

from __future__ import annotations

from graduate.pipeline.look import spellings
from graduate.pipeline.look.found import Look, counted, some

IMBALANCED = 3.0  # rows of the largest class a row of the smallest: from here on classes are weighted
_FEW, _FEW_ROWS, _MANY = 10, 50, 1_000
_SEVERAL, _ROWS_EACH = 20, 5  # more classes than this, with fewer rows each: a name rather than a class


def imbalance(classes: dict[str, int]) -> float:
    """Rows of the largest class a row of the smallest."""
    return max(classes.values()) / max(1, min(classes.values())) if classes else 1.0


def majority(classes: dict[str, int]) -> float:
    """The share of the largest class: what one gets right without looking."""
    return max(classes.values()) / max(1, sum(classes.values())) if classes else 0.0


def counts(look: Look) -> None:
    """Take note of classes with one row or few, of names, of imbalance, of too few rows and too many classes."""
    found = look.classes
    if not found:
        return
    _names(look)
    single = [name for name, count in found.items() if count == 1]
    few = [name for name, count in found.items() if 1 < count < _FEW]
    if single:
        text = f"one {look.nouns[0]} only in {counted(len(single), ('class', 'classes'))}: {some(single)}"
        look.find(
            "single-example",
            "warning",
            f"{text}; where it lands outside of train, the run is refused: add {look.nouns[1]}, or take the class away",
            single,
        )
    if few:
        text = f"fewer than {_FEW} {look.nouns[1]} in {counted(len(few), ('class', 'classes'))}: {some(few)}"
        look.find("small-class", "warning", text, few)
    ratio = imbalance(found)
    if ratio >= IMBALANCED:
        largest, smallest = next(iter(found)), min(found, key=lambda name: found[name])
        severity = "warning" if ratio >= 3 * IMBALANCED else "note"
        rows = f"{found[largest]:,} and {found[smallest]:,}"
        text = f"class {largest} has {ratio:,.1f} times the rows of {smallest} ({rows})"
        look.find("imbalance", severity, text, (largest, smallest))  # type: ignore[arg-type]
    if look.rows < _FEW_ROWS:
        text = f"{counted(look.rows, look.nouns)} in all: too few to tell a good model from a lucky one"
        look.find("few-rows", "warning", text)
    each = sum(found.values()) / len(found)
    if len(found) > _MANY or (len(found) > _SEVERAL and each < _ROWS_EACH):
        text = f"{len(found):,} classes, {each:.1f} rows each" + (": is it an id?" if each < _ROWS_EACH else "")
        look.find("many-classes", "warning", text)


def _names(look: Look) -> None:
    """Classes that are one, spelt in several ways."""
    spelt = spellings.several(look.classes)
    if not spelt:
        return
    first = max(spelt, key=len)
    more = f" ({len(spelt):,} such names in all)" if len(spelt) > 1 else ""
    text = f"classes that differ in their spelling alone: {spellings.quoted(first[:4])}{more}"
    paths = [name for names in spelt for name in names]
    look.find("spellings", "warning", f"{text}; give what is meant the same one name", paths, len(spelt))
