"""The documents: links lead somewhere, commands exist, configs in them are valid."""

import re
from pathlib import Path

import pytest
import yaml

from graduate.pipeline.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_to_files_and_headings(page):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), f"{relative(page)}: {target}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {slug(one) for one in headings}, f"{relative(page)}: {target}"


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_are_verbs_and_targets_that_there_are(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for _, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for verb in re.findall(r"^(?:\$ )?graduate ([a-z]+)", block, re.MULTILINE):
            assert verb in VERBS, f"{relative(page)}: graduate {verb}"
        for target in re.findall(r"^(?:\$ )?make ([a-z]+)", block, re.MULTILINE):
            assert target in targets, f"{relative(page)}: make {target}"


def test_the_readmes_config_is_valid(tmp_path):
    from graduate.pipeline.config import load

    [text] = [block for kind, block in BLOCK.findall((ROOT / "README.md").read_text()) if kind == "yaml"]
    (tmp_path / "pets.yaml").write_text(text)
    assert load(tmp_path / "pets.yaml").name == yaml.safe_load(text)["name"] == "pets"


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.yaml")), ids=relative)
def test_an_example_says_what_it_shows_and_its_command(example):
    from graduate.pipeline.config import load

    first, second = example.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith("# ")
    assert second.startswith(f"#   graduate run examples/{example.name}")
    load(example)
