"""Copies a node into one folder while it runs, and puts such a copy in place of a lost node.

The database is copied first, as of one moment, then everything that it refers to: files only ever get more, so what the
copied database names is there when its turn comes. The log's files are taken as the copied database has them: the tiles
of the tree that it had, and the checkpoint that it had published. The manifest is written last and synced; a folder
without it is an interrupted backup. It lists every file with its size and SHA-256.

A backup holds the service keys and the officers' keys, encrypted as they lie in the node, and every opening in the
clear: it deserves the node's own protection. It never holds the root key.

A restored node has forgotten what it signed since, as a log and as a witness. So it is marked, and while the mark is
there it signs no checkpoint, cosigns none and accepts no delivery (DESIGN.md, section 6, rule 3).
`comity.node.refetch` removes the mark.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    check_version,
    encode_json,
    format_time,
    parse_digest,
    parse_object,
    text_member,
)
from comity.kernel.merkle import HASH_BYTES
from comity.kernel.tile import ENTRIES, TILE_WIDTH, Tile, encode_bundle, new_bundles, new_tiles, parse_bundle
from comity.log.reader import CHECKPOINT_PATH, LogReader
from comity.log.state import read_head, read_published, read_state
from comity.node.context import BLOBS, DATABASE, LAW, LOG, POLICY, TRUST
from comity.node.settings import FILE_NAME, load_settings
from comity.store.files import SITE_DATA, SITE_NAME, TEMPORARY, Folder, translated
from comity.store.sqlite import SqliteDatabase

MANIFEST: Final = "manifest.json"
CONTENT: Final = "node"
VERSION: Final = 1
# The mark of a restored node that has not asked yet what it forgot.
RESTORED: Final = "restored"
# A manifest has some 150 bytes a file; this is enough for a log of 500 million entries.
MAX_MANIFEST_BYTES: Final = 1024 * 1024 * 1024
_CHUNK_BYTES: Final = 1024 * 1024
_SYNC_FILES: Final = 64
_SINGLE: Final = (FILE_NAME, "card.json", POLICY)
_FOLDERS: Final = ("keys", "officers", TRUST, LAW, BLOBS)
_ENVELOPES: Final = "envelope"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One file of a backup."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds, and of which moment it is."""

    authority: str
    made: str
    log_size: int
    log_root: str
    published_size: int
    files: dict[str, Copied]

    @property
    def size(self) -> int:
        """The size of every file together."""
        return sum(item.size for item in self.files.values())

    def encode(self) -> bytes:
        """Return the manifest's file."""
        files: JsonObject = {
            name: {"bytes": item.size, "sha256": item.digest} for name, item in sorted(self.files.items())
        }
        return encode_json(
            {
                "authority": self.authority,
                "comity_backup": VERSION,
                "files": files,
                "log": {"published": self.published_size, "root": self.log_root, "size": self.log_size},
                "made": self.made,
            }
        )


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        MalformedError: it is anything else.
    """
    value = parse_object(data, max_bytes=MAX_MANIFEST_BYTES)
    check_members(value, required=frozenset({"authority", "comity_backup", "files", "log", "made"}))
    check_version(value, "comity_backup", VERSION)
    log, files = value["log"], value["files"]
    if not isinstance(log, dict) or not isinstance(files, dict):
        raise MalformedError("the manifest's log and files are objects")
    check_members(log, required=frozenset({"published", "root", "size"}))
    parse_digest(text_member(log, "root"))
    return Manifest(
        authority=text_member(value, "authority"),
        made=text_member(value, "made"),
        log_size=_count(log["size"]),
        log_root=text_member(log, "root"),
        published_size=_count(log["published"]),
        files={name: _copied(item) for name, item in files.items()},
    )


def _copied(value: Json) -> Copied:
    if not isinstance(value, dict):
        raise MalformedError("a file in the manifest is an object")
    check_members(value, required=frozenset({"bytes", "sha256"}))
    digest = text_member(value, "sha256")
    parse_digest(digest)
    return Copied(size=_count(value["bytes"]), digest=digest)


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedError(f"the manifest has {value!r} where a count is wanted")
    return value


def back_up(directory: Path, target: Path, *, now: datetime, progress: Progress | None = None) -> Manifest:
    """Copy the node in `directory` into `target`, which must be absent or empty; the node may be running.

    `progress` is told how many of the files known so far are copied.

    Raises:
        NotFoundError: there is no node in that folder.
        ConflictError: the target holds something.
        PolicyError: the target lies in the node's folder.
        StoreError: the database is damaged, or either disk failed.
    """
    settings = load_settings(directory)
    if not (directory / DATABASE).is_file():
        raise NotFoundError(f"{directory / DATABASE} is missing: there is nothing to back up")
    if target.resolve().is_relative_to(directory.resolve()):
        raise PolicyError(f"{target} lies in the node's own folder; back up to another disk")
    _check_empty(target)
    with translated(f"making {target}"):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.chmod(0o700)
        (target / CONTENT).mkdir(mode=0o700)
    copy = _Copy(Folder(target / CONTENT), progress)
    _copy_database(directory, target / CONTENT / DATABASE)
    head_size, head_root, published = _copy_log(directory, target / CONTENT / DATABASE, copy)
    for name in _SINGLE:
        if (directory / name).is_file():
            copy.add(name, _file_chunks(directory / name))
    for name in _FOLDERS:
        copy.add_all(directory / name, name)
    copy.finish()
    manifest = Manifest(
        authority=settings.authority,
        made=format_time(now),
        log_size=head_size,
        log_root=head_root.hex(),
        published_size=published,
        files=copy.files,
    )
    Folder(target).write_once(MANIFEST, manifest.encode())
    with translated(f"finishing {target}"):
        (target / TEMPORARY).rmdir()
    return manifest


def _check_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(f"{target} is not an empty folder; nothing is overwritten")


def _copy_database(directory: Path, target: Path) -> None:
    database = SqliteDatabase(directory / DATABASE)
    try:
        database.backup(target)
    finally:
        database.close()
    check_database(target)


def check_database(path: Path) -> None:
    """Have SQLite check every page and row of a database.

    Raises:
        StoreError: something is wrong with it.
    """
    database = SqliteDatabase(path)
    try:
        with database.reading() as reader:
            found = [str(row[0]) for row in reader.all("database_quick_check")]
    finally:
        database.close()
    if found != ["ok"]:
        raise StoreError(f"{path} is damaged: {'; '.join(found[:3])}", fatal=True)


def _copy_log(directory: Path, copied: Path, copy: "_Copy") -> tuple[int, bytes, int]:
    """Copy the log's files as the copied database has them; return its head's size and root, and the published size."""
    database = SqliteDatabase(copied)
    try:
        with database.reading() as reader:
            head, published, tiled = read_head(reader), read_published(reader), read_state(reader).tiled
    finally:
        database.close()
    # Reading has made and removed SQLite's side files; what is noted of the database is noted after that.
    copy.note(DATABASE)
    source = Folder(directory / LOG)
    for tile in _tiles(tiled, 0 if published is None else published[0].size):
        copy.add(f"{LOG}/{tile.path()}", [_read_tile(source, tile)])
    copy.add_all(directory / LOG / _ENVELOPES, f"{LOG}/{_ENVELOPES}")
    if published is not None:
        copy.add(f"{LOG}/{CHECKPOINT_PATH}", [published[1]])
    return head.size, head.root, 0 if published is None else published[0].size


def _tiles(tiled: int, published: int) -> Iterator[Tile]:
    """Name the tiles of the tree on disk, and those that only readers of the published one still need."""
    yield from new_bundles(0, tiled)
    yield from new_tiles(0, tiled)
    if published != tiled:
        known = {*new_bundles(0, tiled), *new_tiles(0, tiled)}
        for tile in (*new_bundles(0, published), *new_tiles(0, published)):
            if tile.width < TILE_WIDTH and tile not in known:
                yield tile


def _read_tile(source: Folder, tile: Tile) -> bytes:
    """Return a tile's bytes; one that has become full since then is cut to its former width."""
    data = LogReader(source.read).tile(tile)
    if tile.level == ENTRIES:
        return encode_bundle(parse_bundle(data)[: tile.width])
    return data[: tile.width * HASH_BYTES]


