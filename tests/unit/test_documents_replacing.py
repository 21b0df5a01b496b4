"""Files are there as a whole or not at all, and nothing half-written is left beside them."""

from pathlib import Path

import pytest

from documents.replacing import replacing


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "paper.pdf"
    target.write_bytes(b"old")
    with replacing(target) as part:
        part.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def stopped_half_way(target: Path) -> None:
    with replacing(target) as part:
        part.write_bytes(b"ne")
        raise OSError("the disk is full")


def test_whatever_stops_the_writing_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "paper.pdf"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="full"):
        stopped_half_way(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_two_files_that_differ_in_their_ending_do_not_share_a_part(tmp_path: Path) -> None:
    with replacing(tmp_path / "seal.key") as key, replacing(tmp_path / "seal.pem") as certificate:
        key.write_bytes(b"key")
        certificate.write_bytes(b"certificate")
    assert (tmp_path / "seal.key").read_bytes() == b"key"
    assert (tmp_path / "seal.pem").read_bytes() == b"certificate"
