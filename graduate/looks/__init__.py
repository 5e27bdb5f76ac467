"""What a training program holds, looked at: rows, labels, a model, its loss → facts.

Every module has one function `look` that returns a dict of plain JSON values (NaN allowed), the facts that rules read
under the same name (`docs/facts.md` lists them all). Keys are absent where something is not known; odd input gives
fewer keys, never an error. Nothing here changes the program: no global random number is drawn, no Keras object is
created, and what a call of the model changes is put back. NumPy only, except where a model is called.

Which dict belongs to which name:

    labels.look(y, …)          labels.train, labels.validation
    inputs.look(x, …)          inputs.train, inputs.validation, inputs.evaluate, inputs.predict
    overlap.look(…)            one entry of overlap (validation, evaluate)
    baseline.look(…)           baseline
    constant.look(y, …)        constant
    layers.look(model)         layers
    objective.look(model, …)   objective
    probe.look(model, x, y)    probe
    final.look(model, …)       final
    penalty.look(model)        penalty
"""
