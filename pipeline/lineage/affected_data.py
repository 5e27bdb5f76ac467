"""Which data an argument of `graduate affected` means, in every version of it that the store knows."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graduate.errors import UsageError
from graduate.pipeline.lineage import manifests, words
from graduate.pipeline.lineage.manifests import Row, Unreadable, Wanted
from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event

How = Literal["file", "content", "span", "examples", "run", "fingerprint"]
_FORMS = (
    "a file, folder or glob as the manifest has it (7/digit-0301.png), a path below the data folder, a SHA-256 (8 "
    "characters or more), span:N, Examples by number or URI, or a run id"
)
_HEX = re.compile(r"(?:sha256:)?([0-9a-fA-F]{8,64})")
_PROPERTIES = ("span", "input_fingerprint")


@dataclass(frozen=True)
class Version:
    """Examples, as a version of a data set.

    Attributes:
        examples: the artifact.
        manifest: the one beside it, if any.
        maker: the execution that made both; None where the store does not tell.
        used: when a run last made it or took it from the cache, milliseconds since 1970.
    """

    examples: Artifact
    manifest: Artifact | None
    maker: Execution | None
    used: int

    @property
    def pipeline(self) -> str:
        """The pipeline's name."""
        return self.maker.pipeline if self.maker else ""

    @property
    def folder(self) -> str:
        """The data folder that it was read from, "" where nobody wrote it down."""
        return str(self.maker.parameters.get("input_path") or "") if self.maker else ""


@dataclass(frozen=True)
class Match:
    """Examples that hold what was asked about.

    Attributes:
        version: the Examples.
        rows: which rows; empty where all are meant.
        whole: all of it is meant: a span, an artifact, a run's data.
        renamed: it lies there under another path.
    """

    version: Version
    rows: tuple[Row, ...] = ()
    whole: bool = False
    renamed: bool = False

    @property
    def splits(self) -> frozenset[str] | None:
        """The splits of the rows; None is all."""
        return None if self.whole else frozenset(row.split for row in self.rows)


@dataclass(frozen=True)
class Found:
    """What was found of an argument.

    Attributes:
        how: what the argument was taken for.
        matches: by the age of the Examples.
        versions: every version of a data set that has a manifest, by age; empty where no file was asked for.
        unreadable: manifests that could not be searched whole, and why.
        near: a path that the argument may have meant, where nothing was found.
    """

    how: How
    matches: list[Match]
    versions: list[Version] = field(default_factory=list)
    unreadable: list[tuple[Version, str]] = field(default_factory=list)
    near: str | None = None


def find(records: Records, word: str) -> Found:
    """The data that a word means.

    Raises:
        UsageError: it means nothing, or several contents.
    """
    if word.startswith("span:"):
        return Found("span", _of_span(records, word.removeprefix("span:")))
    if word.startswith("split:"):  # TFX's form: split:train,num_files:1,total_bytes:…
        found = [one for one in _examples(records) if one.properties.get("input_fingerprint") == word]
        return Found("fingerprint", _whole(records, found))
    chosen = _artifact(records, word)
    if chosen:
        return Found("examples", _whole(records, chosen))
    chosen = _of_run(records, word)
    if chosen:
        return Found("run", _whole(records, chosen))
    every = versions(records)
    if not every and not _examples(records):
        raise UsageError("holds no Examples yet", where=records.store.where, hint="graduate run CONFIG makes some")
    found_files = _files(word, every)
    if not found_files.matches:
        _check_number(records, word)
    return found_files


def versions(records: Records) -> list[Version]:
    """Every version of a data set that has a manifest, by age."""
    found = {one.id: one for one in records.artifacts(kinds=("graduate.Manifest",), only=("rows",))}
    given = records.events(artifacts=found, output=True, tell="times") if found else []
    makers = _makers(records, given)
    kinds = ("Examples",)
    beside = records.events(executions=makers, kinds=kinds, output=True, tell="times") if makers else []
    examples = {one.id: one for one in records.artifacts(ids={e.artifact for e in beside}, only=())} if beside else {}
    manifests_of: dict[int, int] = {}
    for event in given:
        manifests_of.setdefault(event.execution, event.artifact)
    used: dict[int, int] = {}
    for event in given:
        used[event.artifact] = max(event.at, used.get(event.artifact, 0))
    by_examples: dict[int, Version] = {}
    for event in beside:
        maker, manifest = makers[event.execution], manifests_of[event.execution]
        if event.artifact in examples and (event.artifact not in by_examples or maker.state != "cached"):
            version = Version(examples[event.artifact], found[manifest], maker, used[manifest])
            by_examples[event.artifact] = version
    return [by_examples[number] for number in sorted(by_examples)]


