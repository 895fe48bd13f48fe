"""Datasets and annotation tools whose labels are read: one file each."""
