import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.log.check import check_log
from comity.log.state import read_head
from comity.node import backup as backup_module
from comity.node.backup import (
    CONTENT,
    MANIFEST,
    RESTORED,
    Manifest,
    back_up,
    is_restored,
    parse_manifest,
    restore,
    verify_backup,
)
from comity.node.context import DATABASE, utc_now
from comity.store.sqlite import SqliteDatabase
from support.small_network import NAMES, SmallNetwork

LOST = NAMES[0]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallNetwork]:
    made = SmallNetwork(tmp_path / "nodes", monkeypatch)
    made.start_all()
    made.tick(LOST)
    made.up[LOST].node.blobs.put([b"an exhibit"])
    yield made
    made.close()


def saved(network: SmallNetwork) -> tuple[Path, Manifest]:
    target = network.root / "backup"
    return target, back_up(network.folder(LOST), target, now=utc_now())


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_of_a_running_node_holds_everything_but_scratch(network: SmallNetwork) -> None:
    target, manifest = saved(network)
    assert verify_backup(target) == manifest
    assert parse_manifest(manifest.encode()) == manifest
    wanted = {"comity.toml", "card.json", "policy", DATABASE, "keys/service.age", "log/checkpoint"}
    wanted |= {f"trust/{name}.json" for name in NAMES if name != LOST}
    assert wanted <= manifest.files.keys()
    assert any(name.startswith("log/envelope/") for name in manifest.files)
    assert any(name.startswith("blobs/") for name in manifest.files)
    assert not any(".tmp" in name or "lock" in name or "-wal" in name for name in manifest.files)
    assert {path.stat().st_mode & 0o077 for path in (target, *target.glob("node/*.*"))} == {0}


def test_what_is_restored_is_what_was_saved_and_marked(network: SmallNetwork) -> None:
    target, manifest = saved(network)
    new = network.root / "new"
    assert restore(target, new, now=utc_now()) == manifest
    found = everything(new)
    assert found.pop(RESTORED)
    assert found == everything(target / CONTENT)
    assert is_restored(new)
    assert not is_restored(network.folder(LOST))
    assert (new / "officers").is_dir()
    assert new.stat().st_mode & 0o077 == 0


def test_files_are_as_the_database_has_them_whatever_is_written_meanwhile(
    network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_database = backup_module._copy_database

    def and_go_on(directory: Path, target: Path) -> None:
        copy_database(directory, target)
        for _ in range(20):
            network.tick(LOST)

    monkeypatch.setattr(backup_module, "_copy_database", and_go_on)
    target, manifest = saved(network)
    report = check_log(lambda path: (target / CONTENT / "log" / path).read_bytes(), network.up[LOST].policy)
    assert report.checkpoint.size == manifest.published_size == manifest.log_size == 16
    assert network.tick(LOST).published == 16 * 22
    # What partial tiles were collected meanwhile was cut from the full ones.
    network.stop(LOST)
    shutil.rmtree(network.folder(LOST))
    restore(target, network.folder(LOST), now=utc_now())
    (network.folder(LOST) / RESTORED).unlink()
    service = network.start(LOST)
    assert service.quarantined
    assert "database ends at 16" in service.state


def test_the_published_tree_is_readable_where_signing_went_on_without_a_quorum(network: SmallNetwork) -> None:
    network.down = {NAMES[1], NAMES[2]}
    assert network.tick(LOST).published == 16
    target, manifest = saved(network)
    assert (manifest.log_size, manifest.published_size) == (32, 16)
    report = check_log(lambda path: _read(target / CONTENT / "log" / path), network.up[LOST].policy)
    assert report.checkpoint.size == 16


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise NotFoundError(str(path)) from exc


def test_a_backup_overwrites_nothing_and_lies_elsewhere(network: SmallNetwork) -> None:
    target, _ = saved(network)
    with pytest.raises(ConflictError, match="not an empty folder"):
        back_up(network.folder(LOST), target, now=utc_now())
    with pytest.raises(PolicyError, match="own folder"):
        back_up(network.folder(LOST), network.folder(LOST) / "backup", now=utc_now())
    with pytest.raises(NotFoundError):
        back_up(network.root / "nowhere", network.root / "another", now=utc_now())


def test_an_interrupted_backup_is_no_backup(network: SmallNetwork) -> None:
    target, _ = saved(network)
    (target / MANIFEST).unlink()
    with pytest.raises(NotFoundError, match="interrupted"):
        restore(target, network.root / "new", now=utc_now())
    assert not (network.root / "new").exists()


@pytest.mark.parametrize("damage", ["changed", "longer", "missing", "added", "linked"])
def test_a_damaged_backup_is_refused_before_anything_is_written(network: SmallNetwork, damage: str) -> None:
    target, _ = saved(network)
    victim = target / CONTENT / "keys" / "service.age"
    data = victim.read_bytes()
    if damage == "changed":
        victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "longer":
        victim.write_bytes(data + b"\n")
    elif damage == "added":
        (target / CONTENT / "keys" / "another.age").write_bytes(data)
    else:
        victim.unlink()
        if damage == "linked":
            victim.symlink_to(target / MANIFEST)
    before = sorted(network.root.iterdir())
    with pytest.raises(VerificationError):
        restore(target, network.root / "new", now=utc_now())
    assert sorted(network.root.iterdir()) == before


@pytest.mark.parametrize("name", ["../escape", "/absolute", "a//b", "keys/../x"])
def test_a_manifest_cannot_name_a_file_outside(network: SmallNetwork, name: str) -> None:
    target, manifest = saved(network)
    files = {**manifest.files, name: manifest.files["policy"]}
    forged = Manifest(
        authority=manifest.authority,
        made=manifest.made,
        log_size=manifest.log_size,
        log_root=manifest.log_root,
        published_size=manifest.published_size,
        files=files,
    )
    (target / MANIFEST).write_bytes(forged.encode())
    with pytest.raises((VerificationError, MalformedError)):
        restore(target, network.root / "new", now=utc_now())
    assert not (network.root / "new").exists()


def test_a_restore_that_fails_half_way_leaves_nothing(network: SmallNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    target, _ = saved(network)
    before = sorted(network.root.iterdir())

    def fail(path: Path) -> None:
        raise StoreError("the copied database is damaged")

    monkeypatch.setattr(backup_module, "check_database", fail)
    with pytest.raises(StoreError):
        restore(target, network.root / "new", now=utc_now())
    assert sorted(network.root.iterdir()) == before


def test_a_restore_overwrites_nothing(network: SmallNetwork) -> None:
    target, _ = saved(network)
    before = everything(network.folder(LOST) / "keys")
    with pytest.raises(ConflictError, match="not an empty folder"):
        restore(target, network.folder(LOST), now=utc_now())
    assert everything(network.folder(LOST) / "keys") == before


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b'{"authority":"x","comity_backup":1,"files":[],"log":{},"made":"x"}', b'{"comity_backup":2}'],
)
def test_a_manifest_of_another_form_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_manifest(data)


def test_a_copied_database_is_of_one_moment(network: SmallNetwork) -> None:
    target, manifest = saved(network)
    database = SqliteDatabase(target / CONTENT / DATABASE)
    with database.reading() as reader:
        head = read_head(reader)
    database.close()
    assert (head.size, head.root.hex()) == (manifest.log_size, manifest.log_root)
