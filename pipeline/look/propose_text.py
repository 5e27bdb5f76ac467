"""The lines of a config that are about texts."""

from __future__ import annotations

import math

from graduate.pipeline.look import propose, propose_table
from graduate.pipeline.look.config_text import Group
from graduate.pipeline.look.found import Look, counted

_LONGEST, _SHORTEST = 500, 8  # tokens
_LARGEST = 20_000  # words
_SMALL = 300  # rows, below which every word counts


def add(config: Group, look: Look, output: str) -> None:
    """Add them all."""
    train = _table(config, look, output) if "text" in look.measured else propose.data_of_files(config, look, output)[1]
    high = look.measured["tokens"]["high"]
    length = int(max(_SHORTEST, min(_LONGEST, math.ceil(high / 10) * 10)))
    transform = config.group("transform")
    cut = f"95 % of the texts have {high:,.0f} tokens or fewer"
    transform.put("length", length, cut + (": the first ones are read" if high > _LONGEST else ""))
    once = train < _SMALL
    known = look.measured["vocabulary" if once else "vocabulary_twice"]
    vocabulary = max(50, min(_LARGEST, math.ceil(known / 500) * 500))
    transform.put("vocabulary", vocabulary, f"{known:,} words occur{'' if once else ' twice or more'}")
    if once:
        transform.put("min_count", 1, "so few texts: a word that occurs once is known too")
    model = config.group("model")
    model.put("build", "bag", "a bag of embeddings, which is hard to beat on few texts; or lstm, gru, transformer")
    embedding = 32 if train < 2_000 else 64
    model.put(
        "hyperparameters",
        {"embedding": embedding, "units": [embedding], "dropout": 0.4 if train < 5_000 else 0.2},
        f"for {train:,} training texts",
    )
    training = propose.training(
        config,
        train,
        batch=propose.batch_size(train),
        steps=900,
        rate=0.002,
        most_epochs=60,
        why="about a minute on two cores",
    )
    propose.weights(training, look)
    training.put("augment", [{"word_dropout": 0.1}], "a tenth of the words is left out, others each epoch")
    propose.class_bounds(config, look)


def _table(config: Group, look: Look, output: str) -> int:
    """The group `data` of texts in a table, and how many rows are trained on."""
    data = config.group("data")
    data.put("texts", propose.path_for(look, output), f"{counted(look.rows, ('row', 'rows'))} of a table")
    data.put("text", look.measured["text"], "the column of texts; all others but the label are not read")
    data.put("label", look.measured["label"]["columns"][0], look.measured["label"]["why"])
    return propose_table.rows(data, look)
