"""What is known of a run before anything runs: gathered while the worker imports, so that nobody waits for it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.facts import code, installed, locks
from graduate.pipeline.facts.checkout import Asking, Checkout
from graduate.pipeline.facts.secrets import masked

if TYPE_CHECKING:
    from graduate.pipeline.supervise.plan import Plan

_OWN = Path(__file__).resolve().parents[2]  # Graduate's checkout, where it runs from one


class Gathering:
    """Facts that are being gathered; git answers in processes of its own meanwhile.

    Args:
        plan: of the run.
        options: `runner` and `until`, as `graduate run` was given them.
    """

    def __init__(self, plan: Plan, options: Mapping[str, Any]) -> None:
        self._plan, self._options = plan, options
        self._source = Path(plan.config.source).resolve()
        files = [self._source, *(file.resolve() for file in plan.config.user_modules.values())]
        self._asking = Asking(self._source.parent, [path for path in files if path.is_file()], remote=True)
        self._asking_own = Asking(_OWN) if (_OWN / ".git").exists() else None

    def facts(self) -> dict[str, Any]:
        """The properties, without the prefix `graduate_`; whole numbers stay numbers."""
        checkout = self._asking.answer()
        own = self._asking_own.answer() if self._asking_own else None
        told = {**self._asked(), **self._data(), **_checkouts(checkout, own), **self._code()}
        with contextlib.suppress(OSError):  # a folder that may not be listed: the run does not depend on it
            told |= self._locks(checkout)
        with contextlib.suppress(OSError):
            told |= _libraries()
        return {key: masked(value) for key, value in told.items()}

    def _asked(self) -> dict[str, Any]:
        told = {"config_file": str(self._source), "seed": self._plan.config.training.seed}
        return {**told, **{key: self._options[key] for key in ("runner", "until") if self._options.get(key)}}

    def _data(self) -> dict[str, Any]:
        content, config = self._plan.fingerprint.content, self._plan.config
        kind = "curated" if config.schema_ else "accepted" if content.get("schema") else "inferred"
        told = {"data_digest": content.get("data"), "schema_digest": content.get("schema"), "schema_source": kind}
        return {key: value for key, value in told.items() if value}

    def _code(self) -> dict[str, Any]:
        own, users = code.split(self._plan.fingerprint.obeys)
        return {"code_digest": own, **({"user_code": json.dumps(users)} if users else {})}

    def _locks(self, checkout: Checkout | None) -> dict[str, Any]:
        own = locks.nearest(_OWN, _OWN)
        found = locks.nearest(self._source.parent, Path(checkout.root) if checkout else None)
        told: dict[str, Any] = {}
        for prefix, path in (("", found), ("own_", own if own != found else None)):
            digest = locks.digest(path) if path else None
            if path and digest:
                told |= {f"{prefix}lock_file": str(path), f"{prefix}lock_hash": digest}
        return told


def _checkouts(checkout: Checkout | None, own: Checkout | None) -> dict[str, Any]:
    """`git_…` of the checkout that the config lies in, `own_git_…` of Graduate's where that is another."""
    told: dict[str, Any] = {}
    for prefix, found in (("git_", checkout), ("own_git_", own if own and _other(own, checkout) else None)):
        if found is not None:
            told |= {
                f"{prefix}commit": found.commit,
                f"{prefix}branch": found.branch,
                f"{prefix}dirty": int(found.dirty),
            }
    if checkout is not None:
        told |= {"git_root": checkout.root, "git_remote": checkout.remote}
    return {key: value for key, value in told.items() if value != ""}


def _other(own: Checkout, checkout: Checkout | None) -> bool:
    return checkout is None or os.path.realpath(own.root) != os.path.realpath(checkout.root)


def _libraries() -> dict[str, Any]:
    found = installed.distributions()
    main = {"python": installed.python(), **{name: found[name] for name in installed.MAIN if name in found}}
    system = os.uname()
    return {
        "libraries": json.dumps(main),
        "libraries_digest": installed.digest(found),
        "installed": json.dumps(found),
        "platform": f"{system.sysname} {system.release} {system.machine}",
    }
