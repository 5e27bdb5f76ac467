"""What the loop does in one process: the same numbers whatever the way to them, and what its options promise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from graduate.errors import UsageError
from graduate.training import EarlyStopping, Optimizer, Rows, TrainingOptions, resolve_strategy, train
from tests.tensorflow.training_cases import digits, flipped, network, scaled, weights

STRATEGY, _ = resolve_strategy("cpu")


def trained(
    build=network, rows=None, rows_eval=None, callbacks=(), augment=None, finalise=scaled, classes=None, **options
):
    given = {"steps": 8, "batch_size": 32, "optimizer": Optimizer("sgd"), "learning_rate": 0.1, **options}
    return train(
        build,
        digits() if rows is None else rows,
        rows_eval,
        TrainingOptions(**given),
        strategy=STRATEGY,
        augment=augment,
        finalise=finalise,
        callbacks=callbacks,
        classes=classes,
    )


def assert_same_weights(one, other, atol=2e-6):
    for ours, theirs in zip(weights(one.model), weights(other.model), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=atol)


class Watch:
    """Keeps what the step shows of one variable's gradient, per step."""

    def __init__(self, variable=-1):
        self.variable, self.rows = variable, tf.Variable(tf.zeros([16, 6]))

    def start(self, training):
        self.shape = training.model.trainable_variables[self.variable].shape

    def inside_step(self, *, step, loss, gradients, clipped, before, after, learning_rate):
        moved = tf.linalg.global_norm([a - b for a, b in zip(after, before, strict=True)])
        row = [
            tf.cast(step, tf.float32),
            loss,
            tf.linalg.global_norm(gradients),
            tf.linalg.global_norm(clipped),
            moved,
            learning_rate,
        ]
        self.rows.scatter_nd_update([[step - 1]], [tf.stack(row)])


