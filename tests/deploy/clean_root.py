"""Runs the steps of a Dockerfile in a clean root: Debian's smallest system with Python in it, a mount namespace a
command, and chroot. No Docker engine is needed; root and the right to mount are.

What an engine does besides: layers, networks, resource limits. None of them is imitated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.dockerfile import Stage, expand

CACHE = Path.home() / ".cache" / "graduate-tests"
BASE = CACHE / "root-bookworm-python3.11"
_HOST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
_REACH = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts")  # the registries
_ENTER = """
set -e
for place in proc dev; do mkdir -p "$1/$place"; mount --rbind "/$place" "$1/$place"; done
shift_root=$1; shift
while [ "$1" != -- ]; do mkdir -p "$shift_root$2"; mount --bind "$1" "$shift_root$2"; shift 2; done; shift
exec chroot "$@"
"""


def why_not() -> str | None:
    """Why no clean root can be had here; None if it can."""
    if os.geteuid() != 0:
        return "only root may mount and chroot"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        return "this machine permits no mount namespace"
    if not (BASE / "ready").is_file() and not shutil.which("debootstrap"):
        return "debootstrap is missing (Debian: apt-get install debootstrap)"
    return None


def base() -> Path:
    """Debian 12 with Python 3.11, made once: what python:3.11-slim-bookworm is, with Python where it is there."""
    if not (BASE / "ready").is_file():
        aside = BASE.with_name(f"{BASE.name}.{os.getpid()}")
        packages = "--include=python3.11-venv,ca-certificates"
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", packages, "bookworm", str(aside)], capture_output=True, text=True
        )
        if done.returncode:
            shutil.rmtree(aside, ignore_errors=True)
            raise RuntimeError(f"debootstrap failed: {done.stdout[-500:]}{done.stderr[-500:]}")
        for name in ("python", "python3", "python3.11"):
            (aside / "usr/local/bin" / name).symlink_to("/usr/bin/python3.11")
        (aside / "ready").touch()
        shutil.rmtree(BASE, ignore_errors=True)
        aside.rename(BASE)
    return BASE


@dataclass
class Image:
    """A stage that has been built: its root, and what a container of it starts with."""

    root: Path
    env: dict[str, str]
    user: str = "0"
    workdir: str = "/"
    labels: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)

    def run(
        self, command: list[str], mounts: dict[str, Path] | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A container: the command as the image's user, with folders of this machine mounted at paths of the image."""
        return _inside(self, command, mounts or {}, env or {})


def build(stages: list[Stage], context: Path, place: Path, arguments: dict[str, str]) -> Image:
    """Build every stage below a folder; the last is the image."""
    built: dict[str, Image] = {}
    for stage in stages:
        root = place / stage.name
        subprocess.run(["cp", "-a", str(base()), str(root)], check=True)
        for name in _REACH:
            if (given := Path(name)).is_file():
                shutil.copy2(given, root / name.lstrip("/"))
        image = Image(root, {"HOME": "/root", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        _build(stage, image, context, built, arguments)
        built[stage.name] = image
    return image


def _build(stage: Stage, image: Image, context: Path, built: dict[str, Image], arguments: dict[str, str]) -> None:
    args: dict[str, str] = {}
    for step in stage.steps:
        known = {**args, **image.env}
        if step.name == "ARG":
            [(name, default)] = step.pairs()
            args[name] = arguments.get(name, default)
        elif step.name == "ENV":
            image.env |= {name: expand(value, known) for name, value in step.pairs()}
        elif step.name == "LABEL":
            image.labels |= {name: expand(value, known) for name, value in step.pairs()}
        elif step.name == "WORKDIR":
            image.workdir = step.rest
            (image.root / step.rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif step.name == "USER":
            image.user = step.rest
        elif step.name == "CMD":
            image.command = step.words()
        elif step.name == "COPY":
            *sources, target = step.words()
            source = step.flag("from")
            _copy(built[source].root if source else context, sources, image, target, linked=source is not None)
        else:
            _run(step.rest, step.flags, image, args)


def _run(script: str, flags: tuple[str, ...], image: Image, args: dict[str, str]) -> None:
    mounts: dict[str, Path] = {}
    for flag in flags:  # --mount=type=cache,target=/root/.cache/uv: this machine's own
        told = dict(part.split("=", 1) for part in flag.removeprefix("--mount=").split(","))
        assert told["type"] == "cache", flag
        mounts[told["target"]] = Path.home() / told["target"].removeprefix("/root/")
        mounts[told["target"]].mkdir(parents=True, exist_ok=True)
    done = _inside(image, ["/bin/sh", "-c", script], mounts, args)
    if done.returncode:
        raise RuntimeError(f"RUN {script}\n{done.stdout[-2000:]}{done.stderr[-3000:]}")


def _inside(
    image: Image, command: list[str], mounts: dict[str, Path], env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    group = ["--groups=0", f"--userspec={image.user}:0"]
    binds = [word for target, source in mounts.items() for word in (str(source), target)]
    there = ["env", f"--chdir={image.workdir}", *command]
    script = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "enter", str(image.root), *binds]
    host = {name: os.environ[name] for name in _HOST if name in os.environ}
    return subprocess.run(
        [*script, "--", *group, str(image.root), *there],
        env={**host, **image.env, **env},
        text=True,
        capture_output=True,
    )


def _copy(source: Path, names: list[str], image: Image, target: str, linked: bool) -> None:
    """As COPY does: of a folder what is in it; several files into a folder. `linked`: the same bytes, not copied."""
    there = (
        image.root / target.lstrip("/") if target.startswith("/") else image.root / image.workdir.lstrip("/") / target
    )
    for name in names:
        given = source / name.lstrip("/")
        if given.is_dir():
            there.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-al" if linked else "-a", f"{given}/.", str(there)], check=True)
        else:
            into = there / given.name if target.endswith("/") else there
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(given, into)
