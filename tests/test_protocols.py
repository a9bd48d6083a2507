"""Who may answer whom: every rule on tables small enough to check by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pawvit.errors import InputError, PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.protocols import (
    BENCHMARKS,
    Protocol,
    atrw,
    atrw_wild,
    cross_encounter,
    leave_one_out,
    query_gallery,
)


def table_of(rows: list[str], columns: str = "path identity orientation encounter") -> PhotoTable:
    cells = [[cell.strip("-") for cell in row.split()] for row in rows]
    frame = pd.DataFrame(cells, columns=columns.split())
    frame["row"] = range(1, len(frame) + 1)
    return PhotoTable(frame, Path(), Path("photos.csv"))


def answers(protocol: Protocol) -> dict[str, tuple[str, str]]:
    """Each query's name → the candidates' names, and the right ones', in order."""
    candidates, right = protocol.masks(0, len(protocol.query))
    gallery = np.array([protocol.photos[index] for index in protocol.gallery])
    return {
        protocol.photos[index]: ("".join(gallery[may]), "".join(gallery[is_right]))
        for index, may, is_right in zip(protocol.query, candidates, right, strict=True)
    }


FLANKS = table_of(
    [
        "a 1 left e1",
        "b 1 left e1",
        "c 1 left e2",
        "d 1 right e2",
        "e 2 right -",
        "f 2 right -",
        "g 2 unknown e3",
        "h - left e1",
    ]
)


def test_leave_one_out_leaves_out_itself_and_the_same_entity_of_the_same_encounter():
    assert answers(leave_one_out(FLANKS)) == {
        "a": ("cdefgh", "c"),
        "b": ("cdefgh", "c"),
        "c": ("abdefgh", "ab"),  # d is of the same encounter, but of another entity
        "d": ("abcefgh", ""),
        "e": ("abcdfgh", "f"),  # no encounter: nothing is known to be near
        "f": ("abcdegh", "e"),
        "g": ("abcdefh", ""),
    }


def test_a_known_flank_is_not_compared_with_the_opposite_one():
    assert answers(leave_one_out(FLANKS, flank_known=True)) == {
        "a": ("cgh", "c"),
        "b": ("cgh", "c"),
        "c": ("abgh", "ab"),
        "d": ("efg", ""),
        "e": ("dfg", "f"),
        "f": ("deg", "e"),
        "g": ("abcdefh", ""),  # an unknown side is compared with everything
    }


def test_without_orientations_the_individual_is_what_is_right():
    table = table_of(["a 1", "b 1", "c 2", "d -"], "path identity")
    assert answers(leave_one_out(table)) == {
        "a": ("bcd", "b"),
        "b": ("acd", "a"),
        "c": ("abd", ""),
    }
    with pytest.raises(PhotoTableError, match="no column `orientation`"):
        leave_one_out(table, flank_known=True)


def test_the_same_picture_never_answers_but_another_box_in_it_may():
    table = table_of(
        ["a 1 box1 query", "a 1 box1 gallery", "a 2 box2 gallery", "b 1 box1 gallery"],
        "path identity bbox split",
    )
    assert answers(query_gallery(table)) == {"a": ("ab", "b")}


def test_cross_encounter_takes_only_photos_with_an_encounter():
    assert answers(cross_encounter(FLANKS)) == {
        "a": ("cdgh", "c"),
        "b": ("cdgh", "c"),
        "c": ("abdgh", "ab"),
        "d": ("abcgh", ""),
        "g": ("abcdh", ""),
    }
    with pytest.raises(PhotoTableError, match="no photo has one"):
        cross_encounter(table_of(["a 1", "b 1"], "path identity"))


def test_query_and_gallery_are_told_by_a_column():
    table = table_of(
        ["a 1 ask", "b 1 answer", "c 2 answer", "d - ask", "e - answer", "f 2 -"],
        "path identity role",
    )
    protocol = query_gallery(table, query="ask", gallery="answer", column="role")
    assert answers(protocol) == {"a": ("bce", "b")}
    with pytest.raises(PhotoTableError, match="no photo has 'nobody'"):
        query_gallery(table, query="ask", gallery="nobody", column="role")


def test_a_table_of_strangers_has_nobody_to_ask_about():
    with pytest.raises(PhotoTableError, match="identity"):
        leave_one_out(table_of(["a -", "b -"], "path identity"))


def test_blocks_are_slices_of_the_whole():
    protocol = leave_one_out(FLANKS, flank_known=True)
    whole = protocol.masks(0, 7)
    for start, stop in ((0, 3), (3, 4), (4, 7)):
        for part, all_of_it in zip(protocol.masks(start, stop), whole, strict=True):
            np.testing.assert_array_equal(part, all_of_it[start:stop])


def image(number: int, entity: int, frame: list[int], query: str) -> dict[str, object]:
    return {"imgid": number, "entityid": entity, "frame": frame, "query": query}


