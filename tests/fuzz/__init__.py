"""Fuzzing: targets.py are the oracles, test_fuzz.py runs them by hypothesis and by coverage (atheris)."""
