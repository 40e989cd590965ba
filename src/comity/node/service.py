"""A running node: stores, keys, sequencer, jobs and two listeners in one process.

Order at start: lock the folder, open the stores, let the public listener answer, ask witnesses for this log's own
latest head, and only then sign. Whatever fails while running is tried again, except what must not be: a log that has
stopped stays stopped, and the desk says why.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from comity.errors import ConflictError, Error, NotFoundError, PolicyError, StoreError
from comity.kernel.canonical import Json, JsonObject, format_time
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.key import VerifierKey
from comity.kernel.policy import Policy, parse_policy
from comity.log.cosigning import Cosigners, WitnessPeer
from comity.log.sequencer import Sequencer, read_head, read_published, root_of_size
from comity.log.sequencer import Settings as LogSettings
from comity.log.startup import Answer, Permit, Quarantined, may_sign
from comity.log.witness import DatabaseWitnessState, Reply, handle_add_checkpoint, handle_get_checkpoint
from comity.node.context import POLICY, SERVICE_KEYS, Node, open_stores
from comity.node.inbox import accept_delivery
from comity.node.jobs import run_due
from comity.node.keyring import open_service
from comity.node.peers import Peers
from comity.node.places import place_own
from comity.node.sessions import Sessions
from comity.node.transport import Transport
from comity.store.lock import ProcessLock

LOCK: Final = "node.lock"
_LOG = logging.getLogger("comity.node")
MAX_BATCH: Final = 65_536
_JOB_PAUSE_SECONDS: Final = 0.25
_START_PAUSE_SECONDS: Final = 0.5


class Service:
    """One node, from start to stop."""

    def __init__(self, node: Node, policy: Policy) -> None:
        self.node = node
        self.policy = policy
        self.transport = Transport()
        self.peers = Peers(node, self.transport)
        self.sessions = Sessions(node.directory, node.now)
        self.state = "starting"
        self.problems: dict[str, str] = {}
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="witness")
        self._witnesses = witness_peers(policy)
        self._cosigners = Cosigners(self._witnesses, self.transport.post, each=self._pool.map)
        batch = node.settings.batch
        self._sequencer = Sequencer(
            database=node.database,
            folder=node.log_folder,
            key=node.keys.log,
            policy=policy,
            ask=self._cosigners,
            clock=lambda: int(node.now().timestamp()),
            noise=node.random,
            settings=LogSettings(batch_multiple=batch, max_batch=MAX_BATCH // batch * batch),
        )
        self._threads: list[threading.Thread] = []

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
        self._pool.shutdown(cancel_futures=True)
        self.transport.close()
        self.node.database.close()

    def publish_now(self) -> None:
        """Make a checkpoint at once instead of on the clock."""
        self._wake.set()

    def _supervised(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # the process must not live on with a dead part
            _LOG.exception("%s ended unexpectedly", action.__name__)
            self.state = f"{action.__name__} ended unexpectedly; see the log of the process"
            raise

    def _run_log(self) -> None:
        permit = self._permit()
        if permit is None:
            return
        try:
            self._sequencer.start(permit)
            self.state = "running"
            while not self._stop.is_set():
                self._tick()
                self._wake.wait(self.node.settings.checkpoint_seconds)
                self._wake.clear()
        except (StoreError, PolicyError) as exc:
            self.state = f"the log has stopped: {exc.message}"
            _LOG.error("%s", self.state)

    def _tick(self) -> None:
        try:
            self._sequencer.tick()
            place_own(self.node, self.policy)
        except StoreError as exc:
            if exc.fatal:
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
        wanted = quorum_of(self.policy)
        while not self._stop.is_set():
            answers = list(self._pool.map(self._ask_head, self._witnesses))
            known = [answer for answer in answers if answer is not None]
            decision = may_sign(own, known, log=self.node.keys.log.public, wanted=wanted, root_at=self._root_at)
            if isinstance(decision, Permit):
                # Who did not answer then is asked again at every checkpoint.
                self.problems.clear()
                return decision
            self.state = f"waiting: {decision.reason}"
            if isinstance(decision, Quarantined):
                self.state = f"quarantined: {decision.reason}; nothing is signed (docs/howto/restore.md)"
                _LOG.error("%s", self.state)
                return None
            self._stop.wait(_START_PAUSE_SECONDS)
        return None

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
            return root_of_size(reader, size)

    def _run_peers(self) -> None:
        pause = max(0.2, min(self.node.settings.checkpoint_seconds / 2, 30.0))
        while not self._stop.wait(pause):
            for authority in self.node.trust():
                if self._stop.is_set():
                    return
                if authority != self.node.authority:
                    self._note(authority, self._follow(authority))

    def _follow(self, authority: str) -> str | None:
        try:
            self.peers.follow(authority)
        except ConflictError:
            return None
        except Error as exc:
            return exc.message
        return None

    def _run_jobs(self) -> None:
        while not self._stop.wait(_JOB_PAUSE_SECONDS):
            try:
                run_due(self.node, self.peers)
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
        """Answer a request to cosign."""
        return handle_add_checkpoint(
            body,
            state=DatabaseWitnessState(self.node.database),
            known_logs=self.known_logs(),
            witness=self.node.keys.witness,
            now=int(self.node.now().timestamp()),
        )

    def monitor(self, digest: str) -> Reply:
        """Answer what was cosigned last for a log."""
        return handle_get_checkpoint(
            digest, state=DatabaseWitnessState(self.node.database), known_logs=self.known_logs()
        )

    def deliver(self, data: bytes) -> bytes:
        """Accept a delivery."""
        return accept_delivery(self.node, data, follow=self._follow_once)

    def _follow_once(self, authority: str) -> None:
        self._note(authority, self._follow(authority))

    def exhibit_size(self, digest: str) -> int:
        """Return the size of an encrypted exhibit that was sent out from here."""
        with self.node.database.reading() as reader:
            row = reader.one("exhibit_get", {"encrypted_digest": digest})
        if row is None or not row[5]:
            raise NotFoundError("no exhibit of that digest is held here")
        return self.node.blobs.size(digest)

    def exhibit(self, digest: str, start: int) -> Iterator[bytes]:
        """Yield an encrypted exhibit from `start` on."""
        return self.node.blobs.read(digest, start=start)

    def status(self) -> JsonObject:
        """Return how the node is, for the desk."""
        with self.node.database.reading() as reader:
            head, published = read_head(reader), read_published(reader)
            waiting = reader.one("public_statements_unplaced")
            known = reader.all("designations_newest")
        problems: JsonObject = dict(sorted(self.problems.items()))
        recognised: list[Json] = [*sorted(self.node.trust())]
        return {
            "authority": self.node.authority,
            "state": self.state,
            "signed_size": head.size,
            "published_size": None if published is None else published[0].size,
            "signed_at": format_time(datetime.fromtimestamp(head.time, UTC)),
            "statements_without_place": 0 if waiting is None else int(waiting[0]),
            "recognised": recognised,
            "keys_known": {str(row[0]): int(row[1]) for row in known},
            "problems": problems,
        }


def witness_peers(policy: Policy) -> tuple[WitnessPeer, ...]:
    """Return the witnesses of a policy, each with all its keys."""
    keys: dict[tuple[str, str], list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if witness.url is not None:
            keys.setdefault((witness.key.name, witness.url), []).append(witness.key)
    return tuple(WitnessPeer(name=name, url=url, keys=tuple(found)) for (name, url), found in keys.items())


def quorum_of(policy: Policy) -> int:
    """Return how many witnesses the policy's quorum wants, 1 where it is no plain count."""
    groups = {group.name: group for group in policy.groups}
    group = groups.get(policy.quorum or "")
    return group.threshold if group is not None and all(member in groups for member in group.members) else 1


def load_service(directory: Path, passphrase: str, stack: ExitStack) -> Service:
    """Lock a node's folder, open its stores and keys, and return the service, not yet started.

    Raises:
        NotFoundError: there is no node in that folder.
        PolicyError: its log has no policy yet.
        UnauthenticatedError: the passphrase is wrong.
        ConflictError: another process runs this node.
    """
    settings, database, blobs, log_folder = open_stores(directory)
    stack.callback(database.close)
    stack.enter_context(ProcessLock(directory / LOCK))
    policy_file = directory / POLICY
    if not policy_file.exists():
        raise PolicyError(f"the log of {settings.authority} has no witnesses yet; name them with 'comity witnesses'")
    policy = parse_policy(policy_file.read_text(encoding="utf-8"))
    keys = open_service(directory / SERVICE_KEYS, passphrase)
    blobs.prepare()
    node = Node(
        directory=directory, settings=settings, keys=keys, database=database, blobs=blobs, log_folder=log_folder
    )
    return Service(node, policy)
