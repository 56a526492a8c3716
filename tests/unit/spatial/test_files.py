"""Nothing is half written: the old content stands until the new is complete."""

from pathlib import Path

import pytest

from spatial.files import sha256_of_file, whole_directory, whole_file


def test_a_file_takes_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "offers.csv"
    with whole_file(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["offers.csv"]


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "offers.csv"
    target.write_text("old")

    def fail_half_way() -> None:
        with whole_file(target) as temporary:
            temporary.write_text("half")
            message = "cut"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="cut"):
        fail_half_way()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["offers.csv"]


def test_a_directory_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "round"
    target.mkdir()
    (target / "stale.csv").write_text("old")
    with whole_directory(target) as temporary:
        (temporary / "offers.csv").write_text("new")
        assert (target / "stale.csv").exists()
    assert [path.name for path in target.iterdir()] == ["offers.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["round"]


def test_a_failure_leaves_the_old_directory(tmp_path: Path) -> None:
    target = tmp_path / "round"
    target.mkdir()
    (target / "offers.csv").write_text("old")

    def fail_half_way() -> None:
        with whole_directory(target) as temporary:
            (temporary / "offers.csv").write_text("half")
            message = "cut"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="cut"):
        fail_half_way()
    assert (target / "offers.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["round"]


def test_a_private_directory_lets_nobody_else_look_into_it(tmp_path: Path) -> None:
    for is_private, mode in ((True, 0o700), (False, 0o755)):
        target = tmp_path / f"round-{is_private}"
        with whole_directory(target, is_private=is_private) as temporary:
            (temporary / "offers.csv").write_text("new")
        assert target.stat().st_mode & 0o777 == mode


def test_the_hash_is_the_published_one_of_abc(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of_file(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_a_killed_process_left_is_swept_and_what_another_writes_now_is_not(tmp_path: Path) -> None:
    target = tmp_path / "round"
    left = tmp_path / ".round-ab12cd_9"
    left.mkdir()
    (left / "offers.csv").write_text("half")
    bystanders = [tmp_path / ".round-2-ab12cd_9", tmp_path / ".rounds", tmp_path / ".round-notes"]
    for bystander in bystanders:
        bystander.mkdir()
    with whole_directory(target) as first:
        assert not left.exists()
        with whole_directory(target) as second:
            assert first.exists()
            (second / "offers.csv").write_text("second")
        (first / "offers.csv").write_text("first")
    assert (target / "offers.csv").read_text() == "first"
    assert sorted(tmp_path.iterdir()) == sorted([target, *bystanders])


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    for is_private, mode in ((True, 0o600), (False, 0o644)):
        with whole_file(tmp_path / "list.csv", is_private=is_private) as temporary:
            temporary.write_text("x", encoding="utf-8")
        assert (tmp_path / "list.csv").stat().st_mode & 0o777 == mode
