"""The patches of Beam change no answer: each is compared with Beam's own."""

import apache_beam as beam
import pytest
from apache_beam.options import pipeline_options
from apache_beam.transforms import core, userstate
from apache_beam.transforms.timeutil import TimeDomain

from graduate.pipeline import beam_speed


class Plain(beam.DoFn):
    def setup(self):
        self.ready = True

    def process(self, element, window=beam.DoFn.WindowParam, *, scale=2):
        yield element * scale


class Stateful(beam.DoFn):
    TOTAL = userstate.CombiningValueStateSpec("total", sum)
    DUE = userstate.TimerSpec("due", TimeDomain.WATERMARK)

    def process(self, element, total=beam.DoFn.StateParam(TOTAL), due=beam.DoFn.TimerParam(DUE)):  # noqa: B008
        total.add(element[1])
        yield total.read()

    @userstate.on_timer(DUE)
    def expire(self):
        pass


DOFNS = [Plain, Stateful, lambda: core.CallableWrapperDoFn(lambda x, y=3: [x + y])]


@pytest.mark.parametrize("make", DOFNS)
def test_dofns_are_understood_the_same(make):
    def understood(dofn):
        methods = ("process", "setup", "start_bundle")
        return userstate.get_dofn_specs(dofn), [core.get_function_arguments(dofn, name) for name in methods]

    dofn = make()
    own = understood(dofn)
    with beam_speed.applied():
        assert understood(dofn) == own
        assert understood(dofn) == own  # and from memory
        assert understood(make())[1][0][0] == own[1][0][0]


def test_what_a_caller_does_to_an_answer_stays_with_it():
    with beam_speed.applied():
        core.get_function_arguments(Plain(), "process")[0].clear()
        assert core.get_function_arguments(Plain(), "process")[0] == ["element", "window"]


@pytest.mark.parametrize(
    "flags", [[], ["--runner=DirectRunner", "--direct_num_workers=2"], ["--streaming", "--experiments=a"]]
)
def test_options_are_parsed_the_same(flags):
    def parsed():
        options = pipeline_options.PipelineOptions(list(flags), temp_location="x")
        options.view_as(pipeline_options.StandardOptions).runner = "Other"
        views = pipeline_options.PipelineOptions.__subclasses__()
        return [options.view_as(view).get_all_options() for view in views], options.get_all_options()

    own = parsed()
    with beam_speed.applied():
        assert parsed() == own
        assert parsed() == own


def test_a_change_to_one_view_does_not_reach_another_pipeline():
    with beam_speed.applied():
        first = pipeline_options.PipelineOptions([]).view_as(pipeline_options.DebugOptions)
        first.experiments = ["mine"]
        assert not pipeline_options.PipelineOptions([]).view_as(pipeline_options.DebugOptions).experiments


@pytest.mark.parametrize("runner", ["BundleBasedDirectRunner", "FnApiRunner"])
def test_a_pipeline_gives_the_same_rows(runner, tmp_path):
    def rows():
        out = tmp_path / "out"
        with beam.Pipeline(runner=runner) as p:
            words = p | beam.Create([("a", 1), ("b", 2), ("a", 3)])
            sums = words | beam.CombinePerKey(sum) | beam.ParDo(lambda kv: [f"{kv[0]} {kv[1]}"])
            sums | beam.io.WriteToText(str(out), shard_name_template="")
        return sorted(out.read_text().splitlines())

    own = rows()
    with beam_speed.applied():
        assert rows() == own == ["a 4", "b 2"]


def test_the_switch_leaves_beam_as_it_is(monkeypatch):
    monkeypatch.setenv(beam_speed.SWITCH, "0")
    before = core.get_function_args_defaults
    with beam_speed.applied():
        assert core.get_function_args_defaults is before
