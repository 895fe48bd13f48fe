"""Mistakes in a text that can be known without trusting a model: one kind a file, precision before recall."""
