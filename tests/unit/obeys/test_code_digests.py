"""Digests of code: what changes them, and how far they reach."""

import json

import pytest

from graduate.errors import UsageError
from graduate.pipeline.obeys.code import CodeDigests


@pytest.fixture
def user(tmp_path):
    (tmp_path / "my_models.py").write_text(
        '"""Mine."""\nimport helper\n\ndef build():\n    "Builds."\n    return helper.layer()\n'
    )
    (tmp_path / "helper.py").write_text("def layer():\n    return 1\n")
    return tmp_path


def digests(folder, memory=None):
    return CodeDigests(memory).closure([folder / "my_models.py"])


def test_helper_modules_of_the_user_are_reached(user):
    assert set(digests(user)) == {"my_models.py", "helper.py"}


def test_a_comment_a_docstring_and_a_blank_line_change_nothing(user):
    before = digests(user)
    (user / "my_models.py").write_text(
        '"""Other words."""\n\n\nimport helper  # why\n\n\ndef build():\n    return helper.layer()\n'
    )
    assert digests(user) == before


def test_a_changed_helper_changes_its_digest_alone(user):
    before = digests(user)
    (user / "helper.py").write_text("def layer():\n    return 2\n")
    after = digests(user)
    assert after["helper.py"] != before["helper.py"]
    assert after["my_models.py"] == before["my_models.py"]


def test_an_undone_edit_gives_the_old_digest(user):
    before, text = digests(user), (user / "helper.py").read_text()
    (user / "helper.py").write_text("def layer():\n    return 2\n")
    digests(user)
    (user / "helper.py").write_text(text)
    assert digests(user) == before


def test_the_memory_does_not_hide_a_change(user, tmp_path):
    memory = tmp_path / "cache" / "code.json"
    first = CodeDigests(memory)
    before = first.closure([user / "my_models.py"])
    first.save()
    (user / "helper.py").write_text("def layer():\n    return 3  # longer\n")
    assert digests(user, memory)["helper.py"] != before["helper.py"]
    assert digests(user, memory)["my_models.py"] == before["my_models.py"]


def test_a_damaged_memory_is_ignored(user, tmp_path):
    (tmp_path / "code.json").write_text("{")
    assert digests(user, tmp_path / "code.json") == digests(user)


def test_a_helper_in_a_package_is_reached_and_named_by_its_path(user):
    (user / "nets").mkdir()
    (user / "nets" / "__init__.py").write_text("")
    (user / "nets" / "helper.py").write_text("x = 1\n")
    (user / "my_models.py").write_text("import helper\nfrom nets import helper as other\n")
    assert set(digests(user)) == {"my_models.py", "helper.py", "nets/__init__.py", "nets/helper.py"}


def test_this_projects_own_code_is_followed_through_its_links():
    found = CodeDigests().closure(["graduate.pipeline.fingerprint"])
    assert {"graduate.pipeline.record", "graduate.pipeline.config.groups", "graduate.verdict"} <= set(found)
    assert all(name.startswith("graduate") for name in found)


def test_invalid_python_is_named_with_file_and_line(user):
    (user / "helper.py").write_text("def layer(:\n")
    with pytest.raises(UsageError, match=r"helper.py:1"):
        digests(user)


def test_what_only_a_type_checker_imports_is_not_obeyed(user):
    (user / "main.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import types_alone\nelse:\n    import other\n"
    )
    (user / "types_alone.py").write_text("x = 1\n")
    (user / "other.py").write_text("x = 1\n")
    assert set(CodeDigests().closure([user / "main.py"])) == {"main.py", "other.py"}


def test_what_a_module_imports_when_it_is_asked_for_is_obeyed(user):
    (user / "main.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lazy import layer\n\n"
        "def __getattr__(name):\n    import importlib\n    return getattr(importlib.import_module('lazy'), name)\n"
    )
    (user / "lazy.py").write_text("def layer():\n    return 1\n")
    assert set(CodeDigests().closure([user / "main.py"])) == {"main.py", "lazy.py"}


def test_rows_that_come_in_obey_no_code_that_reads_configs():
    found = CodeDigests().closure(["graduate.pipeline.data.example_gen"])
    assert "graduate.pipeline.data.source" in found
    assert not [name for name in found if name.startswith(("graduate.pipeline.config", "graduate.tuning"))]


def test_the_projects_own_modules_are_remembered_for_all_work_folders_and_a_change_is_seen(tmp_path):
    own, module = tmp_path / "own.json", "graduate.pipeline.obeys.code"
    first = CodeDigests(tmp_path / "work" / "code.json", own)
    before = first.closure([module])
    first.save()
    remembered = json.loads(own.read_text())
    assert not (tmp_path / "work").exists(), "of the user's code there was nothing to remember"
    assert len(remembered) == len(before)
    [key] = [one for one in remembered if one.endswith("obeys/code.py")]
    stamp, _, imports = remembered[key]
    own.write_text(json.dumps({**remembered, key: [stamp, "as remembered", imports]}))
    assert CodeDigests(own_memory=own).closure([module])[module] == "as remembered"
    own.write_text(json.dumps({**remembered, key: [[stamp[0] - 1, stamp[1]], "of an older file", imports]}))
    assert CodeDigests(own_memory=own).closure([module]) == before
    own.write_text("[]")
    assert CodeDigests(own_memory=own).closure([module]) == before
