"""From an exception, however wrapped, to at most ten lines with the cause last."""

import errno
import traceback

import pytest

from graduate.errors import DataError, UsageError, UserError
from graduate.pipeline.supervise import failure


class NodeError(Exception):
    """As the runner raises it: it names the node, and the cause is chained."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


def raised(do) -> BaseException:
    try:
        do()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def as_beam_does(error: BaseException) -> BaseException:
    """What Beam's in-process runner makes of an exception: a copy with a longer message, while it handles the first."""

    def do():
        try:
            raise error
        except BaseException as inner:
            try:
                again = type(inner)(inner.args[0] + " [while running 'Read/ParDo(Read)']", *inner.args[1:])
            except Exception:
                text = traceback.format_exception_only(type(inner), inner)[-1].strip()
                again = RuntimeError(f"{text} [while running 'Read/ParDo(Read)']")
            raise again.with_traceback(inner.__traceback__)  # noqa: B904

    return raised(do)


def as_beam_workers_do(error: BaseException) -> BaseException:
    """What remains when Beam's workers are processes: the text of the traceback."""
    text = "".join(traceback.format_exception(as_beam_does(error)))

    def do():
        raise RuntimeError(text)

    return raised(do)


def in_a_node(error: BaseException, node: str = "ExampleGen") -> BaseException:
    def do():
        try:
            raise error
        except BaseException as inner:
            raise NodeError(node) from inner

    return raised(do)


@pytest.fixture(params=["plain", "beam", "beam workers"])
def wrap(request):
    return {"plain": lambda error: error, "beam": as_beam_does, "beam workers": as_beam_workers_do}[request.param]


@pytest.fixture
def module(tmp_path):
    """A user's module with a helper beside it."""
    (tmp_path / "helper.py").write_text("def check(n):\n    raise ValueError(f'{n} filters are too few')\n")
    path = tmp_path / "my_models.py"
    path.write_text("from helper import check\n\n\ndef build(n):\n    check(n)\n")
    return path


def built(module, monkeypatch) -> BaseException:
    import importlib
    import sys

    monkeypatch.syspath_prepend(str(module.parent))
    for name in ("my_models", "helper"):
        sys.modules.pop(name, None)
    return raised(lambda: importlib.import_module("my_models").build(2))


def test_an_error_of_the_users_keeps_message_hint_and_exit_code_through_every_wrapping(wrap):
    error = DataError("is not an image", hint="remove it, or set data.bad_rows: skip", where="cats/a b: c.png")
    event = failure.describe(in_a_node(wrap(error)))
    assert event["exit_code"] == 5
    assert event["node"] == "ExampleGen"
    assert failure.render(event, "graduate run x.yaml", "x.log").splitlines() == [
        "error: cats/a b: c.png: is not an image",
        "",
        "hint: remove it, or set data.bad_rows: skip",
    ]


def test_an_error_of_the_users_under_another_exception_is_still_his():
    def do():
        try:
            raise UsageError("no such builder", where="x.yaml:3")
        except UsageError as inner:
            raise RuntimeError("could not run") from inner

    event = failure.describe(raised(do), "Trainer")
    assert (event["message"], event["where"], event["exit_code"]) == ("no such builder", "x.yaml:3", 2)


def test_an_error_without_a_remedy_is_told_with_node_command_and_log():
    event = failure.describe(in_a_node(UserError("ValueError: no", where="my_models.py:3"), "Trainer"))
    assert failure.render(event, "graduate run x.yaml", "x.log").splitlines() == [
        "Trainer failed. To go on from there: graduate run x.yaml",
        "full log: x.log",
        "error: my_models.py:3: ValueError: no",
    ]


def test_any_other_exception_loses_what_the_frameworks_wrote_round_it(wrap):
    event = failure.describe(in_a_node(wrap(ValueError("first line\n  second: line"))))
    assert event["message"] == "ValueError: first line second: line"
    assert failure.render(event, "graduate run x.yaml", "x.log").splitlines() == [
        "ExampleGen failed. To go on from there: graduate run x.yaml",
        "full log: x.log",
        "error: ValueError: first line second: line",
    ]


def test_the_users_own_line_is_named_also_in_a_file_beside_his_module(module, monkeypatch, wrap):
    event = failure.describe(in_a_node(wrap(built(module, monkeypatch)), "Trainer"), user_files=[str(module)])
    assert event["where"] == f"{module.parent / 'helper.py'}:2"
    assert event["message"] == "ValueError: 2 filters are too few"
    monkeypatch.chdir(module.parent)
    assert (
        failure.render(event, "again", None).splitlines()[-1] == "error: helper.py:2: ValueError: 2 filters are too few"
    )


