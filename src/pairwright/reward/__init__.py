"""Reward models: scores of responses learned from labels, and what they say about the labels in turn."""
