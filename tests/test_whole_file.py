"""Files that are complete or not there."""

import pytest

from pairwright.whole_file import whole_file


def test_a_file_stands_there_only_when_the_block_has_ended(tmp_path):
    path = tmp_path / "card.json"
    with whole_file(path) as file:
        file.write(b"{}")
        assert not path.exists()
    assert path.read_bytes() == b"{}"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_where_writing_fails(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("before")
    with pytest.raises(OSError, match="full"), whole_file(path) as file:
        file.write(b"half of")
        raise OSError("the disk is full")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
