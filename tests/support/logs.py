"""Logs and witnesses of fictitious authorities, on a simulated disk and a database in memory."""

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from comity.kernel.checkpoint import Checkpoint, parse_checkpoint
from comity.kernel.key import KeyPair
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy, parse_policy, write_policy
from comity.log.cosigning import Cosigners, WitnessPeer
from comity.log.sequencer import AskWitnesses, Progress, Sequencer, Settings
from comity.log.startup import Permit, may_sign
from comity.log.state import append_pending, create_log, read_head, root_of_size
from comity.log.witness import DatabaseWitnessState, Reply, handle_add_checkpoint
from comity.store.database import Database
from comity.store.files import Files, Folder
from comity.store.migration import migrate
from comity.store.sqlite import MEMORY, SqliteDatabase
from support.disk import SimulatedDisk

START = 1_700_000_000
ROOT = Path("/node/log")


def pair(name: str) -> KeyPair:
    """Grow a key pair from its name, so that every run has the same."""
    seed = hashlib.sha256(name.encode()).digest()
    return KeyPair.from_seeds(name, seed, hashlib.sha256(seed).digest())


LOG = pair("xaa.centre/log")
WITNESSES = (pair("xbb.centre/witness"), pair("xcc.centre/witness"))


def entry(number: int | str) -> bytes:
    return b"\x02" + hashlib.sha256(f"entry {number}".encode()).digest()


@functools.cache
def policy_of(log: KeyPair = LOG, witnesses: tuple[KeyPair, ...] = WITNESSES, *, k: int = 1) -> Policy:
    pairs = [(witness.public, f"http://{witness.public.authority}") for witness in witnesses]
    return parse_policy(write_policy(log.public, None, pairs, k))


@functools.cache
def _migrated() -> SqliteDatabase:
    database = SqliteDatabase(MEMORY)
    migrate(database)
    return database


def new_database(kind: type[SqliteDatabase] = SqliteDatabase) -> SqliteDatabase:
    database = kind(MEMORY)
    _migrated()._writer.backup(database._writer)
    return database


class Clock:
    """Time that moves only when told to."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def noise_from(seed: str) -> Callable[[int], bytes]:
    """Return noise that differs from call to call and from seed to seed, and not from run to run."""
    count = 0

    def noise(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_128(f"{seed} {count}".encode()).digest(size)

    return noise


@dataclass
class WitnessNode:
    """A witness with its own database, reached by `post`; `broken` makes it answer 503."""

    key: KeyPair
    clock: Clock
    logs: tuple[KeyPair, ...] = (LOG,)
    broken: bool = False
    database: SqliteDatabase = field(default_factory=new_database)
    requests: list[bytes] = field(default_factory=list)

    def post(self, body: bytes) -> Reply:
        self.requests.append(body)
        if self.broken:
            return Reply(status=503, body=b"no\n")
        return handle_add_checkpoint(
            body,
            state=DatabaseWitnessState(self.database),
            known_logs={log.public.name: log.public.verifier_keys() for log in self.logs},
            witness=self.key,
            now=self.clock(),
        )

    @property
    def peer(self) -> WitnessPeer:
        name = self.key.public.name
        return WitnessPeer(name=name, url=f"http://{name}", keys=self.key.public.verifier_keys())


def cosigners(nodes: Sequence[WitnessNode]) -> Cosigners:
    by_url = {f"http://{node.key.public.name}/add-checkpoint": node for node in nodes}

    def post(url: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        reply = by_url[url].post(body)
        return reply.status, {"content-type": reply.content_type}, reply.body

    return Cosigners([node.peer for node in nodes], post)


def permit_for(database: Database) -> Permit:
    """Let the log sign, as if every witness had been asked."""
    with database.reading() as tx:
        head = read_head(tx)
        own = Checkpoint(origin=LOG.public.name, size=head.size, root=head.root)
        decision = may_sign(own, [], log=LOG.public, wanted=0, root_at=lambda size: root_of_size(tx, size))
    assert isinstance(decision, Permit)
    return decision


SMALL = Settings(batch_multiple=4, cover_when_idle=False, max_batch=4096)


class Node:
    """One log with everything around it."""

    def __init__(
        self,
        *,
        database: SqliteDatabase | None = None,
        disk: Files | None = None,
        root: Path = ROOT,
        key: KeyPair = LOG,
        ask: AskWitnesses | None = None,
        policy: Policy | None = None,
        settings: Settings = SMALL,
        seed: str = "noise",
    ) -> None:
        self.clock = Clock()
        self.key = key
        self.database = new_database() if database is None else database
        self.disk = SimulatedDisk() if disk is None else disk
        self.folder = Folder(root, self.disk)
        self.witnesses = [WitnessNode(witness, self.clock) for witness in WITNESSES]
        self.cosigners = cosigners(self.witnesses)
        self.policy = policy_of() if policy is None else policy
        self.sequencer = Sequencer(
            database=self.database,
            folder=self.folder,
            key=key,
            policy=self.policy,
            ask=self.cosigners if ask is None else ask,
            clock=self.clock,
            noise=noise_from(seed),
            settings=settings,
        )

    def create(self) -> "Node":
        create_log(self.database, self.key, self.clock())
        return self.start()

    def start(self) -> "Node":
        self.sequencer.start(permit_for(self.database))
        return self

    def append(self, *entries: bytes) -> list[int]:
        with self.database.transaction() as tx:
            return [append_pending(tx, one) for one in entries]

    def tick(self, seconds: int = 60) -> Progress:
        self.clock.now += seconds
        return self.sequencer.tick()

    def published(self) -> Checkpoint:
        return parse_checkpoint(parse_note(self.folder.read("checkpoint")).text)
