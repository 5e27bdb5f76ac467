"""A work folder says which layout it has: another version's is not misread."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.workspace import LAYOUT, Workspace


def test_a_new_folder_is_signed_once(tmp_path):
    workspace = Workspace.at(tmp_path / "work")
    workspace.check_layout()
    assert not workspace.root.exists()
    workspace.sign_layout()
    assert workspace.layout.read_text() == f"{LAYOUT}\n"
    workspace.check_layout()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (LAYOUT + 1, ("newer graduate", "update graduate")),
        (0, ("older graduate", "move it aside")),
        ("ready", ("'ready'", "no layout number")),
    ],
)
def test_a_folder_of_another_layout_is_refused_with_what_to_do(tmp_path, written, words):
    workspace = Workspace.at(tmp_path)
    workspace.layout.write_text(f"{written}\n")
    with pytest.raises(UsageError) as refused:
        workspace.check_layout()
    assert all(word in refused.value.render() for word in (*words, str(tmp_path)))