def _file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


class _Copy:
    """Writes files into a folder, measures them, and syncs them a few at a time."""

    def __init__(self, folder: Folder, progress: Progress | None = None) -> None:
        self._folder = folder
        self._progress = progress
        self._unsynced: list[Path] = []
        self._directories: set[Path] = {folder.root}
        self._seen = 0
        self.files: dict[str, Copied] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> Copied:
        """Write one file from chunks."""
        path = self._folder.path(name)
        digest, size = sha256(), 0

        def measured() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        with translated(f"copying {name}"):
            self._folder.ensure_parent(path)
            try:
                self._folder.files.write(path, measured())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            path.chmod(0o600)
        self._unsynced.append(path)
        self._directories.add(path.parent)
        self.files[name] = Copied(size=size, digest=digest.hexdigest())
        self._seen = max(self._seen, len(self.files))
        if len(self._unsynced) >= _SYNC_FILES:
            self._sync()
        return self.files[name]

    def add_all(self, source: Path, name: str) -> None:
        """Write every file below a folder, but temporary ones; one that goes meanwhile is left out."""
        paths = [path for path in sorted(source.rglob("*")) if path.is_file() and not path.is_symlink()]
        wanted = [path for path in paths if TEMPORARY not in path.relative_to(source).parts]
        self._seen = len(self.files) + len(wanted)
        for path in wanted:
            # Retention may delete an exhibit while the backup runs; the database that was copied says so next time.
            with contextlib.suppress(NotFoundError):
                self.add(f"{name}/{path.relative_to(source).as_posix()}", _file_chunks(path))

    def note(self, name: str) -> None:
        """Measure a file that another hand wrote."""
        path = self._folder.path(name)
        digest = sha256()
        with translated(f"reading {name}"):
            for chunk in _file_chunks(path):
                digest.update(chunk)
            self.files[name] = Copied(size=path.stat().st_size, digest=digest.hexdigest())
        self._unsynced.append(path)

    def finish(self) -> None:
        """Make everything durable."""
        self._sync()
        with translated(f"syncing {self._folder.root}"):
            for directory in sorted(self._directories):
                self._folder.files.sync_directory(directory, site=SITE_NAME)

    def _sync(self) -> None:
        with translated(f"syncing {self._folder.root}"):
            self._folder.files.sync_files(self._unsynced, site=SITE_DATA)
        self._unsynced.clear()
        if self._progress is not None:
            self._progress(len(self.files), self._seen)


