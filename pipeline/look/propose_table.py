"""The lines of a config that are about tables."""

from __future__ import annotations

from typing import Any

from graduate.pipeline.look import propose, shares
from graduate.pipeline.look.config_text import Group
from graduate.pipeline.look.found import Look, counted


def add(config: Group, look: Look, output: str) -> None:
    """Add them all."""
    label: dict[str, Any] = look.measured["label"]
    columns: dict[str, dict[str, Any]] = look.measured["columns"]
    train = _data(config, look, output, label, columns)
    _model(config, columns, train)
    training = propose.training(
        config,
        train,
        batch=propose.batch_size(train),
        steps=1_000,
        rate=0.002,
        most_epochs=100,
        why="well under a minute on two cores",
    )
    if label["target"] == "class":
        propose.weights(training, look)
        propose.class_bounds(config, look)
    else:
        if label["target"] == "number":
            training.put("l2", 0.001, "few rows and many columns are soon learned by heart")
        propose.other_bounds(config, look)


def _data(config: Group, look: Look, output: str, label: dict[str, Any], columns: dict[str, dict[str, Any]]) -> int:
    data = config.group("data")
    data.put("table", propose.path_for(look, output), f"{counted(look.rows, look.nouns)}, {len(columns)} columns")
    names = label["columns"]
    data.put("label", names[0] if len(names) == 1 else names, f"what is predicted: {label['why']}")
    data.put("target", label["target"], label["why_target"])
    _columns(data, columns)
    return rows(data, look)


def rows(data: Group, look: Look) -> int:
    """How rows of a table are split, and what comes of bad ones; how many are trained on."""
    for name, facts in look.measured["columns"].items():
        if facts["role"] == "group" and not look.splits:
            data.put("group_by", name, f"{facts['distinct']:,} groups: rows of one stay in one split")
            break
    if look.splits:
        data.say("split already: " + ", ".join(f"{split} {count:,}" for split, count in look.splits.items()))
        train = look.splits.get("train", look.rows)
    else:
        chosen = shares.of_rows(look.rows, look.classes, look.measured["looked_at"])
        grouped = any(facts["role"] == "group" for facts in look.measured["columns"].values())
        data.put("split", chosen.shares, chosen.why.replace("by content hash", "by group") if grouped else chosen.why)
        train = chosen.train
    scale = look.rows / max(1, look.measured["looked_at"])
    if bad := look.measured["bad_rows"] + round(look.measured["bad_cells"] * scale):
        propose.bad_rows(data, bad)
    return max(1, train)


def _columns(data: Group, columns: dict[str, dict[str, Any]]) -> None:
    out = {name: facts for name, facts in columns.items() if facts["role"] in ("ignore", "group")}
    leaks = {name: facts for name, facts in columns.items() if "gives_away" in facts}
    for name, facts in leaks.items():
        data.say(
            f"{name} alone tells {facts['gives_away']:.1%} of the labels: if it is filled in afterwards, "
            "leave it out below"
        )
    if not out:
        if leaks:
            data.say("columns: {" + ", ".join(f"{name}: ignore" for name in leaks) + "}")
        return
    group = data.group("columns", "what a column is, where its values alone would not tell")
    for name, facts in out.items():
        group.put(name, "ignore", facts["why"])


def _model(config: Group, columns: dict[str, dict[str, Any]], train: int) -> None:
    kinds = [facts["kind"] for facts in columns.values() if facts["role"] == "feature"]
    wide = "category" in kinds
    units = [16] if train < 300 else [32, 16] if train < 3_000 else [64, 32] if train < 50_000 else [128, 64]
    model = config.group("model")
    said = ", ".join(
        f"{kinds.count(kind)} {kind if kinds.count(kind) == 1 else plural}"
        for kind, plural in (("number", "numbers"), ("category", "categories"), ("date", "dates"))
        if kind in kinds
    )
    model.put(
        "build", "wide_deep" if wide else "mlp", f"from {said}; or {'mlp' if wide else 'wide_deep'}, linear, resnet"
    )
    model.put("hyperparameters", {"units": units, "dropout": 0.1}, f"for {train:,} training rows")
