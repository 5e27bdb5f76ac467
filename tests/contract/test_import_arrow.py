"""The import arrow is one-way: pipeline → components → graduate, and the library knows no TFX."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = [
    path
    for path in (ROOT / "graduate").glob("**/*.py")
    if not {"pipeline", "components"} & set(path.parts[len(ROOT.parts) :])
]
COMPONENTS = list((ROOT / "components").glob("**/*.py"))
PIPELINE = list((ROOT / "pipeline").glob("**/*.py"))

# `graduate/__init__.py` resolves the artifact types lazily: Kubeflow imports them by their type name.
EXCEPTIONS = {(ROOT / "graduate/__init__.py", "graduate.components")}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import; the full name says which storey it is on"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def offending(path: Path, forbidden: tuple[str, ...]) -> set[str]:
    return {
        name
        for name in imports(path)
        if any(name == f or name.startswith(f + ".") for f in forbidden)
        and not any(path == place and (name + ".").startswith(allowed + ".") for place, allowed in EXCEPTIONS)
    }


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_library_knows_neither_tfx_nor_the_storeys_above(path):
    forbidden = (
        "graduate.pipeline",
        "graduate.components",
        "pipeline",
        "components",
        "tfx",
        "apache_beam",
        "ml_metadata",
        "pydantic",
    )
    assert not offending(path, forbidden)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_components_do_not_know_the_pipeline(path):
    assert not offending(path, ("graduate.pipeline", "pipeline", "components"))


@pytest.mark.parametrize("path", PIPELINE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_pipeline_imports_by_full_name(path):
    assert not offending(path, ("pipeline", "components"))


@pytest.mark.parametrize("path", LIBRARY + COMPONENTS + PIPELINE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_enough_to_hold_in_mind(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
