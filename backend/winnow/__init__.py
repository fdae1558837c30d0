"""Winnow: inspect, label, select, prove and export text corpora for language models."""
