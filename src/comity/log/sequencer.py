"""The one sequencer of one log: gives entries their places, signs heads, writes tiles, asks witnesses, publishes.

The database transaction is the write-ahead; files are derived from it. Nothing is kept in memory between ticks that the
database does not hold, so that a failed tick is repeated from what was committed. The order survives a crash anywhere:

1. One transaction places the pending entries in order of arrival, then cover entries, and keeps the resulting tree.
2. Only then the head is signed. A second transaction moves the signed head by compare-and-swap.
3. Tiles, bundles and public envelopes are written once and synced; the root read back from them must be the signed one.
   A transaction notes that, and drops the entries that full bundles now hold.
4. Witnesses are asked. With the quorum of the policy, a transaction keeps the cosigned head, and the file
   `checkpoint` follows. Without it the earlier one stays published, and the next tick asks again.
5. Partial tiles are removed once their full tile is durable and a durable checkpoint covers it, never earlier.

A log never signs two roots for one size: the tree of a size is fixed in step 1 and step 2 refuses any other. Neither
size nor time goes back. A head that moved under the sequencer, or a file with other bytes, ends it for good (`fatal`).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from comity.errors import MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.kernel.checkpoint import Checkpoint, sign_checkpoint, verify_log_signatures, with_signatures
from comity.kernel.entry import ENTRY_BYTES, cover_entry
from comity.kernel.key import KeyPair, PublicPair
from comity.kernel.merkle import leaf_hash, root_at
from comity.kernel.note import Note, NoteSignature, parse_note
from comity.kernel.policy import Policy
from comity.kernel.tile import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileHashes,
    bundle_writes,
    tile_writes,
)
from comity.log.reader import CHECKPOINT_PATH, LogReader, envelope_path, verify_published
from comity.log.startup import Permit
from comity.log.state import Head, LogState, envelope_id, read_head, read_published, read_state, root_of_size
from comity.store.database import Database, Reader
from comity.store.files import Folder

# A clock may be set back by this much, by a time service for one, without stopping the log; it then signs at the time
# it signed last. Beyond it something is wrong that somebody should look at.
CLOCK_TOLERANCE_SECONDS: Final = 10

# Returns the path from an older size, at which a witness stands, to the head that it is asked to cosign.
Prover: TypeAlias = Callable[[int], Sequence[bytes]]
# Shows a note to the witnesses and returns the lines that they gave and that were verified; it never raises.
AskWitnesses: TypeAlias = Callable[[Note, Prover], Sequence[NoteSignature]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a log runs."""

    # A batch is filled with cover entries up to a multiple of this; 1 means none.
    batch_multiple: int = 16
    # A tick without entries still makes a batch of covers, so that silence does not show.
    cover_when_idle: bool = True
    # At most this many entries a batch: bounds memory, and the time for which the database is locked.
    max_batch: int = 65_536
    # A log without news signs its head again after this time, so that its freshness can be shown.
    refresh_seconds: int = 600

    def __post_init__(self) -> None:
        if self.batch_multiple < 1 or self.max_batch < 1 or self.max_batch % self.batch_multiple:
            raise MalformedError(f"max_batch {self.max_batch} is no multiple of batch_multiple {self.batch_multiple}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one tick came to: the head signed last, and the size that is published, if any."""

    signed: int
    published: int | None


class Sequencer:
    """Runs one log; one thread at a time, in one process at a time, under the node's lock.

    `clock` returns POSIX seconds, `noise` that many random bytes. `ask` may take as long as its own timeouts.
    """

    def __init__(
        self,
        *,
        database: Database,
        folder: Folder,
        key: KeyPair,
        policy: Policy,
        ask: AskWitnesses,
        clock: Callable[[], int],
        noise: Callable[[int], bytes],
        settings: Settings | None = None,
    ) -> None:
        self._database = database
        self._folder = folder
        self._key = key
        self._policy = policy
        self._ask = ask
        self._clock = clock
        self._noise = noise
        self._settings = Settings() if settings is None else settings
        self._lock = threading.Lock()
        self._stopped: str | None = "the log was not started"
        # Verified cosignatures of one text, over as many rounds as its quorum takes.
        self._gathered: tuple[str, dict[tuple[str, bytes], NoteSignature]] = ("", {})
        self._collected = 0

    def start(self, permit: Permit) -> Progress:
        """Check that database, tiles and published checkpoint agree, and finish what a crash has interrupted.

        Raises:
            NotFoundError: the database has no log.
            PolicyError: the permit is for another head, or key or policy for another log.
            StoreError: they disagree (fatal), or database or disk failed.
        """
        with self._lock:
            self._folder.prepare()
            with self._database.reading() as tx:
                head, state = read_head(tx), read_state(tx)
            if state.origin != self._key.public.name:
                raise PolicyError(f"the database has the log {state.origin}, the key signs for {self._key.public.name}")
            if state.origin not in {log.key.name for log in self._policy.logs}:
                # Nothing would ever be published, and nobody would be told why.
                raise PolicyError(f"the log's policy does not list {state.origin}")
            if (permit.origin, permit.size, permit.root) != (state.origin, head.size, head.root):
                raise PolicyError(f"the permit to sign is for size {permit.size}, the head has size {head.size}")
            self._check_database(state, head)
            self._check_published_file(head)
            self._check_tiles(state)
            self._stopped = None
            self._guarded(self._resume)
            return self._progress()

    def tick(self) -> Progress:
        """Place what is pending, sign, write the files, ask the witnesses, publish.

        Raises:
            StoreError: database, disk or clock failed; when fatal, every later call fails as well.
        """
        with self._lock:
            self._guarded(self._tick)
            return self._progress()

    def sequence(self) -> Progress:
        """Do the part of a tick that ends with the signed head; the files of the head before must be written.

        Raises:
            StoreError: database, disk or clock failed; when fatal, every later call fails as well.
        """
        with self._lock:
            self._guarded(self._resume)
            self._guarded(self._sequence)
            return self._progress()

    # From here on the caller holds the lock.

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._stopped is not None:
            raise StoreError(f"the log has stopped: {self._stopped}", fatal=True)
        try:
            action()
        except StoreError as exc:
            if exc.fatal:
                self._stopped = exc.message
            raise

    def _progress(self) -> Progress:
        with self._database.reading() as tx:
            head, published = read_head(tx), read_published(tx)
        return Progress(signed=head.size, published=None if published is None else published[0].size)

    def _tick(self) -> None:
        self._resume()
        self._sequence()
        self._write_files()
        self._publish()

    def _resume(self) -> None:
        """Finish an earlier tick, as far as the signed head goes."""
        self._sign()
        self._write_files()
        with self._database.reading() as tx:
            published = read_published(tx)
        if published is not None and self._published_file() != published[1]:
            self._folder.replace(CHECKPOINT_PATH, published[1])

    def _sequence(self) -> None:
        self._time()
        self._place()
        self._sign()

    def _time(self) -> int:
        """Return the time to sign at, which never goes back."""
        now = self._clock()
        with self._database.reading() as tx:
            last = read_head(tx).time
        if now < last - CLOCK_TOLERANCE_SECONDS:
            raise StoreError(
                f"the clock is {last - now} seconds behind the last signature; nothing is signed until then"
            )
        return max(now, last)

    def _place(self) -> None:
        """Step 1."""
        settings = self._settings
        with self._database.transaction() as tx:
            state = read_state(tx)
            first, last, count = tx.one("log_pending_span", {"limit": settings.max_batch}) or (None, None, 0)
            covers = -count % settings.batch_multiple
            if count == 0 and settings.cover_when_idle and settings.batch_multiple > 1:
                covers = settings.batch_multiple
            if count + covers == 0:
                return
            start, placed = state.assigned, state.assigned + count
            if count:
                if last - first + 1 != count:
                    raise StoreError(
                        f"arrival numbers {first} to {last} have gaps; the database was edited", fatal=True
                    )
                tx.run("log_pending_place", {"shift": start - first, "last": last})
                tx.run("log_pending_drop", {"last": last})
            noise = (cover_entry(self._noise(ENTRY_BYTES - 1)) for _ in range(covers))
            tx.run_many("log_entry_add_many", [(placed + number, entry) for number, entry in enumerate(noise)])
            # The tree is computed from what the database gives back, not from what it was given.
            frontier = state.frontier.extend(map(leaf_hash, _entries(tx, start, placed + covers)))
            tx.run(
                "log_batch_add",
                {
                    "size": frontier.size,
                    "start": start,
                    "first_arrival": first or 0,
                    "arrivals": count,
                    "root": frontier.root(),
                },
            )
            moved = tx.run(
                "log_state_assign",
                {
                    "assigned": frontier.size,
                    "frontier": frontier.encode(),
                    "collected": max(state.collected, self._collected),
                    "previous": start,
                },
            )
            if moved != 1:
                raise StoreError("the tree moved under the sequencer; is another one running?", fatal=True)

    def _sign(self) -> None:
        """Step 2, if there is something new to sign or the head is due to be signed again."""
        with self._database.reading() as tx:
            state, head = read_state(tx), read_head(tx)
        if state.assigned == head.size and self._clock() < head.time + self._settings.refresh_seconds:
            return
        time = self._time()
        root = state.frontier.root()
        if state.assigned == head.size and root != head.root:
            raise StoreError(f"the tree of size {head.size} is not the one that was signed", fatal=True)
        checkpoint = Checkpoint(origin=state.origin, size=state.assigned, root=root)
        note = sign_checkpoint(checkpoint, self._key, time)
        with self._database.transaction() as tx:
            moved = tx.run(
                "log_head_move",
                {
                    "size": checkpoint.size,
                    "root": root,
                    "time": time,
                    "note": note,
                    "old_size": head.size,
                    "old_root": head.root,
                    "old_time": head.time,
                },
            )
            if moved != 1:
                raise StoreError("the signed head moved under the sequencer; is another one running?", fatal=True)

    def _write_files(self) -> None:
        """Step 3."""
        with self._database.reading() as tx:
            state, head = read_state(tx), read_head(tx)
            if state.tiled >= head.size:
                return
            start, end = state.tiled, head.size
            entries = _entries(tx, start, end)
            envelopes = [bytes(row[0]) for row in tx.all("log_envelope_range", {"start": start, "end": end})]
        items: dict[str, bytes] = {}
        try:
            for tile, data in tile_writes(start, end, [leaf_hash(entry) for entry in entries], self._read_tile):
                items[tile.path()] = data
            for tile, data in bundle_writes(start, end, entries, self._read_tile):
                items[tile.path()] = data
            root = root_at(end, TileHashes(end, lambda tile: items.get(tile.path()) or self._read_tile(tile)))
        except (MalformedError, NotFoundError) as exc:
            raise StoreError(f"the tiles of size {start} are damaged: {exc.message}", fatal=True) from exc
        if root != head.root:
            raise StoreError(
                f"tiles of size {end} do not give the signed root; restore them from a follower", fatal=True
            )
        for envelope in envelopes:
            items[envelope_path(envelope_id(envelope))] = envelope
        self._folder.write_once_many(items)
        with self._database.transaction() as tx:
            tx.run("log_state_tiled", {"tiled": end})
            tx.run("log_envelope_trim", {"start": start, "end": end})
            tx.run("log_entry_trim", {"end": end - end % TILE_WIDTH})

    def _publish(self) -> None:
        """Steps 4 and 5."""
        with self._database.reading() as tx:
            head, published = read_head(tx), read_published(tx)
        bare = parse_note(head.note)
        if published is not None and published[0].size == head.size:
            own = {(line.name, line.key_id4): line for line in bare.signatures}
            if all(own.get((line.name, line.key_id4), line) == line for line in parse_note(published[1]).signatures):
                # This very note is out; only a newer signature would be news.
                return
        reader = LogReader(self._folder.read)
        lines = self._ask(bare, lambda size: reader.consistency_path(size, head.size) if size else [])
        if self._gathered[0] != bare.text:
            self._gathered = (bare.text, {})
        own_keys = {(line.name, line.key_id4) for line in bare.signatures}
        self._gathered[1].update({key: line for line in lines if (key := (line.name, line.key_id4)) not in own_keys})
        note = with_signatures(bare, self._gathered[1].values())
        try:
            verify_published(note, self._policy)
        except VerificationError:
            return
        encoded = note.encode()
        with self._database.transaction() as tx:
            if tx.run("log_published_set", {"size": head.size, "root": head.root, "note": encoded}) != 1:
                raise StoreError("the published head is ahead of the signed one", fatal=True)
        self._folder.replace(CHECKPOINT_PATH, encoded)
        self._collect(head.size)

    def _collect(self, published: int) -> None:
        """Step 5: remove the partial forms of tiles that are full in the published tree."""
        with self._database.reading() as tx:
            start = max(read_state(tx).collected, self._collected)
            sizes = [int(row[0]) for row in tx.all("log_batch_sizes", {"start": start, "end": published})]
        superseded: set[Tile] = set()
        for size in sizes:
            for level in range(ENTRIES, size.bit_length() // TILE_HEIGHT + 1):
                shift = TILE_HEIGHT * max(level, 0)
                index, width = divmod(size >> shift, TILE_WIDTH)
                if width and (published >> shift) // TILE_WIDTH > index:
                    superseded.add(Tile(level=level, index=index))
        for tile in sorted(superseded):
            self._folder.remove_directory(f"{tile.path()}.p")
        self._collected = published

    def _read_tile(self, tile: Tile) -> bytes:
        return self._folder.read(tile.path())

    def _published_file(self) -> bytes | None:
        try:
            return self._folder.read(CHECKPOINT_PATH)
        except NotFoundError:
            return None

    def _check_database(self, state: LogState, head: Head) -> None:
        """The rows of the database agree with one another and with the log's own signature."""
        with self._database.reading() as tx:
            published = read_published(tx)
            tree = root_of_size(tx, state.assigned)
            signed = root_of_size(tx, head.size)
        if not state.tiled <= head.size <= state.assigned == state.frontier.size:
            raise StoreError(
                f"tiles {state.tiled}, head {head.size} and tree {state.assigned} are out of order", fatal=True
            )
        if tree != state.frontier.root() or signed != head.root:
            raise StoreError("the kept tree and its batches have different roots", fatal=True)
        checkpoint = _verify_own(head.note, self._key.public, "the signed head")
        if (checkpoint.size, checkpoint.root) != (head.size, head.root):
            raise StoreError("the signed head says another size or root than its row", fatal=True)
        if published is not None and published[0].size > head.size:
            raise StoreError("the published head is ahead of the signed one; was the database restored?", fatal=True)

    def _check_published_file(self, head: Head) -> None:
        """What readers have seen is not ahead of, or beside, what the database knows to be signed."""
        data = self._published_file()
        if data is None:
            return
        checkpoint = _verify_own(data, self._key.public, "the published checkpoint")
        if checkpoint.size > head.size:
            raise StoreError(
                f"size {checkpoint.size} is published, the database ends at {head.size}; was it restored?", fatal=True
            )
        with self._database.reading() as tx:
            root = root_of_size(tx, checkpoint.size)
        if root != checkpoint.root:
            raise StoreError(f"the published checkpoint of size {checkpoint.size} has a foreign root", fatal=True)

    def _check_tiles(self, state: LogState) -> None:
        with self._database.reading() as tx:
            wanted = root_of_size(tx, state.tiled)
        try:
            root = LogReader(self._folder.read).root(state.tiled)
        except (NotFoundError, MalformedError) as exc:
            raise StoreError(f"tiles of size {state.tiled} are missing or damaged: {exc.message}", fatal=True) from exc
        if root != wanted:
            raise StoreError(f"tiles of size {state.tiled} do not give the kept root", fatal=True)


def _verify_own(data: bytes, log: PublicPair, what: str) -> Checkpoint:
    try:
        return verify_log_signatures(parse_note(data), log)
    except (MalformedError, VerificationError) as exc:
        raise StoreError(f"{what} is damaged or foreign: {exc.message}", fatal=True) from exc


def _entries(tx: Reader, start: int, end: int) -> list[bytes]:
    """Return placed entries, which must all be there."""
    rows = tx.all("log_entry_range", {"start": start, "end": end})
    if len(rows) != end - start or (rows and (rows[0][0], rows[-1][0]) != (start, end - 1)):
        raise StoreError(f"the database lacks some of the entries {start} to {end}", fatal=True)
    return [row[1] for row in rows]
