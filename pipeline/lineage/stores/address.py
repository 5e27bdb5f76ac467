"""A store's URL taken apart, and its password, which comes from the environment alone.

A password in a URL would be in the shell's history and in the list of processes that every user of the machine can
read, and is one log away from everybody else. It is refused, so that nobody learns to put it there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from graduate.errors import UsageError

PASSWORD = "GRADUATE_STORE_PASSWORD"
OPTIONS = {  # what may stand behind `?`
    "mysql": ("unix_socket", "ssl_ca"),
    "postgresql": ("host", "sslmode", "sslrootcert"),
    "grpc": ("ssl_ca",),
}


@dataclass(frozen=True)
class Address:
    """Where a server's store is.

    Attributes:
        scheme: as it was written, in small letters.
        host: a name or an address; "" where the URL has none.
        port: likewise, with the kind's own where the URL has none.
        user: "" where the URL has none.
        database: likewise.
        options: what stands behind `?`.
        password: from the environment; None where there is none.
    """

    scheme: str
    host: str
    port: int
    user: str = ""
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """The URL as people see it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}" if host else ""
        user = f"{self.user}@" if self.user else ""
        behind = "&".join(f"{name}={value}" for name, value in self.options.items())
        path = f"/{self.database}" if self.database else ""
        return f"{self.scheme}://{user}{place}{path}" + (f"?{behind}" if behind else "")


def taken_apart(url: str, *, port: int, form: str, options: Collection[str], passwords: Collection[str]) -> Address:
    """Take a URL apart. What is wrong with one is said without a piece of it: it may hold a password.

    Args:
        url: the whole URL.
        port: where it has none.
        form: what it should look like, for hints.
        options: names that may stand behind `?`.
        passwords: environment variables that may hold the password; the first that is set counts.

    Raises:
        UsageError: it cannot be taken apart, has a password in it, or an option that is not known.
    """
    scheme = url.partition("://")[0].lower()
    try:
        parts = urlsplit(url)
        given, host, fragment = parts.port, parts.hostname or "", parts.fragment
    except ValueError:  # its text repeats a part of the URL
        given, host, fragment = None, "", "?"
    if fragment or "@" in host:
        raise UsageError(
            f"the {scheme}:// URL of the store cannot be taken apart",
            hint=f"a store is {form}; what is special in a name is written as %40 for @, %23 for #, %3A for :",
        )
    if parts.password is not None:
        raise UsageError(
            f"the {scheme}:// URL of the store has a password in it, which other users of this machine can see",
            hint=f"leave it out, and give it in the environment: {PASSWORD}=… graduate …",
        )
    behind = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(behind) - set(options)):
        known = f"known are {', '.join(options)}" if options else "there are none"
        raise UsageError(f"unknown option {unknown[0]} in the {scheme}:// URL of the store", hint=known)
    return Address(
        scheme=scheme,
        host=host,
        port=given or port,
        user=unquote(parts.username or ""),
        database=unquote(parts.path.lstrip("/")),
        options=behind,
        password=next((os.environ[name] for name in passwords if os.environ.get(name)), None),
    )
