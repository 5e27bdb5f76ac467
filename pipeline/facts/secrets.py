"""Takes passwords out of what is written down: those in URLs, where a config or a git remote could have one."""

from __future__ import annotations

import re
from typing import Any

MASK = "***"
# scheme://user:password@host, and scheme://token@host; `ssh://git@host` names an account that everybody shares
_USER = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/@\s'\"]+)@")
_PARAMETER = re.compile(
    r"(?P<name>[?&;][^=&?#\s]*(?:token|password|passwd|pwd|secret|signature|sig|credential|api_?key|access_?key)[^=&?#\s]*=)"
    r"[^&#\s'\"]+",
    re.IGNORECASE,
)


def masked(value: Any) -> Any:
    """The same JSON value, without the credentials of URLs in its texts."""
    if isinstance(value, str):
        return _PARAMETER.sub(rf"\g<name>{MASK}", _USER.sub(_without_user, value)) if "://" in value else value
    if isinstance(value, dict):
        return {key: masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def _without_user(found: re.Match[str]) -> str:
    if "ssh" in found["scheme"] and ":" not in found["user"]:
        return found[0]
    return f"{found['scheme']}{MASK}@"
