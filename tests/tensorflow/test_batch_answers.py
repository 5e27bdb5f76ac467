"""What is answered to chunks: bad inputs alone have no answer, columns reach the inputs that stand for them."""

from __future__ import annotations

import json

import numpy as np
import tensorflow as tf

from graduate.pipeline.batch import chunks
from graduate.pipeline.batch.answers import answers
from graduate.pipeline.batch.chunks import Row
from graduate.pipeline.batch.listing import listed
from graduate.pipeline.model_ids import Model
from graduate.pipeline.serve.servable import DEFAULT, Servable

from .tiny_models import save_model

CLASSES = ("cat", "dog", "fox", "owl")


def test_each_bad_input_stands_alone_and_many_go_through_in_their_order(tmp_path):
    folder = save_model(tmp_path, CLASSES) + "/Format-Serving"
    servable = Servable(Model("tiny", 7, tmp_path / folder))
    good = [(np.eye(4, dtype=np.float32)[number % 4] * 4).tobytes() for number in range(600)]
    rows = [Row(f"{number}", {"image": raw}) for number, raw in enumerate(good)]
    rows[13], rows[300], rows[599] = Row("13", {"image": b"ab"}), Row("300", {}, "gone"), Row("599", {"image": b"a"})
    told = list(answers(servable, iter(rows)))
    assert [one.name for one in told] == [row.name for row in rows]
    bad = {one.name: one.problem for one in told if one.problem}
    assert bad == {"13": "it is not a PNG, JPEG, BMP or GIF image", "300": "gone", "599": bad["599"]}
    right = [one.label == CLASSES[int(one.name) % 4] for one in told if not one.problem]
    assert all(right)
    assert len(right) == 597
    assert told[1].values.argmax() == 1


def test_a_tables_columns_reach_the_inputs_that_stand_for_them(tmp_path, monkeypatch):
    module = tf.Module()
    specs = {
        "mean_radius": tf.TensorSpec([None], tf.float32, "mean_radius"),
        "day": tf.TensorSpec([None], tf.int64, "day"),
    }

    @tf.function(input_signature=[specs], autograph=False)
    def serve(raw):
        values = tf.stack([raw["mean_radius"], tf.cast(raw["day"], tf.float32)], 1)
        return {"values": values, "names": tf.repeat([["radius", "day"]], tf.shape(values)[0], axis=0)}

    module.serve = serve
    tf.saved_model.save(module, str(tmp_path / "1"), {DEFAULT: serve.get_concrete_function()})
    (tmp_path / "1" / "assets.extra").mkdir()
    about = {"task": "table", "arguments": {"mean radius": "mean_radius", "day": "day"}}
    (tmp_path / "1" / "assets.extra" / "graduate.json").write_text(json.dumps(about))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("id,day,mean radius\n7,1970-01-01T00:01,1.5\n8,x,2\n9,,\n")
    servable = Servable(Model("t", 1, tmp_path / "1"))
    named = {feature: servable.inputs[DEFAULT][name] for name, feature in servable.features.items()}
    [work] = listed(["t.csv"], "table", "out.csv").works
    [chunk] = chunks.of_work(work, named)
    good, bad, missing = answers(servable, chunk.rows)
    assert good.values.tolist() == [1.5, 60.0]
    assert bad.problem == "day: 'x' is not a date"
    assert np.isnan(missing.values[0])
    assert missing.values[1] == -(2.0**63)