def test_atrw_leaves_out_near_frames_of_the_same_camera_and_entity(tmp_path):
    images = [
        image(0, 7, [1, 2, 100], "sing"),
        image(1, 7, [1, 2, 103], "sing"),  # 3 frames on: left out
        image(2, 7, [1, 2, 104], "sing"),  # 4 frames on: right
        image(3, 7, [1, 3, 100], "multi"),  # another camera: right
        image(4, 8, [1, 2, 100], "multi"),  # another entity: wrong, but a candidate
    ]
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(images))
    single, cross = atrw(path)
    names = {f"{number:06d}.jpg": str(number) for number in range(5)}
    found = {
        names[query]: tuple("".join(names[f"{part}.jpg"] for part in text.split(".jpg")[:-1])
                            for text in both)
        for protocol in (single, cross)
        for query, both in answers(protocol).items()
    }  # fmt: skip
    assert found == {
        "0": ("234", "23"),
        "1": ("34", "3"),
        "2": ("034", "03"),
        "3": ("0124", "012"),
        "4": ("0123", ""),
    }
    assert (single.name, cross.name) == ("ATRW single_cam", "ATRW cross_cam")
    assert single.count_unanswerable


@pytest.mark.parametrize("text", ["{", "[1]", '{"imgid": 1}', '[{"imgid": 1}]', "[]"])
def test_another_file_is_not_taken_for_atrws(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InputError, match="ATRW"):
        atrw(path)


def test_a_missing_ground_truth_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.json"):
        atrw(tmp_path / "none.json")


def test_in_the_wild_the_first_box_on_a_tiger_stands_for_it(tmp_path):
    def tiger(eid: int, left: int, frame: int, query: str) -> dict[str, object]:
        return {
            "bbox": [left, 0, left + 100, 100],
            "eid": eid,
            "fid": [1, 0, frame],
            "query": query,
        }

    truth = {
        "3": [tiger(7, 0, 10, "sing"), tiger(8, 200, 10, "multi")],
        "4": [tiger(7, 0, 13, "sing")],  # 3 frames on: left out
        "5": [tiger(7, 0, 20, "sing"), tiger(8, 200, 90, "multi")],
        "6": [tiger(8, 0, 400, "multi")],  # nobody finds it
    }
    path = tmp_path / "gt_test_wild.json"
    path.write_text(json.dumps(truth))
    rows = {
        "3.jpg": ["0 0 100 100", "10 0 100 100", "201 0 100 100", "500 0 9 9"],
        "4.jpg": ["0 0 100 50", "0 0 100 49"],  # half of it is enough, less is not
        "5.jpg": ["0 0 100 100", "190 0 100 100"],
        "9.jpg": ["0 0 100 100"],  # not in the test
    }
    cells = [(name, "", box) for name, boxes in rows.items() for box in boxes]
    frame = pd.DataFrame(cells, columns=["path", "identity", "bbox"])
    single, cross = atrw_wild(path, PhotoTable(frame, Path(), Path("boxes.csv")))
    assert single.query.tolist() == [0, 4, 6]
    assert cross.query.tolist() == [2, 7]
    assert single.gallery.tolist() == cross.gallery.tolist() == [0, 2, 4, 6, 7]
    assert (len(single.missed), len(cross.missed)) == (0, 1)
    candidates, right = single.masks(0, 3)
    assert candidates.tolist() == [[0, 1, 0, 1, 1], [0, 1, 0, 1, 1], [1, 1, 1, 0, 1]]
    assert right.tolist() == [[0, 0, 0, 1, 0], [0, 0, 0, 1, 0], [1, 0, 1, 0, 0]]
    bare = PhotoTable(frame.drop(columns="bbox"), Path(), Path("boxes.csv"))
    with pytest.raises(PhotoTableError, match="needs a box in each row"):
        atrw_wild(path, bare)
    path.write_text("[]")
    with pytest.raises(InputError, match="wild re-ID ground truth"):
        atrw_wild(path, bare)


def test_who_has_an_answer_at_all():
    assert leave_one_out(FLANKS).answerable().tolist() == [True] * 3 + [False] + [True] * 2 + [
        False
    ]


def test_a_benchmark_puts_the_photos_in_the_order_of_its_truth(tmp_path):
    images = [
        image(5, 1, [0, 0, 0], "sing"),
        image(2, 1, [0, 0, 9], "sing"),
        image(9, 2, [1, 0, 0], "multi"),
    ]
    truth = tmp_path / "gt_test_plain.json"
    truth.write_text(json.dumps(images))
    table = table_of([f"x/00000{n}.jpg 1" for n in (1, 2, 5, 9)], "path identity")
    ordered, protocols = BENCHMARKS["atrw"].on(table, truth)
    assert ordered.paths == ["x/000005.jpg", "x/000002.jpg", "x/000009.jpg"]
    assert BENCHMARKS["atrw"].differences(protocols) == [
        "ATRW single_cam has 2 queries, officially 701",
        "ATRW cross_cam has 1 queries, officially 1063",
        "3 photos may answer, officially 1764",
    ]
    with pytest.raises(PhotoTableError, match=r"2 of the 3 photos.*\n.*000005\.jpg"):
        BENCHMARKS["atrw"].on(table.take([1]), truth)
    with pytest.raises(InputError, match="needs its ground truth"):
        BENCHMARKS["atrw"].on(table)


def test_only_tigers_are_mirrored():
    assert {name for name, one in BENCHMARKS.items() if one.flip} == {"atrw", "atrw-wild"}


def test_atrws_ground_truth(shared):
    single, cross = atrw(shared / "golden" / "atrw_gt_test_plain.json")
    assert (len(single.query), len(cross.query)) == (701, 1063)
    assert len(single.gallery) == len(cross.photos) == 1764
    assert single.photos[:3] == ("000000.jpg", "004096.jpg", "000004.jpg")