def _makers(records: Records, given: Sequence[Event]) -> dict[int, Execution]:
    """Those who gave something; not those who found it in the cache, where its maker is known."""
    states = {row.id: row.state for row in records.store.executions(ids={event.execution for event in given}, only=())}
    by_artifact: dict[int, list[int]] = {}
    for event in given:
        by_artifact.setdefault(event.artifact, []).append(event.execution)
    makers = {min(ids, key=lambda one: (states.get(one) == "cached", one)) for ids in by_artifact.values()}
    return {one.id: one for one in records.executions(makers, only=("input_path", "inputs"))} if makers else {}


def _whole(records: Records, examples: Sequence[Artifact]) -> list[Match]:
    """Examples of which all is meant."""
    ids = {one.id for one in examples}
    given = records.events(artifacts=ids, output=True, tell="times") if ids else []
    makers = _makers(records, given)
    by_examples = {event.artifact: makers[event.execution] for event in given if event.execution in makers}
    return [
        Match(Version(one, None, by_examples.get(one.id), one.created), whole=True)
        for one in sorted(examples, key=lambda one: one.id)
    ]


def _examples(records: Records) -> list[Artifact]:
    return records.artifacts(kinds=("Examples",), only=_PROPERTIES)


def _of_span(records: Records, span: str) -> list[Match]:
    """Those of a span, but not what was made of them: that is reached from them."""
    spanned = [one for one in _examples(records) if "span" in one.properties]
    spans = sorted({str(one.properties["span"]) for one in spanned}, key=lambda one: (len(one), one))
    if not spans:
        raise UsageError("no Examples here have a span", hint="ask by a file, or by the number of an artifact")
    if span not in spans:
        shown = ", ".join(spans[:20]) + (" …" if len(spans) > 20 else "")
        raise UsageError(f"no Examples have span {span}", hint=f"spans here: {shown}")
    return _whole(records, [one for one in spanned if str(one.properties["span"]) == span])


def _artifact(records: Records, word: str) -> list[Artifact]:
    """Examples, or those beside a manifest, by number or URI."""
    number = word.removeprefix("artifact:")
    if number.isascii() and number.isdigit():
        found = records.artifacts(ids=[int(number)], only=()) if int(number) < 2**31 else []
        if not found and number != word:
            raise UsageError(f"no {word} in {records.store.where}", hint=f"ask by {_FORMS}")
    elif "/" in word:
        path = word if "://" in word else os.path.abspath(os.path.expanduser(word))
        found = records.artifacts(uris=[path, f"{path}/", word], only=())
    else:
        return []
    meant = [one for one in found if one.kind == "Examples"]
    numbers = {one.id for one in found if one.kind == "graduate.Manifest"}
    if numbers:
        meant += [one.examples for one in versions(records) if one.manifest and one.manifest.id in numbers]
    if found and not meant and ("/" in word or number != word):  # a bare number may be a folder, or begin a hash
        what = f"{word} is a {found[-1].kind}, not Examples"
        raise UsageError(what, hint=f"graduate lineage {found[-1].id} --upstream leads to its data")
    return meant


def _check_number(records: Records, word: str) -> None:
    """A number that is no file's name was meant as an artifact's."""
    if word.isascii() and word.isdigit() and int(word) < 2**31:
        kinds = [one.kind for one in records.artifacts(ids=[int(word)], only=())]
        what = f"artifact {word} is a {kinds[0]}, not Examples" if kinds else f"there is no artifact {word}"
        raise UsageError(f"{what}, and no manifest has a file of that name", hint=f"ask by {_FORMS}")


def _of_run(records: Records, word: str) -> list[Artifact]:
    """The Examples that a run took in, or found in the cache; what it made of these is reached from them."""
    run = records.run(word)
    if run is None and (word == words.LATEST or word.endswith(f":{words.LATEST}")):
        run = words.resolve(records, word).run
    if run is None:
        return []
    executions = {one.id for one in records.executions_of(run, only=())}
    events = records.events(executions=executions) if executions else []
    given = records.artifacts(ids={event.artifact for event in events if event.output}, kinds=("Examples",), only=())
    ids = {one.id for one in given}
    derived = {event.execution for event in events if not event.output and event.artifact in ids}
    made = {event.artifact for event in events if event.output and event.execution in derived}
    chosen = [one for one in given if one.id not in made]
    if not chosen:
        what = f"run {run.id} made no Examples, and took none from the cache"
        raise UsageError(what, hint=f"its status is {run.status}")
    return chosen


