"""Why a node ran again, in words."""

from graduate.pipeline.obeys import reason


def test_a_changed_setting_is_shown_with_both_values():
    assert reason({"config:training.seed": 1}, {"config:training.seed": 2}) == "training.seed 1 → 2"


def test_the_users_file_comes_before_the_projects():
    before = {"code:graduate.pipeline.trainer": "a", "code:my_models.py": "a"}
    now = {"code:graduate.pipeline.trainer": "b", "code:my_models.py": "b"}
    assert reason(before, now) == "my_models.py changed, graduate.pipeline.trainer changed"


def test_the_first_time_and_no_change():
    assert reason(None, {"a": 1}) == "first run"
    assert reason({"a": 1}, {"a": 1}) == ""


def test_many_changes_are_counted():
    assert reason({}, {f"config:k{i}": i for i in range(5)}).endswith("and 2 more")


def test_content_outside_is_named():
    assert reason({"data": "x"}, {"data": "y"}) == "data changed"


def test_values_that_are_too_long_to_read_are_not_told():
    many = [{"shift": n} for n in range(9)]
    assert reason({"config:training.augment": []}, {"config:training.augment": many}) == "training.augment changed"
