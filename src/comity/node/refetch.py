"""Brings a restored node up to what it signed since its backup, so that it may sign again.

Run while the node is stopped. As a log: its witnesses tell the newest head that it signed, and whoever followed it
serves the entries in between; own files that survived serve as well. As a witness: the other nodes tell the newest
heads of the logs that it witnesses, and it takes these as what it cosigned last, so that nobody can have an older state
cosigned beside a newer one. Only then the mark of the restored node goes. Nothing is signed on the way.

What stays possible: a head that nobody but the lost node and its own log ever saw is not known to anyone here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from comity.errors import (
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    UnavailableError,
    VerificationError,
)
from comity.exchange.delivery import Spoken
from comity.kernel.checkpoint import only_lines_of, verify_signed_by
from comity.kernel.envelope import parse_envelope, verify_envelope
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy, answers_wanted, parse_policy
from comity.kernel.statement import parse_statement
from comity.kernel.trust import KEYS_KIND, Recognition, check_succession, parse_designation
from comity.log.cosigning import witness_peers
from comity.log.designations import add_designation, own_keys_places
from comity.log.reader import Fetch
from comity.log.refetch import Refetched, SignedHead, refetch, refetched_arrival, root_in_tree, verify_signed_head
from comity.log.state import read_head
from comity.log.witness import DatabaseWitnessState, WitnessHead
from comity.node import records
from comity.node.backup import clear_mark
from comity.node.context import LOCK, TRUST, open_stores
from comity.node.followed import followed_url
from comity.node.inception import Card, load_card
from comity.parties.trust_folder import load_trust
from comity.store.database import Transaction
from comity.store.files import Folder
from comity.store.lock import ProcessLock
from comity.store.sqlite import SqliteDatabase

Get = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a node got back, and what it could not."""

    authority: str
    size: int
    refetched: Refetched | None
    source: str | None
    witnessed: dict[str, int]
    """The logs whose newest cosigned size went up, with that size."""
    unheard: tuple[str, ...]
    """The logs that this node witnesses and of which nobody told anything."""
    problems: dict[str, str]


def refetch_node(directory: Path, get: Get, *, now: int, log_files: Path | None = None) -> Report:
    """Bring the stopped node in `directory` up to what others hold of it, and remove the mark of a restored node.

    `get` fetches a URL. `log_files` is a `log` folder that survived, of this very node; it is asked first.

    Raises:
        ConflictError: the node runs.
        PolicyError: its log has no witnesses yet.
        UnavailableError: too few of its witnesses answer, or nobody holds the missing entries.
        VerificationError: the log has contradicted itself, or its database is no earlier state of it.
        StoreError: the database or the disk failed.
    """
    with ExitStack() as stack:
        settings, database, _, folder = open_stores(directory)
        stack.callback(database.close)
        stack.enter_context(ProcessLock(directory / LOCK))
        card = load_card(directory)
        if not card.policy:
            raise PolicyError(f"the log of {card.authority} has no witnesses that could be asked")
        trust = {name: item for name, item in load_trust(directory / TRUST).items() if name != settings.authority}
        recovery = _Recovery(database, folder, card=card, trust=trust, get=get, now=now)
        heads = recovery.ask_heads(parse_policy(card.policy))
        done, source = recovery.grow(heads, log_files)
        recovery.check_all(heads)
        recovery.check_keys()
        witnessed, unheard = recovery.catch_up_as_witness()
        with database.reading() as tx:
            size = read_head(tx).size
        clear_mark(directory)
        return Report(
            authority=settings.authority,
            size=size,
            refetched=done,
            source=source,
            witnessed=witnessed,
            unheard=unheard,
            problems=recovery.problems,
        )


