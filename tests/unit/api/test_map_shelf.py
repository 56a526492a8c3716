import threading

import pytest

from api.map_shelf import MapShelf


def drawn_from(*key: str) -> tuple[tuple[str, ...], str]:
    return key, f"map of {key}"


def test_a_map_is_drawn_once_and_then_found() -> None:
    shelf, drawings = MapShelf(), []

    def draw() -> tuple[tuple[str, ...], str]:
        drawings.append(1)
        return drawn_from("school", "A")

    first, second = shelf.fetch(("school", "A"), draw), shelf.fetch(("school", "A"), draw)
    assert first is second
    assert len(drawings) == 1


def test_a_map_stands_under_what_it_was_really_drawn_from() -> None:
    """A layer was published between the question and the drawing; going back to it must not show the newer one."""
    shelf = MapShelf()
    shelf.fetch(("school", "version 1"), lambda: drawn_from("school", "version 2"))
    old = shelf.fetch(("school", "version 1"), lambda: drawn_from("school", "version 1"))
    assert "version 1" in old.document


def test_other_documents_have_other_tags() -> None:
    shelf = MapShelf()
    tags = {shelf.fetch((name,), lambda name=name: drawn_from(name)).etag for name in ("A", "B")}
    assert len(tags) == 2
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    shelf, drawings = MapShelf(most_count=2), []

    def fetch(name: str) -> None:
        def draw() -> tuple[tuple[str, ...], str]:
            drawings.append(name)
            return drawn_from(name)

        shelf.fetch((name,), draw)

    for name in ("A", "B", "A", "C", "A", "B"):
        fetch(name)
    assert drawings == ["A", "B", "C", "B"]


def test_of_many_who_ask_at_once_one_draws() -> None:
    shelf, drawings = MapShelf(), []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait(timeout=10)
        shelf.fetch(("A",), draw)

    def draw() -> tuple[tuple[str, ...], str]:
        drawings.append(1)
        return drawn_from("A")

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=10)
    assert drawings == [1]


def test_a_drawing_that_fails_leaves_nothing_and_lets_the_next_one_draw() -> None:
    shelf = MapShelf()

    def fail() -> tuple[tuple[str, ...], str]:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            shelf.fetch(("A",), fail)
    assert shelf.fetch(("A",), lambda: drawn_from("A")).document == "map of ('A',)"
