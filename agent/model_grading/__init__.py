"""Grading by a model: the rubric fixed first, every quote checked, the number computed by code."""