class _Recovery:
    """The steps of one recovery, under the node's lock."""

    def __init__(
        self,
        database: SqliteDatabase,
        folder: Folder,
        *,
        card: Card,
        trust: dict[str, Recognition],
        get: Get,
        now: int,
    ) -> None:
        self._database = database
        self._folder = folder
        self._card = card
        self._trust = trust
        self._get = get
        self._now = now
        self.problems: dict[str, str] = {}

    # As a log.

    def ask_heads(self, policy: Policy) -> list[SignedHead]:
        """Return every head of this log that its witnesses and followers hold."""
        origin = self._card.log.name
        digest = sha256(origin.encode()).hexdigest()
        urls = {peer.name: f"{peer.url}/{digest}/checkpoint" for peer in witness_peers(policy)}
        urls |= {name: f"{followed_url(item.url, origin)}/checkpoint" for name, item in self._trust.items()}
        heads: list[SignedHead] = []
        heard = 0
        for source, url in urls.items():
            try:
                data = self._get(url)
                heads.append(verify_signed_head(data, self._card.log, source))
            except NotFoundError:
                pass
            except Error as exc:
                self.problems[source] = exc.message
                continue
            # Followers tell more, but only witnesses vouch that nothing newer was published.
            heard += source not in self._trust
        wanted = answers_wanted(policy)
        if heard < wanted:
            raise UnavailableError(
                f"{heard} of {wanted} wanted witnesses told of this log's latest head; try again when more answer "
                f"({'; '.join(f'{name}: {problem}' for name, problem in self.problems.items())})"
            )
        return heads

    def grow(self, heads: Sequence[SignedHead], log_files: Path | None) -> tuple[Refetched | None, str | None]:
        """Take the missing entries from the first source that has them; return what came, and from where."""
        with self._database.reading() as tx:
            own = read_head(tx)
        if not heads:
            return None, None
        target = max(heads, key=lambda head: (head.checkpoint.size, head.time))
        if target.checkpoint.size <= own.size:
            return None, None
        tried: list[str] = []
        for source, fetch in self._sources(log_files):
            try:
                return refetch(self._database, target=target, fetch=fetch, keep=self._keep_public), source
            except (NotFoundError, UnavailableError, MalformedError, VerificationError) as exc:
                tried.append(f"{source}: {exc.message}")
        held = max((head.checkpoint.size for head in heads if head.source in self._trust), default=own.size)
        raise UnavailableError(
            f"{target.source} holds size {target.checkpoint.size}, this database ends at {own.size}, and followers "
            f"hold {held}: nobody gave the entries in between; see docs/howto/restore.md ({'; '.join(tried)})"
        )

    def _sources(self, log_files: Path | None) -> Iterator[tuple[str, Fetch]]:
        origin = self._card.log.name
        followers = [(name, self._fetch_from(followed_url(item.url, origin))) for name, item in self._trust.items()]
        if log_files is not None:
            yield str(log_files), _first_of(Folder(log_files).read, [fetch for _, fetch in followers])
        for name, fetch in followers:
            yield name, _first_of(fetch, [self._folder.read, *(other for _, other in followers)])

    def _fetch_from(self, prefix: str) -> Fetch:
        return lambda path: self._get(f"{prefix}/{path}")

    def _keep_public(self, tx: Transaction, position: int, data: bytes) -> None:
        """Keep an own public statement that was found again; its envelope is kept with its entry in any case."""
        envelope = parse_envelope(data)
        statement = parse_statement(envelope.payload)
        if statement.issuer != self._card.authority or not statement.public:
            return
        arrival = refetched_arrival(position)
        spoken = Spoken(envelope=envelope, salt=None, disclosures=())
        if statement.kind == KEYS_KIND:
            verify_envelope(envelope, [self._card.root])
            add_designation(tx, parse_designation(statement), envelope)
        records.add_statement(tx, spoken, statement, own=True, arrival=arrival, now=statement.issued)

    def check_all(self, heads: Sequence[SignedHead]) -> None:
        """Every head that this log signed, wherever it was seen, is an earlier state of its tree."""
        with self._database.reading() as tx:
            for head in heads:
                size = head.checkpoint.size
                if root_in_tree(tx, self._folder.read, size) != head.checkpoint.root:
                    raise VerificationError(
                        f"{head.source} holds a head of size {size} that this log signed over other entries than its "
                        "database has: it must not sign again (docs/howto/restore.md)"
                    )

    def check_keys(self) -> None:
        """Report own `keys` statements that do not stand, or will not stand, where the root signed them to."""
        with self._database.reading() as tx:
            placed = own_keys_places(tx, self._card.authority)
        for (earlier, index), (later, next_index) in pairwise(placed):
            try:
                check_succession((index, earlier), (next_index, later))
            except VerificationError as exc:
                self.problems[f"keys statement {later.number}"] = (
                    f"{exc.message}; others refuse every key of this authority from entry {next_index} on"
                )

    # As a witness.

    def catch_up_as_witness(self) -> tuple[dict[str, int], tuple[str, ...]]:
        """Take over the newest heads that others hold of the logs witnessed here; return those that moved."""
        moved: dict[str, int] = {}
        unheard: list[str] = []
        state = DatabaseWitnessState(self._database)
        for authority, recognition in self._trust.items():
            seen = self._newest_head_of(recognition)
            if seen is None:
                unheard.append(authority)
                continue
            origin = recognition.log.name
            with state.update() as update:
                kept = update.head(origin)
                if kept is None or kept.checkpoint.size < seen.checkpoint.size:
                    update.keep(seen)
                    moved[origin] = seen.checkpoint.size
        return moved, tuple(unheard)

    def _newest_head_of(self, recognition: Recognition) -> WitnessHead | None:
        """Return the newest head of a log that others hold; what the log itself shows counts only where nobody does.

        A log that has forked since would show its fork: the others hold what was cosigned before.
        """
        origin = recognition.log.name
        digest = sha256(origin.encode()).hexdigest()
        urls: list[str] = []
        for other in self._trust.values():
            if other.authority != recognition.authority:
                urls += [f"{other.url}/witness/{digest}/checkpoint", f"{followed_url(other.url, origin)}/checkpoint"]
        held = self._newest_of(urls, recognition)
        return held if held is not None else self._newest_of([f"{recognition.url}/log/checkpoint"], recognition)

    def _newest_of(self, urls: Sequence[str], recognition: Recognition) -> WitnessHead | None:
        newest: WitnessHead | None = None
        for url in urls:
            try:
                head = self._verify_peer_head(self._get(url), recognition)
            except NotFoundError:
                continue
            except Error as exc:
                self.problems[url] = exc.message
                continue
            if newest is None or head.checkpoint.size > newest.checkpoint.size:
                newest = head
        return newest

    def _verify_peer_head(self, data: bytes, recognition: Recognition) -> WitnessHead:
        note = parse_note(data)
        keys = recognition.log.verifier_keys()
        checkpoint = verify_signed_by(note, keys)
        # The time stands for that of the forgotten cosignature, which was no later.
        return WitnessHead(checkpoint=checkpoint, time=self._now, note=only_lines_of(note, keys).encode())


def _first_of(fetch: Fetch, others: Sequence[Fetch]) -> Fetch:
    """Return a fetch that asks the others as well for envelopes, of which no single holder need have every one."""

    def read(path: str) -> bytes:
        try:
            return fetch(path)
        except (NotFoundError, UnavailableError):
            if not path.startswith("envelope/"):
                raise
        for other in others:
            try:
                return other(path)
            except (NotFoundError, UnavailableError):
                continue
        raise NotFoundError(f"nobody has {path}")

    return read
