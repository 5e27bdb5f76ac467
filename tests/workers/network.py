"""Machines that are network namespaces of this one: each with an address and names of its own, on one bridge."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_HOSTS = Path("/etc/netns")


class Network:
    """Machines 0 … count - 1; this machine is at `gateway`."""

    def __init__(self, count: int) -> None:
        self._mark = f"gw{os.getpid() % 100000}"
        self._subnet = f"10.{77 + os.getpid() % 100}.{os.getpid() // 100 % 256}"
        self.gateway = f"{self._subnet}.1"
        self._count = count

    def address(self, number: int) -> str:
        """Of a machine."""
        return f"{self._subnet}.{number + 2}"

    def on(self, number: int) -> list[str]:
        """What stands before a command that runs on a machine."""
        return ["ip", "netns", "exec", self._name(number)]

    def _name(self, number: int) -> str:
        return f"{self._mark}-{number}"

    def up(self, names: Mapping[str, int]) -> None:
        """Make all machines; each finds the others by these names."""
        _ip("link", "add", self._mark, "type", "bridge")
        _ip("addr", "add", f"{self.gateway}/24", "dev", self._mark)
        _ip("link", "set", self._mark, "up")
        lines = [f"{self.address(number)} {name}" for name, number in names.items()]
        for number in range(self._count):
            name, outside = self._name(number), f"{self._mark}v{number}"
            _ip("netns", "add", name)
            _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", outside, "master", self._mark, "up")
            _ip("-n", name, "addr", "add", f"{self.address(number)}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", name, "link", "set", "lo", "up")
            (_HOSTS / name).mkdir(parents=True)
            (_HOSTS / name / "hosts").write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))

    def down(self) -> None:
        """Remove all."""
        for number in range(self._count):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._name(number))
            shutil.rmtree(_HOSTS / self._name(number), ignore_errors=True)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._mark)


@contextlib.contextmanager
def machines(count: int, names: Mapping[str, int]) -> Iterator[Network | None]:
    """A network of machines; None where this one may not have any."""
    network = Network(count)
    try:
        try:
            network.up(names)
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        yield network
    finally:
        network.down()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
