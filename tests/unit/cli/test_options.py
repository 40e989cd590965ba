"""A file that a command writes is there whole under its name, or not at all."""

from pathlib import Path

import pytest

from comity.cli.options import whole_file
from comity.errors import ConflictError, NotFoundError


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "page"
    with whole_file(output) as part:
        part.write_bytes(b"whole")
        assert not output.exists()
    assert output.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("replace", [False, True])
def test_what_fails_leaves_nothing_and_what_was_there_as_it_was(tmp_path: Path, replace: bool) -> None:  # noqa: FBT001
    output = tmp_path / "page"
    if replace:
        output.write_bytes(b"older")
    with pytest.raises(RuntimeError), whole_file(output, replace=replace) as part:  # noqa: PT012 - half is written
        part.write_bytes(b"half")
        raise RuntimeError
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([b"older"] if replace else [])


def test_only_what_is_to_be_replaced_is(tmp_path: Path) -> None:
    output, part = tmp_path / "page", tmp_path / "page.part"
    output.write_bytes(b"older")
    with pytest.raises(ConflictError, match=r"page is there already; nothing was written"), whole_file(output):
        pass
    part.write_bytes(b"left by a run that was cut off")
    with whole_file(output, replace=True) as given:
        given.write_bytes(b"newer")
    assert output.read_bytes() == b"newer"
    part.write_bytes(b"another's")
    output.unlink()
    with pytest.raises(ConflictError, match=r"page\.part is there already; nothing was written"), whole_file(output):
        pass
    assert part.read_bytes() == b"another's"


def test_a_folder_in_the_place_of_the_file_or_no_folder_for_it_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(NotFoundError, match=r"cannot be written: Is a directory"),
        whole_file(tmp_path, replace=True),
    ):
        pass
    with pytest.raises(NotFoundError, match=r"cannot be written: there is no folder"), whole_file(tmp_path / "a" / "b"):
        pass
