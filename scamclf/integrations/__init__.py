"""Scoring inside engines for many machines: `scamclf.integrations.ray` and `scamclf.integrations.spark`."""
