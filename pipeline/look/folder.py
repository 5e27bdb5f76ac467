"""What a look at a folder of one file a row begins with, and what it ends with: classes, duplicates, doubtful files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from graduate.errors import DataError
from graduate.pipeline.data import class_folder, hashes, kinds
from graduate.pipeline.data.listing import SPLITS, File, Listing
from graduate.pipeline.look import classes
from graduate.pipeline.look.found import Look, counted, some
from graduate.pipeline.look.place import Place
from graduate.pipeline.look.progress import Progress

_HASHED = 4 * 2**30  # bytes in all files: of more, only files of one size are compared
_CLASSES = ("class", "classes")
_LARGE = 64 * 2**20  # bytes of one file


def begin(place: Place, path: str, progress: Progress) -> tuple[Look, Listing]:
    """List the folder and hash its files.

    Raises:
        DataError: what a run would say of the folder: no class folder, one class, a link that leaves it, …
    """
    kind = kinds.FOLDERS[place.source]
    listing = class_folder.scan(place.path, kind)
    _check_splits(listing)
    look = Look(path, place.task, place.source, place.path, len(listing.files), (kind.noun, kind.nouns))
    look.class_of = {file.path: str(file.label) for file in listing.files}
    look.split_of = {file.path: file.split for file in listing.files if file.split}
    look.classes = dict(sorted(Counter(look.class_of.values()).items(), key=lambda item: (-item[1], item[0])))
    counts = Counter(look.split_of.values())
    look.splits = {split: counts[split] for split in SPLITS if counts[split]}
    for note in (place.note, *listing.notes):
        if note:
            look.find("not-read", "note", note)
    look.hashes = _hashed(look, listing, progress)
    return look, listing


def _check_splits(listing: Listing) -> None:
    if listing.splits and "eval" not in listing.splits:
        there = " and ".join(listing.splits)
        raise DataError(
            f"{listing.root} is split into {there} and has no eval, on which a training is watched",
            hint="move a part of train/ to eval/; or rename test/ to eval/, which then grades the model too",
        )


def _hashed(look: Look, listing: Listing, progress: Progress) -> dict[str, str]:
    wanted: Sequence[File] = listing.files
    if sum(file.size for file in listing.files) > _HASHED:
        sizes = Counter(file.size for file in listing.files)
        wanted = [file for file in listing.files if sizes[file.size] > 1]
        look.find("sampled", "note", f"duplicates were looked for among the {len(wanted):,} files of one size")
    found = {}
    for file in progress.over(wanted, "hashed"):
        try:
            found[file.path] = hashes.of_file(listing.root, file)
        except DataError as error:
            look.bad[file.path] = error.message.rpartition(": ")[2]
    return found


def end(look: Look, listing: Listing) -> Look:
    """Add what follows from what was seen of each file."""
    _doubtful(look)
    _large(look, listing)
    return conclude(look)


def conclude(look: Look) -> Look:
    """Add what follows from classes, hashes, pairs that are nearly the same, and outliers."""
    classes.counts(look)
    _duplicates(look)
    _near(look)
    if look.outliers:
        odd = list(look.outliers)
        text = f"{counted(len(odd), look.nouns)} unlike all others: {some(odd)}"
        look.find("outliers", "note", f"{text} ({look.outliers[odd[0]]})", odd)
    return look


def _doubtful(look: Look) -> None:
    if look.bad:
        paths = sorted(look.bad)
        text = f"{counted(len(paths), look.nouns)} cannot be used: {paths[0]}: {look.bad[paths[0]]}"
        _check_enough(look, paths)
        look.find("doubtful-files", "refused", f"{text}; a run stops at such files unless data.bad_rows is skip", paths)


def _check_enough(look: Look, bad: Sequence[str]) -> None:
    """Refuse what has not two classes left; tell which class has nothing left."""
    left = Counter(label for path, label in look.class_of.items() if path not in look.bad)
    lost = [name for name in look.classes if not left[name]]
    if len(left) < 2:
        raise DataError(
            f"{_left(look, left)}: {bad[0]}: {look.bad[bad[0]]}",
            hint="two classes are needed: mend the files, or take others",
        )
    if lost:
        text = f"nothing can be used of {counted(len(lost), _CLASSES)}: {some(lost)}"
        look.find("lost-class", "warning", f"{text}; with data.bad_rows: skip there is no such class", lost)


def _left(look: Look, left: Mapping[str, int]) -> str:
    whole = counted(look.rows, look.nouns)
    if not left:
        return f"none of {whole} can be used"
    [(name, count)] = left.items()
    return f"of {whole} only {count:,} can be used, all of class {name}"


def _large(look: Look, listing: Listing) -> None:
    large = [file.path for file in listing.files if file.size > _LARGE]
    if large:
        text = f"{counted(len(large), look.nouns)} larger than {_LARGE >> 20} MiB: {some(large)}"
        look.find("large-files", "warning", text, large)


def _duplicates(look: Look) -> None:
    same: dict[str, list[str]] = defaultdict(list)
    for path, content in look.hashes.items():
        if path not in look.bad:
            same[content].append(path)
    groups = [sorted(paths) for paths in same.values() if len(paths) > 1]
    look.measured["duplicates"] = sum(len(paths) - 1 for paths in groups)
    noisy = [paths for paths in groups if len(_of(look.class_of, paths)) > 1]
    across = [paths for paths in groups if len(_of(look.split_of, paths)) > 1]
    if groups:
        extra = look.measured["duplicates"]
        text = f"{counted(extra, look.nouns)} {'is' if extra == 1 else 'are'} the same as another, byte for byte"
        look.find("duplicates", "note", f"{text}, such as {some(groups[0])}", groups[0], extra)
    look.measured["_noisy"] = noisy
    if noisy:
        text = f"{_contents(noisy)} under two classes, so that one label is wrong: {some(noisy[0])}"
        look.find("label-noise", "warning", text, [path for paths in noisy for path in paths], len(noisy))
    if across:
        text = f"{_contents(across)} in two splits, so that what was learned is graded: {some(across[0])}"
        look.find("split-leak", "refused", text, [path for paths in across for path in paths], len(across))


def _contents(groups: Sequence[Sequence[str]]) -> str:
    return "one content lies" if len(groups) == 1 else f"{len(groups):,} contents lie"


def _near(look: Look) -> None:
    look.near = [pair for pair in look.near if look.hashes.get(pair.first) != look.hashes.get(pair.second)]
    if not look.near:
        return
    several = len(look.near)
    first = look.near[0]
    text = f"{several:,} pair{'' if several == 1 else 's'} of {look.nouns[1]} that are nearly the same, such as "
    look.find("near-duplicates", "note", text + some([first.first, first.second]), first[:2], several)
    split = [pair for pair in look.near if len(_of(look.split_of, pair[:2])) > 1]
    noisy = [pair for pair in look.near if len(_of(look.class_of, pair[:2])) > 1]
    if noisy:
        text = f"{len(noisy):,} nearly the same under two classes, such as {some(noisy[0][:2])}"
        look.find("near-label-noise", "warning", text, noisy[0][:2], len(noisy))
    if split:
        text = f"{len(split):,} nearly the same in two splits, such as {some(split[0][:2])}"
        look.find("near-split-leak", "warning", text, split[0][:2], len(split))


def _of(known: Mapping[str, str], paths: Sequence[str]) -> set[str]:
    return {known[path] for path in paths if path in known}
