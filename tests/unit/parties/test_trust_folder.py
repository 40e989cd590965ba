from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, StoreError
from comity.kernel.canonical import encode_json, parse_object
from comity.kernel.key import encode_vkey
from comity.kernel.policy import parse_policy, write_policy
from comity.kernel.trust import Checked, Recognition
from comity.parties.trust_folder import add_recognition, find_recognition, load_trust
from support.world import ASKED, ASKER, World, key_pair


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def folder(tmp_path: Path, world: World) -> Path:
    path = tmp_path / "trust"
    for recognition in world.trust().values():
        add_recognition(path, recognition)
    return path


def impostor(recognition: Recognition) -> Recognition:
    return replace(recognition, root=key_pair(recognition.root.name, 2).public)


def test_what_was_added_is_loaded_in_the_order_of_names(folder: Path, world: World) -> None:
    loaded = load_trust(folder)
    assert loaded == world.trust()
    assert list(loaded) == sorted(loaded)
    assert find_recognition(folder, ASKER) == world.recognition(ASKER)


def test_an_authority_that_is_not_recognised_is_none(folder: Path, tmp_path: Path) -> None:
    assert find_recognition(folder, "xae.contact-point") is None
    assert find_recognition(tmp_path / "nowhere", ASKER) is None
    with pytest.raises(MalformedError, match="no authority's name"):
        find_recognition(folder, "../secret")


def test_a_missing_folder_is_told_apart_from_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no trust folder"):
        load_trust(tmp_path / "nowhere")
    assert load_trust(tmp_path) == {}
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="cannot be read"):
        load_trust(file)


def test_hidden_files_are_ignored(folder: Path, world: World) -> None:
    (folder / ".DS_Store").write_bytes(b"\0")
    assert load_trust(folder) == world.trust()


@pytest.mark.parametrize("name", ["README", "xae.contact-point.json", f"{ASKER}.json.bak"])
def test_a_file_that_is_no_recognition_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{}")
    with pytest.raises(MalformedError, match=f"{name} is no recognition: missing member"):
        load_trust(folder)


def test_a_recognition_under_another_name_is_refused(folder: Path) -> None:
    (folder / f"{ASKED}.json").write_bytes((folder / f"{ASKER}.json").read_bytes())
    with pytest.raises(MalformedError, match=f"{ASKED}.json holds the recognition of {ASKER}"):
        load_trust(folder)
    (folder / f"{ASKED}.json").unlink()
    (folder / "copy.json").write_bytes((folder / f"{ASKER}.json").read_bytes())
    with pytest.raises(MalformedError, match=r"copy\.json holds the recognition"):
        load_trust(folder)


def test_links_and_folders_are_refused(folder: Path) -> None:
    (folder / "more").mkdir()
    with pytest.raises(MalformedError, match="more is no regular file"):
        load_trust(folder)
    (folder / "more").rmdir()
    (folder / "xae.contact-point.json").symlink_to(f"{ASKER}.json")
    with pytest.raises(MalformedError, match=r"xae.contact-point.json is no regular file"):
        load_trust(folder)


def test_a_policy_that_counts_the_logs_own_authority_is_refused_by_file(folder: Path, world: World) -> None:
    path = folder / f"{ASKER}.json"
    own, other = world.authorities[ASKER].witness.public, world.authorities[ASKED].witness.public
    value = parse_object(path.read_bytes())
    policy = str(value["policy"])
    for theirs, ours in zip(other.verifier_keys(), own.verifier_keys(), strict=True):
        policy = policy.replace(
            encode_vkey(theirs.name, theirs.type_byte, theirs.key), encode_vkey(ours.name, ours.type_byte, ours.key)
        )
    path.write_bytes(encode_json({**value, "policy": policy}))
    with pytest.raises(PolicyError, match=f"{ASKER}.json: witness {ASKER}/witness belongs to"):
        load_trust(folder)


def test_another_root_never_takes_the_place_of_a_known_one_silently(folder: Path, world: World) -> None:
    known = world.recognition(ASKER)
    with pytest.raises(ConflictError, match="is recognised by the root") as caught:
        add_recognition(folder, impostor(known))
    assert known.root.fingerprint() in caught.value.message
    assert impostor(known).root.fingerprint() in caught.value.message
    assert find_recognition(folder, ASKER) == known
    add_recognition(folder, impostor(known), replace=True)
    assert find_recognition(folder, ASKER) == impostor(known)


def test_another_log_key_never_takes_the_place_of_a_known_one_silently(folder: Path, world: World) -> None:
    known = world.recognition(ASKER)
    log = key_pair(f"{ASKER}/log", 2).public
    witnesses = [(world.authorities[ASKED].witness.public, None)]
    moved = replace(known, log=log, policy=parse_policy(write_policy(log, None, witnesses, 1)))
    with pytest.raises(ConflictError, match=r"by the log key \d{5} "):
        add_recognition(folder, moved)


def other_policy(world: World, known: Recognition) -> Recognition:
    witnesses = [(world.authorities[ASKED].witness.public, None)]
    return replace(known, policy=parse_policy(write_policy(known.log, "https://moved.example/log", witnesses, 1)))


def test_another_policy_or_url_never_takes_the_place_of_a_known_one_silently(folder: Path, world: World) -> None:
    known = world.recognition(ASKER)
    moved = replace(known, url="https://moved.example/")
    with pytest.raises(ConflictError, match=r"by the URL 'https://.*, the new one is 'https://moved\.example/'"):
        add_recognition(folder, moved)
    with pytest.raises(ConflictError, match="is recognised by another policy; check with"):
        add_recognition(folder, other_policy(world, known))
    assert find_recognition(folder, ASKER) == known
    for newer in (moved, other_policy(world, known)):
        add_recognition(folder, newer, replace=True)
        assert find_recognition(folder, ASKER) == newer


def test_a_refusal_names_all_that_changed(folder: Path, world: World) -> None:
    known = world.recognition(ASKER)
    with pytest.raises(ConflictError) as caught:
        add_recognition(folder, impostor(replace(other_policy(world, known), url="https://moved.example/")))
    for what in ("by the root", "by another policy", "by the URL"):
        assert what in caught.value.message
    assert "log key" not in caught.value.message


def test_the_same_again_and_another_remark_or_check_are_taken(folder: Path, world: World) -> None:
    known = world.recognition(ASKER)
    add_recognition(folder, known)
    later = known.checked_on + timedelta(days=1)
    noted = replace(known, remark="NV 2026/118", checked=Checked.NOTE_VERBALE, checked_on=later)
    add_recognition(folder, noted)
    assert load_trust(folder)[ASKER] == noted


def test_what_is_added_is_readable_by_its_owner_after_a_crash_of_another_writer(folder: Path, world: World) -> None:
    # The crash-safe writer leaves its temporary files under a hidden name.
    (folder / ".tmp").mkdir(exist_ok=True)
    (folder / ".tmp" / "1-1").write_bytes(b"half")
    add_recognition(folder, world.recognition(ASKER))
    assert {path.name for path in folder.iterdir()} == {".tmp", *(f"{name}.json" for name in world.authorities)}
