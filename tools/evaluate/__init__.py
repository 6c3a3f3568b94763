"""How well a model calls functions: labelled situations, the scorer, outside benchmarks."""