def _files(word: str, every: Sequence[Version]) -> Found:
    searched = _Search(every)
    wanted = {one.examples.id: manifests.by_path(_relative(word, one.folder)) for one in every}
    rows: dict[int, list[Row]] = {}
    how: How = "file"
    by_content = _HEX.fullmatch(word)
    if by_content:
        rows, how = searched.rows(_same(every, manifests.by_hash(by_content[1]))), "content"
        _check_prefix(by_content[1], rows)
    if not rows:
        rows = searched.rows(wanted)
        how = "file" if rows or not by_content else how
        hashes = {row.hash for found in rows.values() for row in found} | _content_of(word)
        if hashes:
            # the same content under any path, in versions that have the path too: a copy may lie in another split
            rows |= searched.rows(_same(every, manifests.by_hashes(hashes)))
    by_number = {one.examples.id: one for one in every}
    matches = []
    for number, found in sorted(rows.items()):
        renamed = how == "file" and not any(map(wanted[number].fits, found))
        matches.append(Match(by_number[number], tuple(found), renamed=renamed))
    return Found(
        how,
        matches,
        list(every),
        unreadable=[(by_number[number], why) for number, why in sorted(searched.unreadable.items())],
        near=None if matches or by_content else _near(word, every),
    )


class _Search:
    """Searches manifests, and remembers which could not be searched whole."""

    def __init__(self, every: Sequence[Version]) -> None:
        self._every = every
        self._counted: set[int] = set()
        self.unreadable: dict[int, str] = {}

    def rows(self, wanted: Mapping[int, Wanted]) -> dict[int, list[Row]]:
        """Of each Examples what is wanted of them, if anything."""
        found: dict[int, list[Row]] = {}
        for version in self._every:
            if version.manifest is None:
                continue
            number = version.examples.id
            folder = version.manifest.folder
            if folder is None:
                self.unreadable[number] = "is not on this machine"
                continue
            stated = version.manifest.properties.get("rows")
            count = stated if isinstance(stated, int) and number not in self._counted else None
            self._counted.add(number)
            try:
                rows = manifests.search(folder, wanted[number], count)
            except Unreadable as error:
                self.unreadable[number] = str(error)
                rows = list(error.found)
            if rows:
                found[number] = rows
        return found


def _same(every: Iterable[Version], wanted: Wanted) -> dict[int, Wanted]:
    return {one.examples.id: wanted for one in every}


def _relative(word: str, folder: str) -> str:
    """A path as the manifest has it: what lies below the data folder, without that."""
    if not folder:
        return word
    path = os.path.abspath(os.path.expanduser(word)) if word.startswith(("/", "~", ".")) or os.path.exists(word) else ""
    for given, root in ((path, folder), (os.path.realpath(path) if path else "", os.path.realpath(folder))):
        if given and given.startswith(root.rstrip("/") + "/"):
            return given[len(root.rstrip("/")) + 1 :]
        if given and given == root.rstrip("/"):
            return "*"
    return word


def _content_of(word: str) -> set[str]:
    """The content of a file that is here: it may lie in the data under any path."""
    path = Path(word).expanduser()
    try:
        if not path.is_file():
            return set()
        with open(path, "rb") as opened:
            return {hashlib.file_digest(opened, "sha256").hexdigest()}
    except (OSError, ValueError):
        return set()


def _check_prefix(prefix: str, rows: Mapping[int, Sequence[Row]]) -> None:
    contents = sorted({row.hash for found in rows.values() for row in found})
    if len(contents) > 1:
        shown = ", ".join(one[: len(prefix) + 4] for one in contents[:5])
        raise UsageError(f"{prefix} is the beginning of {len(contents)} contents: {shown}", hint="give more of it")


def _near(word: str, every: Collection[Version]) -> str | None:
    """The nearest path in the newest manifest that can be read: a mistyped name must not look like an all-clear."""
    from graduate.pipeline.cli._parser import suggest

    for version in sorted(every, key=lambda one: one.used, reverse=True):
        folder = version.manifest.folder if version.manifest else None
        if folder is None:
            continue
        try:
            rows = manifests.search(folder, Wanted((), lambda row: True), None)
        except Unreadable as error:
            rows = list(error.found)
        if rows:
            return suggest(word, [row.path for row in rows[:20_000]])
    return None
