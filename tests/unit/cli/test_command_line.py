"""`graduate …`: verbs, suggestions, errors as text, exit codes. The verbs called are real, or made here."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from graduate.pipeline.cli.main import main
from graduate.pipeline.cli.verbs import EXIT_CODES, VERBS, Verb

ROOT = Path(__file__).resolve().parents[3]
DIGITS = str(ROOT / "examples/digits.yaml")


@pytest.fixture
def verb(tmp_path, monkeypatch):
    """Make a verb `try` whose `run` has the given body."""

    def verb(body: str, arguments: str = "pass") -> None:
        code = f"HELP = 'try it'\ndef add_arguments(parser):\n    {arguments}\ndef run(args):\n"
        (tmp_path / "a_verb.py").write_text(code + textwrap.indent(textwrap.dedent(body), "    "))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "a_verb", raising=False)
        monkeypatch.setitem(VERBS, "try", Verb("a_verb", "Tests", "try it"))

    return verb


def process(*words: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "graduate.pipeline.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, **options)


def test_help_teaches_verbs_exit_codes_environment_and_first_commands(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for word in [*VERBS, *map(str, EXIT_CODES), "GRADUATE_WORKDIR", "NO_COLOR", "graduate run examples/digits.yaml"]:
        assert word in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_help_as_a_word_is_help(capsys):
    assert main(["help", "show"]) == 0
    shown = capsys.readouterr().out
    assert main(["show", "--help"]) == 0
    assert capsys.readouterr().out == shown
    assert "usage: graduate show" in shown


def test_no_verb_at_all_is_help_and_a_bad_command(capsys):
    assert main([]) == 2
    assert "usage: graduate" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("graduate ")


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (["rnu"], "unknown verb rnu", "did you mean graduate run?"),
        (["qqq"], "unknown verb qqq", "verbs: init"),
        (["--verbose"], "unknown option --verbose", "the verb comes first"),
        (["show", "--mermade", "a.yaml"], "graduate show: unknown option --mermade", "did you mean --mermaid?"),
        (["show"], "graduate show needs CONFIG", "see graduate show --help"),
        (["show", "a.yaml", "b.yaml"], "graduate show: one argument too many: b.yaml", "see graduate show --help"),
        (["show", "a.yaml", "--set"], "graduate show: --set needs a value", "see graduate show --help"),
        (["config", "reslve", "a.yaml"], "'reslve' is not one of schema, resolve", "did you mean resolve?"),
        (["config", "resolve", "a.yaml", "--jsn"], "graduate config: unknown option --jsn", "did you mean --json?"),
        (["show", "a.yaml", "--mermaid", "--json"], "not allowed with argument", "see graduate show --help"),
    ],
)
def test_a_bad_command_is_one_sentence_and_the_nearest_right_one(capsys, words, sentence, hint):
    assert main(words) == 2
    captured = capsys.readouterr()
    first, empty, last = captured.err.splitlines()
    assert first.startswith("error: ")
    assert sentence in first
    assert empty == ""
    assert last.startswith("hint: ")
    assert hint in last
    assert captured.out == ""


def test_options_may_stand_before_and_after_the_config(capsys):
    assert main(["show", "--set", "serving.check=false", DIGITS, "--set", "push.keep=2"]) == 0
    text = capsys.readouterr().out
    assert "ServingCheck" not in text
    assert "keeps 2" in text


def test_a_user_error_is_its_sentence_its_hint_and_its_exit_code(verb, capsys):
    verb("""
        from graduate.errors import DataError
        raise DataError("is empty", where="pets/cats", hint="put images there")
    """)
    assert main(["try"]) == 5
    assert capsys.readouterr().err == "error: pets/cats: is empty\n\nhint: put images there\n"


def test_what_nobody_expected_is_a_few_lines_with_the_place(verb, capsys):
    verb("""
        values = {}
        return values["x y"]
    """)
    assert main(["try"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 10
    assert "KeyError: 'x y'" in lines[1]
    assert "a_verb.py:7" in lines[2]
    assert lines[-1] == "hint: graduate try --debug shows the traceback"


def test_debug_shows_the_traceback(verb, capsys):
    verb("assert args.debug; raise ValueError('no')")
    assert main(["try", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
    assert main(["--debug", "try", "--debug"]) == 1


def test_an_interruption_is_one_line(verb, capsys):
    verb("raise KeyboardInterrupt")
    assert main(["try"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_verbs_own_exit_code_is_the_commands(verb):
    verb("return 3")
    assert main(["try"]) == 3


def test_a_reader_that_goes_away_is_no_error(verb, tmp_path):
    command = f"{sys.executable} -m graduate.pipeline.cli config schema | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stderr == ""
    assert done.returncode in (0, 128 + signal.SIGPIPE)  # 0: the pipe took it all before the reader left


def test_nothing_is_coloured_where_nobody_looks(capsys):
    main(["rnu"])
    assert "\x1b" not in capsys.readouterr().err


def test_a_config_error_reaches_the_screen_with_line_and_hint(tmp_path):
    (tmp_path / "a.yaml").write_text(Path(DIGITS).read_text().replace("batch_size", "batchsize"))
    done = process("run", str(tmp_path / "a.yaml"), "--set", "schema=")
    assert (done.returncode, done.stdout) == (2, "")
    line = Path(DIGITS).read_text().splitlines().index("  batch_size: 64") + 1
    expected = f"error: {tmp_path}/a.yaml:{line}: unknown key training.batchsize\n\nhint: did you mean batch_size?\n"
    assert done.stderr == expected


def test_a_terminal_without_unicode_gets_a_drawing_in_ascii():
    done = process("show", DIGITS, env={"PATH": "/usr/bin", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "+" in done.stdout
