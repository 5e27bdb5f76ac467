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

How = Literal["file", "content", "span", "examples", "run", "fingerprint"]
_FORMS = (
    "a file, folder or glob as the manifest has it (7/digit-0301.png), a path below the data folder, a SHA-256 (8 "
    "characters or more), span:N, Examples by number or URI, or a run id"
)
_HEX = re.compile(r"(?:sha256:)?([0-9a-fA-F]{8,64})")
_PROPERTIES = ("rows", "span", "version", "input_fingerprint", "split_names")


@dataclass(frozen=True)
class Version:
    """A version of a data set: Examples that an execution made of something other than Examples.

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
        versions: every version of a data set, by age.
        unreadable: manifests that could not be searched whole, and why.
        without: Examples that were recorded without a manifest, where single files were asked for.
        near: a path that the argument may have meant, where nothing was found.
    """

    how: How
    matches: list[Match]
    versions: list[Version]
    unreadable: list[tuple[Version, str]] = field(default_factory=list)
    without: list[Version] = field(default_factory=list)
    near: str | None = None


def find(records: Records, word: str) -> Found:
    """The data that a word means.

    Raises:
        UsageError: it means nothing, or several contents.
    """
    every = versions(records)
    if not every:
        raise UsageError("holds no Examples yet", where=records.store.where, hint="graduate run CONFIG makes some")
    if word.startswith("span:"):
        return Found("span", _of_span(every, word.removeprefix("span:")), every)
    named = [one for one in every if one.examples.properties.get("input_fingerprint") == word]
    if named:
        return Found("fingerprint", [Match(one, whole=True) for one in named], every)
    whole = _artifact(records, word, every) or _run(records, word, every)
    if whole is not None:
        how: How = "run" if whole[0] else "examples"
        return Found(how, [Match(one, whole=True) for one in whole[1]], every)
    found = _files(records, word, every)
    if not found.matches:
        _check_number(records, word)
    return found


def versions(records: Records) -> list[Version]:
    """Every version of a data set, by age."""
    examples = {one.id: one for one in records.artifacts(kinds=("Examples",), only=_PROPERTIES)}
    given = [event for event in records.events(artifacts=examples) if event.output] if examples else []
    makers = {
        one.id: one for one in records.executions({event.execution for event in given}, only=("input_path", "inputs"))
    }
    taken: dict[int, set[int]] = {}
    beside: dict[int, set[int]] = {}
    for event in records.events(executions=makers) if makers else ():
        (beside if event.output else taken).setdefault(event.execution, set()).add(event.artifact)
    others = {one for ids in beside.values() for one in ids} - examples.keys()
    found_manifests = {
        one.id: one for one in records.artifacts(ids=others, kinds=("graduate.Manifest",), only=("rows",))
    }
    by_examples: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for event in given:
        by_examples.setdefault(event.artifact, []).append(event.execution)
        used[event.artifact] = max(event.at, used.get(event.artifact, 0))
    found = []
    for number, artifact in examples.items():
        executions = sorted(
            by_examples.get(number, ()),
            key=lambda one: (one not in makers, makers[one].state == "cached" if one in makers else True, one),
        )
        maker = executions[0] if executions and executions[0] in makers else None
        if maker is not None and taken.get(maker, set()) & examples.keys():
            continue  # made of other Examples: reached from them
        with_it = (
            [found_manifests[one] for one in sorted(beside.get(maker, ())) if one in found_manifests] if maker else []
        )
        found.append(
            Version(
                artifact,
                with_it[0] if with_it else None,
                makers[maker] if maker else None,
                used.get(number, artifact.created),
            )
        )
    return found


def _of_span(every: Sequence[Version], span: str) -> list[Match]:
    spans = sorted({str(one.examples.properties["span"]) for one in every if "span" in one.examples.properties})
    if not spans:
        raise UsageError("no Examples here have a span", hint="ask by a file, or by the number of an artifact")
    if span not in spans:
        raise UsageError(f"no Examples have span {span}", hint=f"spans here: {', '.join(spans[:20])}")
    return [Match(one, whole=True) for one in every if str(one.examples.properties.get("span")) == span]


def _artifact(records: Records, word: str, every: Sequence[Version]) -> tuple[bool, list[Version]] | None:
    """Examples, or the manifest beside them, by number or URI; those that were made of others stand for these."""
    number = word.removeprefix("artifact:")
    if number.isascii() and number.isdigit():
        found = records.artifacts(ids=[int(number)], only=_PROPERTIES) if int(number) < 2**31 else []
        if not found and number != word:
            raise UsageError(f"no {word} in {records.store.where}", hint=f"ask by {_FORMS}")
    else:
        path = word if "://" in word else os.path.abspath(os.path.expanduser(word))
        found = records.artifacts(uris=[path, f"{path}/", word], only=_PROPERTIES) if "/" in word else []
    if not found:
        return None
    meant = {one.id for one in found}
    chosen = [one for one in every if one.examples.id in meant or (one.manifest and one.manifest.id in meant)]
    if chosen:
        return False, chosen
    artifact = found[-1]
    if artifact.kind != "Examples":
        if number == word:
            return None  # a folder, or the beginning of a hash, that is all digits
        raise UsageError(
            f"{word} is a {artifact.kind}, not Examples", hint=f"graduate lineage {word} --upstream leads to its data"
        )
    return False, [Version(artifact, None, None, artifact.created)]


def _check_number(records: Records, word: str) -> None:
    """A number that is no file's name was meant as an artifact's."""
    if word.isascii() and word.isdigit() and int(word) < 2**31:
        kinds = [one.kind for one in records.artifacts(ids=[int(word)], only=())]
        what = f"artifact {word} is a {kinds[0]}, not Examples" if kinds else f"there is no artifact {word}"
        raise UsageError(f"{what}, and no manifest has a file of that name", hint=f"ask by {_FORMS}")


def _run(records: Records, word: str, every: Sequence[Version]) -> tuple[bool, list[Version]] | None:
    run = records.run(word)
    if run is None and (word == words.LATEST or word.endswith(f":{words.LATEST}")):
        run = words.resolve(records, word).run
    if run is None:
        return None
    given = {one.id for one in records.outputs_of(records.executions_of(run, only=()), only=())}
    chosen = [one for one in every if one.examples.id in given]
    if not chosen:
        raise UsageError(
            f"run {run.id} made no Examples, and took none from the cache", hint=f"its status is {run.status}"
        )
    return True, chosen


def _files(records: Records, word: str, every: Sequence[Version]) -> Found:
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
        without=[one for one in every if one.manifest is None],
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
