"""A running node: stores, keys, sequencer, jobs and two listeners in one process.

Order at start: lock the folder, open the stores, let the public listener answer, ask witnesses for this log's own
latest head, and only then sign. A restored node signs and cosigns nothing before it was refetched. Whatever fails while
running is tried again, except what must not be: a log that has stopped stays stopped, and the desk says why.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from comity.errors import (
    ConflictError,
    Error,
    MalformedError,
    NotFoundError,
    StoreError,
    UnavailableError,
)
from comity.kernel.canonical import Json, JsonObject, format_time
from comity.kernel.checkpoint import Checkpoint, parse_checkpoint
from comity.kernel.key import VerifierKey
from comity.kernel.policy import Policy, answers_wanted
from comity.kernel.trust import Recognition
from comity.log.cosigning import Cosigners, Round, WitnessPeer, witness_peers
from comity.log.reader import CHECKPOINT_PATH
from comity.log.refetch import root_in_tree
from comity.log.sequencer import Sequencer
from comity.log.sequencer import Settings as LogSettings
from comity.log.startup import Answer, Permit, Quarantined, may_sign
from comity.log.state import read_head, read_published
from comity.log.witness import (
    DatabaseWitnessState,
    Reply,
    handle_add_checkpoint,
    handle_get_checkpoint,
    parse_submission,
)
from comity.node.backup import is_restored, mark_forgetful
from comity.node.context import LOCK, SERVICE_KEYS, Node, open_stores, read_law, read_policy
from comity.node.followed import followed_url, read_followed
from comity.node.inbox import accept_delivery
from comity.node.jobs import due_duties, run_duties
from comity.node.keyring import open_service
from comity.node.peers import Peers
from comity.node.places import place_own
from comity.node.sessions import Sessions
from comity.node.settings import is_loopback, load_settings
from comity.node.side_by_side import SideBySide
from comity.node.transport import Transport
from comity.store.lock import ProcessLock

_LOG = logging.getLogger("comity.node")
MAX_BATCH: Final = 65_536
RUNNING: Final = "running"
_JOB_PAUSE_SECONDS: Final = 0.25
# A witness that takes longer gives its cosignature to a later checkpoint.
WITNESS_SECONDS: Final = 15.0
_START_PAUSE_SECONDS: Final = 0.5
# A log that was cosigned publishes within moments: following it that soon leaves little that only it has.
_AFTER_COSIGNING_SECONDS: Final = 0.5


class Service:
    """One node, from start to stop."""

    def __init__(self, node: Node, policy: Policy, *, transport: Transport | None = None) -> None:
        self.node = node
        self.policy = policy
        own_host = str(urlsplit(node.settings.public_url).hostname)
        self.transport = Transport(loopback=is_loopback(own_host)) if transport is None else transport
        self.peers = Peers(node, self.transport)
        self.sessions = Sessions(node.directory, node.now)
        self.state = "starting"
        self.problems: dict[str, str] = {}
        self.quarantined = is_restored(node.directory)
        # What ended unexpectedly, and whom to tell: the process must not live on with a dead part.
        self.fault: str | None = None
        self.on_fault: Callable[[], object] = lambda: None
        # As a witness, too, this node signs nothing before it knows that its own past is whole.
        self._permitted = False
        self._cosigned: set[str] = set()
        self._asked: set[str] = set()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="witness")
        self._duties = SideBySide("duties")
        self._following = SideBySide("following")
        self._witnesses = witness_peers(policy)
        self._cosigners = Cosigners(self._witnesses, self.transport.post, each=self._ask_in_time, clock=self._posix_now)
        batch = node.settings.batch
        self._sequencer = Sequencer(
            database=node.database,
            folder=node.log_folder,
            key=node.keys.log,
            policy=policy,
            ask=self._cosigners,
            clock=self._posix_now,
            noise=node.random,
            settings=LogSettings(batch_multiple=batch, max_batch=MAX_BATCH // batch * batch),
        )
        self._threads: list[threading.Thread] = []

    def _posix_now(self) -> int:
        return int(self.node.now().timestamp())

    # Threads.

    def start(self) -> None:
        """Start the threads that sequence, follow and do duties."""
        for action in (self._run_log, self._run_peers, self._run_jobs):
            thread = threading.Thread(target=self._supervised, args=(action,), name=action.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop every thread and close what is open."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=30)
        for pool in (self._duties, self._following):
            pool.stop()
        self._pool.shutdown(cancel_futures=True)
        self.transport.close()
        self.node.database.close()

    def publish_now(self) -> None:
        """Make a checkpoint at once instead of on the clock."""
        self._wake.set()

    def _supervised(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # noqa: BLE001 - whatever it is, the process must learn of it
            _LOG.exception("%s ended unexpectedly", action.__name__)
            self.state = self.fault = f"{action.__name__} ended unexpectedly; see the log of the process"
            self.on_fault()

    def _ask_in_time(self, ask: Callable[[WitnessPeer], Round], peers: Sequence[WitnessPeer]) -> list[Round]:
        """Ask witnesses side by side and return what came in time; whoever is still busy is not asked again."""
        futures = []
        for peer in peers:
            if peer.name not in self._asked:
                self._asked.add(peer.name)
                futures.append(self._pool.submit(self._ask_one, ask, peer))
        done, _ = wait(futures, timeout=WITNESS_SECONDS)
        return [future.result() for future in futures if future in done]

    def _ask_one(self, ask: Callable[[WitnessPeer], Round], peer: WitnessPeer) -> Round:
        try:
            return ask(peer)
        finally:
            self._asked.discard(peer.name)

    def _run_log(self) -> None:
        if self.quarantined:
            self._quarantine("restored from a backup; stop the node and run 'comity log refetch'")
            return
        try:
            permit = self._permit()
            if permit is None or not self._start_log(permit):
                return
            self.state = RUNNING
            while not self._stop.is_set():
                self._tick()
                self._wake.wait(self.node.settings.checkpoint_seconds)
                self._wake.clear()
        except Error as exc:
            self.state = f"the log has stopped: {exc.message}"
            _LOG.error("%s", self.state)

    def _start_log(self, permit: Permit) -> bool:
        """Start the sequencer; what a full disk prevents is tried again until the node is stopped."""
        while not self._stop.is_set():
            try:
                self._sequencer.start(permit)
            except StoreError as exc:
                if exc.fatal:
                    raise
                self._note("log", exc.message)
                self._stop.wait(_START_PAUSE_SECONDS)
            else:
                return True
        return False

    def _tick(self) -> None:
        try:
            self._sequencer.tick()
            place_own(self.node, self.policy)
        except Error as exc:
            # A published note may not satisfy a policy that was changed since; only the log itself may stop the log.
            if isinstance(exc, StoreError) and exc.fatal:
                raise
            self._note("log", exc.message)
        else:
            lacking = [f"{item.witness}: {item.problem}" for item in self._cosigners.rounds if item.problem]
            self._note("log", "; ".join(lacking) or None)

    def _permit(self) -> Permit | None:
        """Ask witnesses and followers for this log's latest head until enough have answered."""
        with self.node.database.reading() as reader:
            head = read_head(reader)
        own = Checkpoint(origin=self.node.settings.origin, size=head.size, root=head.root)
        wanted = answers_wanted(self.policy)
        while not self._stop.is_set():
            answers = list(self._pool.map(self._ask_head, self._witnesses))
            known = [answer for answer in answers if answer is not None]
            log = self.node.keys.log.public
            # Followers vouch for nothing by their silence, so they are not counted; what they hold counts against.
            decision = may_sign(own, self._followed_heads(), log=log, wanted=0, root_at=self._root_at)
            if isinstance(decision, Permit):
                decision = may_sign(own, known, log=log, wanted=wanted, root_at=self._root_at)
            if isinstance(decision, Permit):
                # Who did not answer then is asked again at every checkpoint.
                self.problems.clear()
                self._permitted = True
                return decision
            self.state = f"waiting: {decision.reason}"
            if isinstance(decision, Quarantined):
                self._quarantine(decision.reason)
                return None
            self._stop.wait(_START_PAUSE_SECONDS)
        return None

    def _followed_heads(self) -> list[Answer]:
        """Return the heads of this node's log that those who follow it hold."""
        origin = self.node.settings.origin
        urls = {name: f"{followed_url(item.url, origin)}/{CHECKPOINT_PATH}" for name, item in self._others().items()}
        return [answer for answer in self._pool.map(self._ask_follower, urls, urls.values()) if answer is not None]

    def _ask_follower(self, authority: str, url: str) -> Answer | None:
        try:
            return Answer(source=authority, note=self.transport.get(url))
        except Error:
            # Who does not follow, or does not answer, is no worse than before; witnesses decide whether enough did.
            return None

    def _others(self) -> Mapping[str, Recognition]:
        try:
            return {name: item for name, item in self.node.trust().items() if name != self.node.authority}
        except StoreError as exc:
            self._note("trust", exc.message)
            return {}

    def _quarantine(self, reason: str) -> None:
        self.quarantined = True
        # It lasts: the next start might ask others, who know less.
        mark_forgetful(self.node.directory)
        self.state = f"quarantined: {reason}; nothing is signed (docs/howto/restore.md)"
        _LOG.error("%s", self.state)

    def _ask_head(self, witness: WitnessPeer) -> Answer | None:
        digest = sha256(self.node.settings.origin.encode()).hexdigest()
        try:
            return Answer(source=witness.name, note=self.transport.get(f"{witness.url}/{digest}/checkpoint"))
        except NotFoundError:
            return Answer(source=witness.name, note=None)
        except Error as exc:
            self._note(witness.name, exc.message)
            return None

    def _root_at(self, size: int) -> bytes | None:
        with self.node.database.reading() as reader:
            return root_in_tree(reader, self.node.log_folder.read, size)

    def _run_peers(self) -> None:
        pause = max(0.2, min(self.node.settings.checkpoint_seconds / 2, 30.0))
        due = time.monotonic() + pause
        while not self._stop.wait(min(pause, _AFTER_COSIGNING_SECONDS)):
            soon, self._cosigned = self._cosigned, set()
            everybody = time.monotonic() >= due
            if everybody:
                due = time.monotonic() + pause
            for authority in self._recognised() if everybody else tuple(soon):
                if self._stop.is_set():
                    return
                if authority != self.node.authority:
                    self._following.run(authority, partial(self._follow_and_note, authority))

    def _recognised(self) -> Iterable[str]:
        try:
            found = self.node.trust()
        except Error as exc:
            self._note("trust", exc.message)
            return ()
        self._note("trust", None)
        return found

    def _follow(self, authority: str) -> str | None:
        try:
            self.peers.follow(authority)
        except ConflictError:
            return None
        except Error as exc:
            return exc.message
        return None

    def _follow_and_note(self, authority: str) -> None:
        self._note(authority, self._follow(authority))

    def _run_jobs(self) -> None:
        while not self._stop.wait(_JOB_PAUSE_SECONDS):
            try:
                waiting = due_duties(self.node)
            except StoreError as exc:
                self._note("duties", exc.message)
                continue
            for addressee in waiting:
                self._duties.run(addressee, partial(self._run_duties, addressee))

    def _run_duties(self, addressee: str) -> None:
        try:
            run_duties(self.node, self.peers, due_duties(self.node).get(addressee, []))
        except StoreError as exc:
            self._note("duties", exc.message)
        else:
            self._note("duties", None)

    def _note(self, about: str, problem: str | None) -> None:
        if problem is None:
            self.problems.pop(about, None)
        elif self.problems.get(about) != problem:
            self.problems[about] = problem
            _LOG.warning("%s: %s", about, problem)

    # What the listeners may do.

    def known_logs(self) -> dict[str, tuple[VerifierKey, ...]]:
        """Return the logs that this node witnesses: those of every recognised authority but its own."""
        return {
            item.log.name: item.log.verifier_keys()
            for authority, item in self.node.trust().items()
            if authority != self.node.authority
        }

    def cosign(self, body: bytes) -> Reply:
        """Answer a request to cosign; a node that may have forgotten what it cosigned does not."""
        if self.quarantined or not self._permitted:
            return Reply(status=503, body=b"this witness does not know yet whether it has forgotten anything\n")
        reply = handle_add_checkpoint(
            body,
            state=DatabaseWitnessState(self.node.database),
            known_logs=self.known_logs(),
            witness=self.node.keys.witness,
            now=self._posix_now(),
        )
        if reply.status == 200:  # noqa: PLR2004 - HTTP
            self._cosigned.add(parse_checkpoint(parse_submission(body).note.text).origin.removesuffix("/log"))
        return reply

    def monitor(self, digest: str) -> Reply:
        """Answer what was cosigned last for a log."""
        return handle_get_checkpoint(
            digest, state=DatabaseWitnessState(self.node.database), known_logs=self.known_logs()
        )

    def deliver(self, data: bytes) -> bytes:
        """Accept a delivery; a receipt of a node that must not sign might never be logged.

        Raises:
            UnavailableError: the node does not sign now.
            Error: whatever refuses the delivery.
        """
        self.check_signing()
        return accept_delivery(self.node, data, follow=self._follow_once, is_fresh=self.peers.is_fresh)

    def check_signing(self) -> None:
        """Refuse to receipt or approve before the log may be signed: what is acknowledged might never be logged.

        Raises:
            UnavailableError: the node starts, is quarantined, or its log has stopped.
        """
        if self.state != RUNNING:
            raise UnavailableError(f"this node does not sign now: {self.state}")

    def _follow_once(self, authority: str) -> None:
        """Follow a log for the inbox; a sender whose log cannot be read just now is asked to deliver again."""
        try:
            self.peers.follow(authority)
        except ConflictError:
            return
        except UnavailableError as exc:
            self._note(authority, exc.message)
            message = f"the log of {authority} cannot be followed from here just now, so its newest keys are unknown"
            raise UnavailableError(message, retry_after_seconds=10) from exc
        except Error as exc:
            self._note(authority, exc.message)
        else:
            self._note(authority, None)

    def exhibit_size(self, digest: str) -> int:
        """Return the size of an encrypted exhibit that was sent out from here."""
        with self.node.database.reading() as reader:
            row = reader.one("exhibit_get", {"encrypted_digest": digest})
        if row is None or not row[6]:
            raise NotFoundError("no exhibit of that digest was sent out from here")
        return self.node.blobs.size(digest)

    def exhibit(self, digest: str, start: int) -> Iterator[bytes]:
        """Yield an encrypted exhibit from `start` on."""
        return self.node.blobs.read(digest, start=start)

    def followed(self, digest: str, path: str) -> bytes:
        """Return a file of a log that is followed here."""
        return read_followed(self.node, digest, path)

    def status(self) -> JsonObject:
        """Return how the node is, for the desk."""
        with self.node.database.reading() as reader:
            head, published = read_head(reader), read_published(reader)
            waiting = reader.one("own_statements_unplaced")
            known = reader.all("designations_newest")
            urgent = reader.one("urgent_count")
        recognised: list[Json] = [*sorted(self._recognised())]
        problems: JsonObject = dict(sorted(self.problems.items()))
        return {
            "authority": self.node.authority,
            "state": self.state,
            "signed_size": head.size,
            "published_size": None if published is None else published[0].size,
            "signed_at": format_time(datetime.fromtimestamp(head.time, UTC)),
            "urgent_overrides": 0 if urgent is None else int(urgent[0]),
            "statements_without_place": 0 if waiting is None else int(waiting[0]),
            "recognised": recognised,
            "keys_known": {str(row[0]): int(row[1]) for row in known},
            "problems": problems,
        }


def load_service(directory: Path, passphrase: str, stack: ExitStack) -> Service:
    """Lock a node's folder, open its stores and keys, and return the service, not yet started.

    Raises:
        NotFoundError: there is no node in that folder.
        PolicyError: its log has no policy yet.
        UnauthenticatedError: the passphrase is wrong.
        MalformedError: the service keys are another authority's, or a table in its folder `law` breaks its format.
        ConflictError: another process runs this node.
    """
    load_settings(directory)
    # The lock comes before the database: opening that one brings its tables up to date.
    stack.enter_context(ProcessLock(directory / LOCK))
    settings, database, blobs, log_folder = open_stores(directory)
    stack.callback(database.close)
    policy = read_policy(directory)
    register = read_law(directory)
    keys = open_service(directory / SERVICE_KEYS, passphrase)
    if keys.authority != settings.authority:
        raise MalformedError(f"{directory / SERVICE_KEYS} holds the keys of {keys.authority}, not {settings.authority}")
    blobs.prepare()
    node = Node(
        directory=directory,
        settings=settings,
        keys=keys,
        database=database,
        blobs=blobs,
        log_folder=log_folder,
        register=register,
    )
    return Service(node, policy)