def load_manifest(backup: Path) -> Manifest:
    """Return the manifest of a backup; its files are not looked at.

    Raises:
        NotFoundError: there is no backup, or an interrupted one.
        MalformedError: the manifest is damaged.
    """
    try:
        data = (backup / MANIFEST).read_bytes()
    except OSError as exc:
        raise NotFoundError(
            f"{backup} has no {MANIFEST}: it is no backup, or one that was interrupted; use another"
        ) from exc
    return parse_manifest(data)


def verify_backup(backup: Path, *, progress: Progress | None = None) -> Manifest:
    """Verify that a backup holds exactly the files of its manifest, with their bytes.

    Raises:
        NotFoundError: there is no backup, or an interrupted one.
        MalformedError: the manifest is damaged, or names a file outside the backup.
        VerificationError: a file is missing, differs, or is there without being listed.
    """
    manifest = load_manifest(backup)
    content = Folder(backup / CONTENT)
    present = {
        path.relative_to(content.root).as_posix()
        for path in content.root.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    if odd := sorted(present ^ manifest.files.keys()):
        word = "lacks" if odd[0] in manifest.files else "has an unlisted file"
        raise VerificationError(f"the backup {word} {odd[0]}; {len(odd)} files differ from its manifest")
    for count, (name, wanted) in enumerate(manifest.files.items()):
        _verify_file(content.path(name), name, wanted)
        if progress is not None and count % _SYNC_FILES == 0:
            progress(count, len(manifest.files))
    return manifest


def _verify_file(path: Path, name: str, wanted: Copied) -> None:
    digest, size = sha256(), 0
    try:
        if path.is_symlink():
            raise VerificationError(f"{name} in the backup is a link")
        for chunk in _file_chunks(path):
            digest.update(chunk)
            size += len(chunk)
    except OSError as exc:
        raise VerificationError(f"{name} in the backup cannot be read: {exc.strerror}") from exc
    if (size, digest.hexdigest()) != (wanted.size, wanted.digest):
        raise VerificationError(f"{name} in the backup is not what its manifest says; use another backup")


def restore(backup: Path, directory: Path, *, now: datetime, progress: Progress | None = None) -> Manifest:
    """Put a backup in place as the node in `directory`, which must be absent or empty; marked as restored.

    Everything is verified before anything is written, written beside the target, and moved there at the end: either
    the whole node is there, or nothing is.

    Raises:
        NotFoundError: there is no backup, or an interrupted one.
        MalformedError: the manifest is damaged.
        VerificationError: the backup is not what its manifest says.
        ConflictError: the target holds something.
        StoreError: the copied database is damaged, or a disk failed.
    """
    _check_empty(directory)
    manifest = verify_backup(backup, progress=progress)
    directory = directory.resolve()
    scratch = directory.parent / f".{directory.name}.restoring-{os.getpid()}"
    with translated(f"making {scratch}"):
        scratch.mkdir(mode=0o700, parents=True)
    try:
        _fill(backup, scratch, manifest, now, progress)
        with translated(f"moving {scratch} to {directory}"):
            if directory.exists():
                directory.rmdir()
            scratch.rename(directory)
            Folder(directory.parent).files.sync_directory(directory.parent, site=SITE_NAME)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return manifest


def _fill(backup: Path, scratch: Path, manifest: Manifest, now: datetime, progress: Progress | None) -> None:
    copy = _Copy(Folder(scratch), progress)
    for name in (*_FOLDERS, LOG):
        # A folder without files is no part of a backup, but the node counts on it.
        with translated(f"making {name}"):
            (scratch / name).mkdir(mode=0o700)
    for name, wanted in manifest.files.items():
        if copy.add(name, _file_chunks(backup / CONTENT / name)) != wanted:
            raise VerificationError(f"{name} in the backup changed while it was restored")
    mark: JsonObject = {"backup_made": manifest.made, "log_size": manifest.log_size, "restored": format_time(now)}
    copy.add(RESTORED, [encode_json(mark)])
    copy.finish()
    if load_settings(scratch).authority != manifest.authority:
        raise VerificationError(f"the backup is not of {manifest.authority}, as its manifest says")
    check_database(scratch / DATABASE)


def is_restored(directory: Path) -> bool:
    """Whether a node was restored and has not asked yet what it forgot."""
    return (directory / RESTORED).exists()


def mark_forgetful(directory: Path) -> None:
    """Note durably that a node lacks what it once signed, so that it stays quarantined until it has refetched.

    Raises:
        StoreError: the disk failed.
    """
    if not is_restored(directory):
        Folder(directory).write_once(RESTORED, b"others hold newer heads of this log than its database\n")


def clear_mark(directory: Path) -> None:
    """Let a restored node sign again; `comity.node.refetch` calls this at its end.

    Raises:
        StoreError: the disk failed.
    """
    folder = Folder(directory)
    with translated(f"removing {directory / RESTORED}"):
        (directory / RESTORED).unlink(missing_ok=True)
        folder.files.sync_directory(directory, site=SITE_NAME)
