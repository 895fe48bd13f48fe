"""What tests with real trainers share."""

import pytest


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Nothing is fetched, no GPU is used, and files are made in a folder of the test's own."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf" / "datasets"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.chdir(tmp_path)
