"""`graduate watch` on real scripts: verdict, exit code, and the script's own result as it is without."""

import json
import os
import signal
import subprocess
import textwrap

import pytest

from tests.unit.watch.watching import ENVIRONMENT, LIBRARY, VERB, plain, result, run, script

ROWS = """
import numpy as np
import keras
keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
x = rng.normal(size=(480, 8)).astype("float32")
y = (x @ rng.normal(size=8) > 0).astype("float32")
"""
FIT = """
model = keras.Sequential([keras.Input((8,)), {hidden} keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.{optimizer}, "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x[:400], y[:400], epochs={epochs}, verbose=0, validation_data=(x[400:], y[400:]))
print("last", history.history["loss"][-1].hex(), np.random.rand().hex(), keras.random.uniform(()).numpy())
"""
HEALTHY = ROWS + FIT.format(
    hidden='keras.layers.Dense(16, activation="relu", name="hidden"),', optimizer="Adam(0.01)", epochs=12
)
SICK = ROWS + FIT.format(
    hidden='*(keras.layers.Dense(8, activation="sigmoid") for _ in range(12)),', optimizer="SGD(0.01)", epochs=12
)
NAN = """
import keras, numpy as np
x = np.ones((64, 3), "float32")
x[0, 0] = np.nan
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
print("begins", flush=True)
model.fit(x, np.ones(64), epochs=100000, verbose=0)
"""


def faults(told):
    return {one["fault"] for one in told["findings"]}


def test_a_healthy_training_is_healthy_with_evidence_and_its_result_is_the_same_to_the_last_bit(tmp_path):
    file = script(tmp_path, HEALTHY)
    expected, got = plain(file), run("--json", file)
    told = result(got)
    assert (got.returncode, told["verdict"], told["findings"]) == (0, "healthy", [])
    assert "vanishing-gradient" in told["ran"]
    assert not told["damaged"]
    assert [one["observer_errors"] for one in told["traces"]] == [{}]
    assert got.stdout.startswith(expected.stdout)


def test_a_sick_training_is_4_and_told_in_every_form(tmp_path):
    file = script(tmp_path, SICK)
    page, sarif, trace = tmp_path / "page.html", tmp_path / "out.sarif", tmp_path / "trace"
    words = ["--page", page, "--sarif", sarif, "--trace", trace, "--annotations", "github", "--json", file.name]
    got = run(*words, command=VERB, cwd=tmp_path)
    told = result(got)
    assert (got.returncode, told["verdict"], told["script_exit"]) == (4, "sick", 0)
    assert "vanishing-gradient" in faults(told)
    [found] = [one for one in told["findings"] if one["fault"] == "vanishing-gradient"]
    assert found["severity"] == "error"
    assert found["layers"]
    assert found["evidence"][0]["threshold"]
    assert found["remedies"]
    assert found["advice"]
    assert b"::error file=train.py,line=" in got.stdout
    [results] = [one["results"] for one in json.loads(sarif.read_text())["runs"]]
    assert {one["ruleId"] for one in results} == faults(told)
    assert "vanishing-gradient" in page.read_text()
    # the same afterwards, from the trace that was kept
    again = run(trace, "--json", command=[*VERB[:-1], "diagnose"])
    assert again.returncode == 4
    assert faults(result(again)) == faults(told)


def test_where_the_script_fails_by_itself_its_exit_code_is_kept_and_the_findings_are_printed(tmp_path):
    got = run(script(tmp_path, SICK + "raise RuntimeError('of the script')"))
    assert got.returncode == 1
    assert b"RuntimeError: of the script" in got.stderr
    assert b"vanishing-gradient" in got.stdout
    assert b"the script itself failed with exit code 1" in got.stdout


def test_os_exit_loses_nothing(tmp_path):
    told = result(run("--json", script(tmp_path, SICK + "import os, sys\nsys.stdout.flush()\nos._exit(0)")))
    assert "vanishing-gradient" in faults(told)


