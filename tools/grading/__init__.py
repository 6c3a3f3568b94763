"""Holding an answer against a rubric: reading it, weighing it, proving it, scoring it."""
