"""Datasets whose labels are read: one file each."""
