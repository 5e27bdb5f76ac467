"""What Beam's runners make of an exception is undone: the user reads what was raised, not what was wrapped round it."""

import apache_beam as beam
import pytest

from graduate.errors import DataError
from graduate.pipeline.supervise import failure


class Reads(beam.DoFn):
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def process(self, row: int):
        if self._kind == "data":
            raise DataError("is not an image", hint="remove it", where="cats/a: b.png")
        if self._kind == "disk":
            raise OSError(28, "No space left on device", "/somewhere/else")
        raise ValueError(f"row {row}\nis bad")


def described(kind: str, arguments: list[str], folder) -> dict:
    with pytest.raises((ValueError, RuntimeError, DataError)) as caught, beam.Pipeline(argv=arguments) as pipeline:
        _ = pipeline | beam.Create([1]) | beam.ParDo(Reads(kind))
    return failure.describe(caught.value, "ExampleGen", folder=str(folder))


@pytest.fixture(params=["in_memory", "multi_processing"])
def arguments(request):
    return [f"--direct_running_mode={request.param}"]


def test_an_error_of_the_users_comes_through_with_its_hint(arguments, tmp_path):
    event = described("data", arguments, tmp_path)
    where = f"{event['where']}: " if event["where"] else ""
    assert where + event["message"] == "cats/a: b.png: is not an image"
    assert (event["hint"], event["exit_code"]) == ("remove it", 5)


def test_any_other_exception_comes_through_without_what_was_wrapped_round_it(arguments, tmp_path):
    assert described("value", arguments, tmp_path)["message"] == "ValueError: row 1 is bad"


def test_a_full_disk_comes_through(arguments, tmp_path):
    event = described("disk", arguments, tmp_path)
    assert event["message"].startswith("the disk is full")
    assert event["exit_code"] == 1
