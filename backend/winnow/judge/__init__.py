"""Judges: whoever answers a prompt, an endpoint or a model on this machine."""
