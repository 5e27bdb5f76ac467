"""What does not go out: values whose keys name a secret, credentials inside URIs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MASK = "***"
# A key's words, split at capitals and at what is no letter or digit; `tokens`, `label_key`, `max_token_length` are none
_ANYWHERE = frozenset(
    ["password", "passwd", "passphrase", "pwd", "secret", "secrets", "credential", "credentials", "authorization"]
)
_LAST = frozenset(["token", "auth", "signature", "sig", "cookie"])
_KEYS = re.compile(
    r"(^|_)(api|access|secret|private|encryption|signing|account|ssh|master|shared|storage)_keys?(_id)?$"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# `ssh://git@host` names an account that everybody shares
_USER = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^/\s@\"']+)@")
_QUERY = re.compile(r"(?<=[?&;])([^=&;\s\"']+)=([^&;\s\"'#]+)")


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is nobody's business."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words:
        return False
    joined = "_".join(words)
    return (
        not _ANYWHERE.isdisjoint(words)
        or words[-1] in _LAST
        or joined in ("key", "apikey")
        or _KEYS.search(joined) is not None
    )


def masked(value: Any, key: str = "") -> Any:
    """A value without its secrets: mappings and lists at any depth, also where a text is one written as JSON."""
    if is_secret(key) and value not in (None, "", False):
        return MASK
    if isinstance(value, Mapping):
        return {str(name): masked(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [masked(inner) for inner in value]
    return value


def _text(text: str) -> str:
    if text[:1] in ("{", "["):
        try:
            inner = json.loads(text)
        except ValueError:
            return uri(text)
        cleaned = masked(inner)
        return text if cleaned == inner else json.dumps(cleaned, sort_keys=True)
    return uri(text)


def uri(text: str) -> str:
    """A URI without a user, a password or the values of a signed query: `s3://key:secret@bucket/x` is `s3://bucket/x`."""
    if "://" not in text:
        return text
    text = _USER.sub(_without_user, text)
    return _QUERY.sub(lambda found: f"{found[1]}={MASK}" if _names_secret(found[1]) else found[0], text)


def _without_user(found: re.Match[str]) -> str:
    shared = "ssh" in found["scheme"] and ":" not in found["user"]
    return found[0] if shared else f"{found['scheme']}://"


def _names_secret(key: str) -> bool:
    return is_secret(key) or key.lower().startswith(("x-amz-", "x-goog-"))
