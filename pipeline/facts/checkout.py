"""The git checkout that a folder lies in: commit, branch, whether anything differs from the commit.

Git runs as processes of its own that are started first and asked later, so that nobody waits for it. Without git,
outside a checkout, or where git takes too long, there is nothing to tell and no error.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graduate.pipeline.facts.secrets import masked

PATIENCE = 2.0  # seconds; a status takes 4 ms on ten thousand files
# never asks for a password, takes no lock that somebody's own git would trip over, speaks English
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# Variables that say which checkout to take, set while git itself runs somebody's hook
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")


@dataclass(frozen=True)
class Checkout:
    """A git checkout.

    Attributes:
        root: its top folder.
        commit: the commit's full hash; "" before the first one.
        branch: "" where none is checked out.
        dirty: whether a tracked file differs from the commit, or one of the files that were asked about is untracked.
        remote: the URL of `origin`, without credentials; "" where there is none.
    """

    root: str
    commit: str
    branch: str
    dirty: bool
    remote: str = ""


class Asking:
    """A question to git that is under way; `answer` waits for it.

    Args:
        folder: any folder.
        files: files that the run obeys; untracked ones make the checkout dirty.
        remote: whether to ask for the URL of `origin`.
    """

    def __init__(self, folder: Path, files: Sequence[Path] = (), *, remote: bool = False) -> None:
        self._files = [str(path) for path in files]
        self._processes = {"status": _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")}
        self._processes["root"] = _git(folder, "rev-parse", "--show-toplevel")
        if self._files:
            self._processes["files"] = _git(folder, "ls-files", "--error-unmatch", "--", *self._files)
        if remote:
            self._processes["remote"] = _git(folder, "config", "--get", "remote.origin.url")

    def answer(self) -> Checkout | None:
        """The checkout; None where the folder is in none, or git cannot tell."""
        told = {name: _output(process) for name, process in self._processes.items()}
        status, root = told["status"], told["root"]
        if status is None or not root:
            return None
        commit, branch, changed = _parsed(status)
        untracked = bool(self._files) and told.get("files") is None
        return Checkout(
            root.rstrip("\n"), commit, branch, changed or untracked, masked((told.get("remote") or "").strip())
        )


def _git(folder: Path, *words: str) -> subprocess.Popen[str] | None:
    around = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        return subprocess.Popen(
            # a checkout's own config may name a program to watch its files: it is not started
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**around, **_ENVIRONMENT},
            text=True,
            errors="surrogateescape",
        )
    except OSError:  # there is no git, or no such folder
        return None


def _output(process: subprocess.Popen[str] | None) -> str | None:
    """What git said; None where it failed or takes too long."""
    if process is None:
        return None
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=1)
        return None
    return said if process.returncode == 0 else None


def _parsed(status: str) -> tuple[str, str, bool]:
    """Commit, branch and whether anything changed, of `git status --porcelain=v2 --branch` (git-status(1))."""
    headers: dict[str, str] = {}
    changed = False
    for line in status.splitlines():
        if line.startswith("# "):
            name, _, value = line[2:].partition(" ")
            headers[name] = value
        else:
            changed = True
    commit, branch = headers.get("branch.oid", ""), headers.get("branch.head", "")
    return ("" if commit == "(initial)" else commit), ("" if branch == "(detached)" else branch), changed
