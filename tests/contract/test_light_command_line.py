"""Help, config errors, drawings and the doctor answer without the heavy libraries: what they import is held here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "numpy",
    "tensorflow",
    "keras",
    "tfx",
    "apache_beam",
    "tensorflow_transform",
    "tensorflow_model_analysis",
    "pandas",
}
PROGRAM = """
import json, sys
from graduate.pipeline.cli.main import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(name.partition(".")[0] for name in sys.modules)]))
"""


def modules(*words: str) -> tuple[int, set[str]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, cwd=ROOT, timeout=60)
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["rnu"], ["run", "--help"], ["run"], ["show", "--hlep"]])
def test_help_and_bad_commands_need_the_standard_library_alone(words):
    code, names = modules(*words)
    assert code in (0, 2)
    assert not names & (HEAVY | {"yaml", "pydantic", "rich", "ml_metadata", "dataclasses", "inspect"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "nowhere.yaml"], 2),
        (["run", "examples/digits.yaml", "--set", "training.batchsize=3"], 2),
        (["run", "examples/digits.yaml", "--until", "Trainre"], 2),
        (["show", "examples/digits.yaml"], 0),
        (["config", "resolve", "examples/digits.yaml"], 0),
    ],
)
def test_what_is_wrong_with_a_config_is_said_with_yaml_and_pydantic_alone(words, expected):
    code, names = modules(*words)
    assert code == expected
    assert not names & (HEAVY | {"rich", "ml_metadata"})


def test_the_doctor_imports_none_of_the_libraries_that_it_looks_at():
    _, names = modules("doctor")
    assert not names & (HEAVY | {"ml_metadata", "pydantic", "yaml"})
