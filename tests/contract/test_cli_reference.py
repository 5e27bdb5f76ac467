"""docs/cli.md, `--help` and the table of verbs say the same."""

from importlib import import_module
from pathlib import Path

import pytest

from graduate import errors
from graduate.pipeline.cli._parser import Parser, walk
from graduate.pipeline.cli.main import main
from graduate.pipeline.cli.verbs import ENVIRONMENT, EXIT_CODES, VERBS
from graduate.pipeline.result import EXIT_CODES as OF_STATUS

REFERENCE = (Path(__file__).resolve().parents[2] / "docs/cli.md").read_text(encoding="utf-8")


def section(verb: str) -> str:
    return REFERENCE.partition(f"\n## graduate {verb}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_stands_in_the_reference_with_its_line_and_its_section(verb):
    assert f"| [`graduate {verb}`](#graduate-{verb}) | {VERBS[verb].help} |" in REFERENCE
    assert section(verb)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_module_says_the_same_as_the_table(verb):
    line = import_module(VERBS[verb].module).HELP
    assert line == VERBS[verb].help


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_stands_in_its_section(verb):
    parser = Parser(prog=f"graduate {verb}")
    import_module(VERBS[verb].module).add_arguments(parser)
    text = section(verb)
    for each in walk(parser):
        for option in each._option_string_actions:
            assert option in ("-h", "--help") or option in text, f"{each.prog} {option}"


@pytest.mark.parametrize("code", EXIT_CODES)
def test_an_exit_code_stands_in_the_reference_as_in_help(code, capsys):
    line = next(line for line in REFERENCE.splitlines() if line.startswith(f"| {code} |"))
    assert line.replace("`", "") == f"| {code} | {EXIT_CODES[code]} |"
    main(["--help"])
    assert f"{code:>5}  {EXIT_CODES[code]}" in capsys.readouterr().out


def test_the_table_has_every_exit_code_that_there_is():
    assert set(OF_STATUS.values()) | {errors.USAGE} == set(EXIT_CODES)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_help_has_its_exit_codes_and_examples(verb, capsys):
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    for code in VERBS[verb].exit_codes:
        assert f"\n  {code:>3}  " in text
    for command, _ in VERBS[verb].examples:
        assert command.startswith(f"graduate {verb}")
        assert command in text


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_an_environment_variable_stands_in_the_reference(name):
    assert f"| `{name}` |" in REFERENCE