def test_a_run_whose_nodes_are_beams_own_elements_tells_the_same(module, monkeypatch):
    def again():
        error = as_beam_does(in_a_node(built(module, monkeypatch), "Trainer"))
        raise error from error  # as a runner does that looks for the NodeError in what Beam raised

    event = failure.describe(raised(again), user_files=[str(module)])
    assert (event["node"], event["message"]) == ("Trainer", "ValueError: 2 filters are too few")
    assert event["where"] == f"{module.parent / 'helper.py'}:2"


def test_a_frame_of_a_compiled_module_is_not_the_users(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = raised(lambda: exec(compile("raise ValueError('x')", "beam/runners/common.py", "exec")))
    assert failure.describe(error, user_files=[str(tmp_path / "my_models.py")])["where"] is None


def test_a_module_that_does_not_parse_is_named_with_its_line(tmp_path):
    path = tmp_path / "my_models.py"
    path.write_text("def build(:\n")
    error = raised(lambda: compile(path.read_text(), str(path), "exec"))
    assert failure.describe(error, user_files=[str(path)])["where"] == f"{path}:1"


def test_a_frame_that_is_told_as_text_counts(tmp_path):
    path = tmp_path / "my_models.py"
    error = ValueError(f'in user code:\n\n    File "{path}", line 7, in call  *\n        x = y\n\n    ValueError: no')
    assert failure.describe(raised_with(error), user_files=[str(path)])["where"] == f"{path}:7"


def raised_with(error: BaseException) -> BaseException:
    def do():
        raise error

    return raised(do)


def test_without_user_files_no_line_is_named(wrap):
    assert failure.describe(wrap(KeyError("x")))["where"] is None


def test_escape_codes_do_not_reach_the_screen():
    assert failure.describe(ValueError("\x1b[1mbold\x1b[0m"))["message"] == "ValueError: bold"


def test_however_long_the_message_ten_lines_are_the_most():
    event = failure.describe(in_a_node(ValueError("word " * 3000)))
    text = failure.render(event, "graduate run x.yaml", "x.log", width=80)
    assert len(text.splitlines()) <= failure.LINES
    assert max(map(len, text.splitlines())) <= 80


def test_a_full_disk_is_one_sentence_with_the_folder_and_what_is_free(tmp_path, wrap):
    error = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "file"))
    event = failure.describe(in_a_node(wrap(error)), folder=str(tmp_path))
    assert event["message"].startswith("the disk is full (")
    assert event["message"].endswith(" MB are free)")
    assert event["expected"]
    assert event["exit_code"] == 1
    assert len(failure.render(event, "again", None).splitlines()) == 3


@pytest.mark.parametrize("text", ["database or disk is full", "x.sst; No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_known_by_its_text_too(tmp_path, text):
    assert "disk is full" in failure.describe(RuntimeError(text), folder=str(tmp_path))["message"]


def test_a_damaged_store_names_the_file_and_the_remedy(tmp_path):
    error = RuntimeError("INTERNAL: Error when executing query: database disk image is malformed")
    event = failure.describe(error, folder=str(tmp_path))
    assert event["where"] == str(tmp_path / "metadata.sqlite")
    assert event["hint"].startswith(f"move it aside (mv {tmp_path / 'metadata.sqlite'} ")


def test_the_traceback_is_kept_whole_for_debug(wrap):
    assert "ValueError: x" in failure.describe(wrap(ValueError("x")))["traceback"]


def test_a_users_error_survives_a_second_pickling_with_its_hint():
    import pickle

    error = pickle.loads(pickle.dumps(UserError("m", hint="h", where="w")))
    assert (error.message, error.hint, error.where, error.__notes__) == ("m", "h", "w", ["hint: h"])


def test_what_tensorflow_says_about_an_operation_is_left_out():
    text = """Graph execution error:

Detected at node dense_1/MatMul defined at (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main

  File "/project/graduate/training/step.py", line 30, in step

Matrix size-incompatible: In[0]: [16,3], In[1]: [4,2]
\t [[{{node dense_1/MatMul}}]] [Op:__inference_call_123]"""
    event = failure.describe(in_a_node(RuntimeError(text), "Trainer"))
    assert event["message"] == "RuntimeError: Matrix size-incompatible: In[0]: [16,3], In[1]: [4,2]"
