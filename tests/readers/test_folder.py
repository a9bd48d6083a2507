from __future__ import annotations

import os
from pathlib import Path

import pytest

from pawvit.errors import PhotoTableError
from pawvit.readers import read_folder, read_photos, write_table


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_by_identity(tmp_path: Path) -> None:
    make(tmp_path, "B/2.JPG", "B/10.png", "A/deep/1.jpg", "A/Thumbs.db", "unknown/x.jpg", "u.webp")
    table = read_photos(tmp_path)
    assert list(zip(table.paths, table.identities, strict=True)) == [
        ("A/deep/1.jpg", "A"),
        ("B/10.png", "B"),
        ("B/2.JPG", "B"),
        ("u.webp", ""),
        ("unknown/x.jpg", ""),
    ]
    assert not table.has_orientation
    assert list(table.frame["row"]) == [2, 3, 4, 5, 6]
    assert all(file.is_file() for file in table.files)
    assert table.source == tmp_path


def test_folders_by_orientation(tmp_path: Path) -> None:
    make(tmp_path, "A/left/1.jpg", "A/Right/deep/2.jpg", "A/3.jpg", "A/summer/4.jpg", "left/5.jpg")
    table = read_folder(tmp_path)
    found = dict(zip(table.paths, table.entities, strict=True))
    assert found == {
        "A/left/1.jpg": "A/left",
        "A/Right/deep/2.jpg": "A/right",
        "A/3.jpg": "A/unknown",
        "A/summer/4.jpg": "A/unknown",
        "left/5.jpg": "left/unknown",
    }


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "A/1.jpg", "A/._1.jpg", ".thumbnails/A/1.jpg", "A/.cache/1.jpg")
    assert read_folder(tmp_path).paths == ["A/1.jpg"]


def test_the_order_does_not_depend_on_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, *(f"{identity}/{i}.jpg" for identity in "CAB" for i in range(3)))
    before = read_folder(tmp_path).paths
    scandir = os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with scandir(path) as entries:
                self.entries = iter(list(entries)[::-1])

        def __enter__(self) -> Backwards:
            return self

        def __exit__(self, *_: object) -> None: ...

        def __iter__(self) -> Backwards:
            return self

        def __next__(self) -> os.DirEntry[str]:
            return next(self.entries)

    monkeypatch.setattr(os, "scandir", Backwards)
    assert read_folder(tmp_path).paths == before == sorted(before)


def test_links_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    make(tmp_path, "photos/A/1.jpg", "elsewhere/2.jpg")
    (tmp_path / "photos" / "B").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "photos" / "A" / "again").symlink_to(tmp_path / "photos")
    assert read_folder(tmp_path / "photos").paths == ["A/1.jpg", "B/2.jpg"]


def test_a_folder_without_pictures_says_what_it_holds(tmp_path: Path) -> None:
    make(tmp_path, "A/1.heic", "A/2.heic", "notes")
    with pytest.raises(PhotoTableError, match=r"no pictures, only 2 × \.heic, 1 × no suffix"):
        read_folder(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    make(tmp_path, "1.jpg")
    with pytest.raises(PhotoTableError, match="this is a file"):
        read_folder(tmp_path / "1.jpg")
    with pytest.raises(PhotoTableError, match="no such folder"):
        read_folder(tmp_path / "none")


def test_a_folder_written_as_a_table_reads_the_same(tmp_path: Path) -> None:
    make(tmp_path, "A/left/1.jpg", "B/2.jpg", "3.jpg")
    table = read_folder(tmp_path)
    again = read_photos(write_table(table, tmp_path / "photos.csv"))
    assert again.frame.equals(table.frame)
