"""The lines of a config that are about images."""

from __future__ import annotations

from graduate.pipeline.look import propose
from graduate.pipeline.look.config_text import Group
from graduate.pipeline.look.found import Look

_LARGEST, _LARGEST_OF_MANY = 64, 96  # pixels: what two cores train on in minutes
_MANY = 5_000  # rows
_PIXELS = 64 * 64  # that the steps below are meant for
_PHOTO = 48  # pixels: colour pictures from this size on are taken for photographs
_ALIKE = 1.15  # the 95th percentile of the sides' ratio to the 5th: above it, images are made square


def add(config: Group, look: Look, output: str) -> None:
    """Add them all."""
    _, train = propose.data_of_files(config, look, output)
    size, why = _size(look, train)
    grey = look.measured["coloured"] == 0
    transform = config.group("transform")
    transform.put("size", size, why)
    transform.put("channels", 1 if grey else 3, "no image has a colour" if grey else "there is colour")
    model = config.group("model")
    model.put("build", "cnn", "or mlp, resnet")
    filters = [16, 32] if train < 1_000 else [32, 64] if train < 10_000 else [32, 64, 128]
    if min(size) >= 40:
        filters = [16, *filters]
    model.put(
        "hyperparameters",
        {"filters": filters, "dropout": 0.3 if train < 5_000 else 0.2},
        f"{len(filters)} convolutions with pooling, for {train:,} training images of {size[1]} × {size[0]}",
    )
    cost = max(0.05, size[0] * size[1] / _PIXELS)
    training = propose.training(
        config,
        train,
        batch=propose.batch_size(train),
        steps=int(min(1_500, 700 / cost)),
        rate=0.001,
        most_epochs=60,
        why="a minute or two on two cores",
    )
    propose.weights(training, look)
    _augment(training, size, grey)
    propose.class_bounds(config, look)


def _size(look: Look, train: int) -> tuple[list[int], str]:
    """Height and width: the images' own where they are small and all the same."""
    most = _LARGEST_OF_MANY if train > _MANY else _LARGEST
    middle = [int(look.measured[name]["median"]) or 32 for name in ("height", "width")]
    if look.measured["different_sizes"] == 1 and max(middle) <= most:
        return middle, "all images are of this size"
    ratios = sorted(height / width for height, width in look.measured["_sizes"].values())
    alike = bool(ratios) and ratios[int(0.95 * (len(ratios) - 1))] / ratios[int(0.05 * (len(ratios) - 1))] < _ALIKE
    own = f"the middle is {middle[1]} × {middle[0]} pixels"
    if alike:
        scale = min(1.0, most / max(middle))
        size = [max(8, round(side * scale / 4) * 4) for side in middle]
        return size, f"height and width; {own}: made smaller so that two cores can train on it"
    side = max(8, min(most, round(min(middle) / 8) * 8))
    return [side, side], f"height and width; {own}, of several shapes"


def _augment(training: Group, size: list[int], grey: bool) -> None:
    if grey or min(size) < _PHOTO:
        training.say(
            "what may be done to training images is yours to say: shift and rotate_degrees are mostly safe, "
            "flip is not where left and right matter (digits, letters, maps)"
        )
        training.say(f"augment: [{{shift: {max(1, min(size) // 16)}}}, {{rotate_degrees: 10}}]")
        return
    training.put(
        "augment",
        [{"shift": min(size) // 16}, {"zoom": 0.1}, {"brightness": 0.1}],
        "modest; add {flip: horizontal} where a mirror image is of the same class",
    )