def test_the_weights_do_not_depend_on_the_order_in_which_rows_came():
    rows = digits()
    shuffled = np.random.default_rng(0).permutation(len(rows))
    other = Rows(rows.inputs[shuffled], rows.labels[shuffled])
    one, two = trained(rows=rows), trained(rows=other)
    for ours, theirs in zip(weights(one.model), weights(two.model), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_the_weights_do_not_depend_on_the_length_of_calls_or_on_where_rows_lie(tmp_path):
    rows = digits()
    stored = np.lib.format.open_memmap(tmp_path / "rows.npy", "w+", rows.inputs.dtype, rows.inputs.shape)
    stored[:] = rows.inputs
    streamed = Rows(np.load(tmp_path / "rows.npy", mmap_mode="r"), rows.labels)
    one = trained(rows_eval=digits(50, 400), augment=flipped, steps_per_call=8, steps=25)
    two = trained(
        rows_eval=digits(50, 400), augment=flipped, rows=streamed, memory_limit=1000, steps_per_call=3, steps=25
    )
    for ours, theirs in zip(weights(one.model), weights(two.model), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert one.history == two.history


def test_micro_batches_give_the_step_of_the_whole_batch():
    assert_same_weights(trained(l2=0.01), trained(l2=0.01, accumulate=4))


def test_a_model_that_ends_in_softmax_trains_like_one_that_ends_in_logits():
    assert_same_weights(trained(), trained(lambda: network(softmax=True)), atol=1e-5)


def test_the_first_step_is_plain_gradient_descent_on_the_mean_cross_entropy():
    keras.utils.set_random_seed(0)
    model = network()
    rows, one = digits(32), trained(rows=digits(32), steps=1)
    with tf.GradientTape() as tape:
        outputs = model(scaled(rows.inputs))
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(rows.labels, outputs, from_logits=True))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    for variable, gradient, ours in zip(model.trainable_variables, gradients, weights(one.model), strict=True):
        np.testing.assert_allclose(ours, variable.numpy() - 0.1 * gradient.numpy(), atol=1e-6)
    assert one.history[-1]["loss"] == pytest.approx(float(loss), rel=1e-5)


def test_class_weights_scale_the_loss_of_their_rows():
    rows = digits(64)
    ones = trained(rows=rows, class_weights={str(i): 2.0 for i in range(10)}, learning_rate=0.05)
    assert_same_weights(ones, trained(rows=rows, learning_rate=0.1))
    named = [f"digit {i}" for i in range(10)]
    only = trained(rows=rows, class_weights={name: 0.0 for name in named[1:]}, classes=named, steps=30)
    best = np.argmax(only.model(scaled(rows.inputs)), axis=1)
    assert set(best) == {0}, "nothing but zeros counted"


def test_balanced_weights_make_every_class_count_the_same():
    from graduate.training.objective import weigh_classes

    labels = np.array([0] * 6 + [1] * 3 + [2])
    factors = weigh_classes("balanced", labels, None)
    np.testing.assert_allclose(factors[:3] * [6, 3, 1], 10 / 3)
    assert factors[labels].mean() == pytest.approx(1.0)


def test_a_weight_for_a_class_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no class 'dog'"):
        trained(class_weights={"dog": 2.0}, classes=list("abcdefghij"))


def test_callbacks_see_gradients_before_and_after_clipping_and_the_update():
    watch = Watch()
    one = trained(callbacks=[watch], clip_norm=0.25)
    seen = watch.rows.numpy()[:8]
    assert seen[:, 0].tolist() == list(range(1, 9))
    assert seen[:, 1].mean() == pytest.approx(one.history[-1]["loss"], rel=1e-5)
    assert seen[:, 2].min() > 0.25
    np.testing.assert_allclose(seen[:, 3], 0.25, rtol=1e-5)
    np.testing.assert_allclose(seen[:, 4], 0.25 * 0.1, rtol=1e-3)
    np.testing.assert_allclose(seen[:, 5], 0.1)


def test_watching_changes_no_weight():
    assert_same_weights(trained(), trained(callbacks=[Watch()]), atol=0)


def test_entries_are_clipped_by_value():
    class Largest:
        def __init__(self):
            self.before, self.after = tf.Variable(0.0), tf.Variable(0.0)

        def inside_step(self, *, gradients, clipped):
            for kept, parts in ((self.before, gradients), (self.after, clipped)):
                kept.assign(tf.maximum(kept, tf.reduce_max([tf.reduce_max(tf.abs(part)) for part in parts])))

    watch = Largest()
    trained(callbacks=[watch], clip_value=0.01)
    assert float(watch.before) > 0.01
    assert float(watch.after) == pytest.approx(0.01)


def test_a_callback_can_stop_a_training():
    class Stop:
        def after_steps(self, step):
            return step >= 6

    one = trained(callbacks=[Stop()], steps=40, steps_per_call=3)
    assert (one.steps, one.stopped_early) == (6, True)


def test_early_stopping_restores_the_best_weights_and_says_when():
    rows_eval = digits(100, 400)
    one = trained(
        rows_eval=rows_eval,
        steps=60,
        eval_every=5,
        learning_rate=3.0,
        early_stopping=EarlyStopping(patience=3),
    )
    losses = [row["eval_loss"] for row in one.history]
    best = int(np.argmin(losses))
    assert one.stopped_early
    assert len(losses) == best + 1 + 3
    assert one.metrics["eval_loss"] == losses[best]
    outputs = one.model(scaled(rows_eval.inputs))
    again = keras.losses.sparse_categorical_crossentropy(rows_eval.labels, outputs, from_logits=True)
    assert float(tf.reduce_mean(again)) == pytest.approx(losses[best], rel=1e-5)


@pytest.mark.parametrize("count", [1, 37, 128, 129])
def test_evaluation_covers_every_row_exactly_once(count):
    rows = digits(count, 400)
    one = trained(rows_eval=rows, steps=1)
    outputs = one.model(scaled(rows.inputs))
    losses = keras.losses.sparse_categorical_crossentropy(rows.labels, outputs, from_logits=True)
    assert one.metrics["eval_loss"] == pytest.approx(float(tf.reduce_mean(losses)), rel=1e-5)
    right = np.argmax(outputs, axis=1) == rows.labels
    assert one.metrics["eval_accuracy"] == pytest.approx(right.mean())


def test_augmentation_is_fresh_each_epoch_and_leaves_evaluation_alone():
    seen = []

    def noted(images, labels, seed):
        draw = tf.random.stateless_uniform([], seed)
        tf.py_function(lambda value: seen.append(float(value)), [draw], [])
        return images * 0, labels

    rows = digits(32)
    one = trained(rows=rows, rows_eval=rows, augment=noted, steps=4, learning_rate=1e-9)
    assert len(set(seen)) == 4
    outputs = one.model(scaled(rows.inputs))
    losses = keras.losses.sparse_categorical_crossentropy(rows.labels, outputs, from_logits=True)
    assert one.metrics["eval_loss"] == pytest.approx(float(tf.reduce_mean(losses)), rel=1e-4)


def test_mixed_labels_train():
    def mixed(images, labels, seed):
        shares = tf.one_hot(labels, 10)
        return images, 0.7 * shares + 0.3 * tf.reverse(shares, [0])

    one = trained(augment=mixed, steps=30, eval_every=5)
    assert one.history[-1]["loss"] < one.history[0]["loss"]
    assert one.history[-1]["accuracy"] > 0.3


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_and_hands_over_unscaled_gradients(precision):
    full, half = Watch(), Watch()
    trained(callbacks=[full])
    one = trained(callbacks=[half], precision=precision)
    assert one.model.compute_dtype == precision.removeprefix("mixed_")
    assert {v.dtype for v in one.model.trainable_variables} == {"float32"}
    np.testing.assert_allclose(half.rows.numpy()[:8], full.rows.numpy()[:8], rtol=0.05)
    assert keras.config.dtype_policy().name == "float32", "the policy is put back"


def test_loss_scaling_skips_a_step_whose_gradient_overflows_even_where_entries_are_clipped():
    def large(images):  # the loss is finite, the scaled gradient of the first kernel is not
        return tf.cast(images, tf.float32) * 20.0

    one = trained(finalise=large, precision="mixed_float16", clip_value=0.1, steps=1)
    assert np.isfinite(one.history[-1]["loss"])
    keras.utils.set_random_seed(0)
    for ours, untouched in zip(weights(one.model), weights(network()), strict=True):
        np.testing.assert_array_equal(ours, untouched)


def test_xla_gives_the_same_step():
    assert_same_weights(trained(), trained(xla=True), atol=1e-5)


def test_progress_is_told_seldom_and_at_the_end():
    reports = []
    train(network, digits(), None, TrainingOptions(steps=50), finalise=scaled, on_progress=reports.append)
    assert 1 <= len(reports) <= 20
    assert reports[-1]["step"] == reports[-1]["steps"] == 50
    assert set(reports[0]) == {"step", "steps", "loss", "accuracy", "steps_per_second", "seconds_left"}


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(UsageError, match="accumulate 5 does not divide"):
        trained(accumulate=5)


def test_a_subclassed_model_built_by_its_first_call_trains_with_balanced_classes():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat, self.out = keras.layers.Flatten(), keras.layers.Dense(12)

        def call(self, images):
            return self.out(self.flat(images))

    result = train(Own, digits(), None, TrainingOptions(steps=2, class_weights="balanced"), finalise=scaled)
    assert np.isfinite(result.metrics["train_loss"])