def test_a_loop_that_never_applies_its_gradients_is_named(tmp_path):
    body = """
    import tensorflow as tf
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    for epoch in range(3):
        for at in range(0, 480, 32):
            with tf.GradientTape() as tape:
                value = loss(y[at:at + 32, None], model(x[at:at + 32], training=True))
            gradients = tape.gradient(value, model.trainable_variables)
    print(float(value))
    """
    got = run("--json", script(tmp_path, ROWS + textwrap.dedent(body)))
    assert "gradients-not-applied" in faults(result(got))
    assert got.returncode == 4


def test_a_compiled_loop_is_healthy_and_its_result_is_the_same_to_the_last_bit(tmp_path):
    body = """
    import tensorflow as tf
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)])
    loss, optimizer = keras.losses.BinaryCrossentropy(from_logits=True), keras.optimizers.Adam(0.01)
    rows = tf.data.Dataset.from_tensor_slices((x, y[:, None])).shuffle(480, seed=1).batch(32)

    @tf.function
    def step(a, b):
        with tf.GradientTape() as tape:
            value = loss(b, model(a, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return value

    for epoch in range(12):
        for a, b in rows:
            value = step(a, b)
    print("last", float(value).hex(), float(np.random.rand()).hex(), tf.random.uniform(()).numpy())
    """
    file = script(tmp_path, ROWS + textwrap.dedent(body))
    expected, got = plain(file), run("--json", file)
    assert (got.returncode, result(got)["verdict"]) == (0, "healthy")
    assert got.stdout.startswith(expected.stdout)


def test_rows_from_tf_data_that_are_evaluated_once_more_are_no_leak(tmp_path):
    body = """
    import tensorflow as tf
    rows = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(480).batch(32).prefetch(2)
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(rows, epochs=30, verbose=0)
    model.evaluate(rows, verbose=0)
    model.predict(x[:5], verbose=0)
    """
    got = run("--json", script(tmp_path, ROWS + textwrap.dedent(body)))
    assert result(got)["findings"] == []
    assert got.returncode == 0


def test_stop_when_sick_ends_the_script(tmp_path):
    got = run("--stop-when-sick", "--json", script(tmp_path, NAN), timeout=300)
    told = result(got)
    assert (got.returncode, told["stopped_when_sick"], told["verdict"]) == (4, True, "sick")
    assert "nan-or-inf" in faults(told)


def test_an_interrupted_training_keeps_what_was_found(tmp_path):
    process = subprocess.Popen(
        [*LIBRARY, "--json", script(tmp_path, NAN)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    assert process.stdout.readline() == b"begins\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(6)  # some steps
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"KeyboardInterrupt" in err
    assert "nan-or-inf" in faults(json.loads(out.splitlines()[-1]))


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"])
def test_a_training_that_is_killed_keeps_what_was_found(tmp_path, how):
    body = f"""
    import os, time
    def kill(epoch, logs):
        if epoch == 300:
            time.sleep(1)
            {how}
    """
    late = "epochs=100000, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=kill)]"
    file = script(tmp_path, textwrap.dedent(body) + NAN.replace("epochs=100000, verbose=0", late))
    got = run("--json", file)
    told = result(got)
    assert got.returncode == told["script_exit"] == (137 if "kill(os" in how else 139)
    assert told["script_signal"] in ("SIGKILL", "SIGSEGV")
    assert "nan-or-inf" in faults(told)


def test_an_observer_that_fails_changes_nothing_but_the_report(tmp_path):
    broken = 'import sys\nsys.modules["graduate.observe.observer"] = None\n'
    file = script(tmp_path, broken + HEALTHY)
    expected, got = plain(file), run("--json", file)
    assert got.stdout.startswith(expected.stdout)
    assert (got.returncode, result(got)["verdict"]) == (0, "nothing_seen")
    assert "could not be installed" in result(got)["damaged"][0]


def test_two_models_are_told_apart(tmp_path):
    told = result(run("--json", "--trace", tmp_path / "kept", script(tmp_path, HEALTHY + SICK[len(ROWS) :])))
    assert [one["verdict"] for one in told["traces"]] == ["healthy", "sick"]
    assert all(os.path.isfile(f"{one['folder']}/header.json") for one in told["traces"])
    assert {one["trace"] for one in told["findings"]} == {told["traces"][1]["name"]}
