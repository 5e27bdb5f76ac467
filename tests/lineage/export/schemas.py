"""The schemas that the formats publish, out of packages that are released with them; fetched once, into pytest's cache.

| format | package | what in it |
| --- | --- | --- |
| OpenLineage | crate datafusion-openlineage 0.0.12 | the specification's OpenLineage.json and twelve facets |
| OpenLineage | openlineage-python 1.54.0 | classes made from the specification's schemas, for the other facets |
| PROV-JSON | prov (a development dependency) | the submission's prov-json.schema.json |
| CycloneDX | cyclonedx-python-lib (likewise) | bom-1.6 and what it refers to |
| Model Card | model-card-toolkit 2.0.0 | schema/v0.0.2/model_card.schema.json |

OpenLineage's own packages carry no schema file; the crate's tests carry the specification's, unchanged. The packages
that are fetched come without their dependencies, since those clash with TFX's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".pytest_cache" / "published"
MODEL_CARD = ("model-card-toolkit", "2.0.0")
OPENLINEAGE_CLASSES = ("openlineage-python", "1.54.0")
OPENLINEAGE_SCHEMAS = ("datafusion-openlineage", "0.0.12")
_SECONDS = 120


def wheel(name: str, version: str) -> Path:
    """A wheel's files, without its dependencies; the test is skipped where it cannot be had."""
    place = CACHE / f"{name}-{version}"
    if not place.is_dir():
        aside = CACHE / f".{name}-{version}-{os.getpid()}"
        _first_that_works(_installers(f"{name}=={version}", aside), f"{name} {version}")
        _keep(aside, place)
    return place


def crate(name: str, version: str) -> Path:
    """A crate's files, without its dependencies; the test is skipped where it cannot be had."""
    home = CACHE / "cargo"
    found = next(home.glob(f"registry/src/*/{name}-{version}"), None)
    if found is None:
        cargo = shutil.which("cargo")
        words = [[cargo, "info", "--quiet", f"{name}@{version}"]] if cargo else []
        _first_that_works(words, f"the crate {name} {version}", {"CARGO_HOME": str(home)})
        found = next(home.glob(f"registry/src/*/{name}-{version}"), None)
    if found is None:
        pytest.skip(f"the crate {name} {version} cannot be had here: cargo did not bring its files")
    return found


def _installers(requirement: str, target: Path) -> list[list[str]]:
    """uv where there is one, as `make` brings it; else the pip of the Python that the environment was made from."""
    uv = shutil.which("uv") or shutil.which(str(ROOT / ".bootstrap" / "bin" / "uv"))
    options = ["--no-deps", "--quiet", "--target", str(target), requirement]
    python = getattr(sys, "_base_executable", sys.executable)
    with_uv = [[uv, "pip", "install", "--python", sys.executable, *options]] if uv else []
    return [
        *with_uv,
        [python, "-m", "pip", "install", "--disable-pip-version-check", "--ignore-requires-python", *options],
    ]


def _first_that_works(commands: list[list[str]], what: str, more: dict[str, str] | None = None) -> None:
    said = "no program here can fetch it"
    CACHE.mkdir(parents=True, exist_ok=True)
    for command in commands:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, env={**os.environ, **(more or {})}
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
            continue
        if done.returncode == 0:
            return
        said = (done.stderr.strip() or done.stdout.strip() or said).splitlines()[-1]
    pytest.skip(f"{what} cannot be had here: {said}")


def _keep(aside: Path, place: Path) -> None:
    try:
        aside.rename(place)
    except OSError:  # another test process was faster
        shutil.rmtree(aside, ignore_errors=True)
