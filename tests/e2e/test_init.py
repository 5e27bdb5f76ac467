"""Two commands, nothing edited: data, `graduate init`, `graduate run`, and a verdict."""

import random

import pytest

pytestmark = pytest.mark.slow


def write_pictures(project):
    """Images of three classes, an empty file and one that is no image among them."""
    project.write_images(each=30, folder="patterns")
    (project.folder / "patterns/top/empty.png").touch()
    (project.folder / "patterns/left/page.png").write_text("<html>")
    return "patterns"


def write_table(project):
    """Numbers with gaps, a category, an id, and a class that two of them tell."""
    dice = random.Random(2)
    lines = ["nr,height,weight,colour,kind"]
    for number in range(150):
        kind = dice.choice(["oak", "elm", "fir"])
        height = dice.gauss({"oak": 10, "elm": 14, "fir": 18}[kind], 1)
        weight = "" if number % 20 == 3 else f"{dice.gauss({'oak': 5, 'elm': 2, 'fir': 8}[kind], 1):.2f}"
        lines.append(f"{1000 + number},{height:.2f},{weight},{dice.choice(['red', 'green'])},{kind}")
    (project.folder / "trees.csv").write_text("\n".join(lines) + "\n")
    return "trees.csv"


@pytest.mark.parametrize("write", [write_pictures, write_table])
def test_from_data_to_a_pushed_model(project, write):
    name = write(project)
    asked = project.graduate("init", name)
    assert asked.code == 0, asked.err
    done = project.graduate("run", "pipeline.yaml", "--json", timeout=420)
    assert done.code == 0, done.err
    assert done.result["status"] == "pushed"
    assert done.result["metrics"]["accuracy"] > 0.66
