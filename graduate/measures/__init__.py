"""What is measured inside the compiled step: one family a file, each a function of packed variables.

A family has `COLUMNS`, names in order, and `measure(…)`, which gives a float32 tensor (V,) for each of them.
"""
