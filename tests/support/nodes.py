"""A few whole nodes in one process, joined by a wire that a test can cut, delay and tamper with.

Every node is real: folder, database, keys, log, witness, inbox, desk. Only sockets are missing: a `Wire` stands in for
the HTTP client and calls the handlers of the node that a URL names. No thread runs unless a test starts one, and time
moves only when told to, so each test says when a checkpoint is made, a log is followed, a duty done.

The nodes are made once, in a template, and copied for each test: making keys is slow, copying a folder is not.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from starlette.responses import Response

from comity.age.recipient import parse_recipient
from comity.age.stream import encrypt_bytes
from comity.errors import Error, NotFoundError, UnavailableError
from comity.exchange.delivery import Spoken, encode_delivery, speak
from comity.kernel.canonical import Json, JsonObject, decode_base64
from comity.kernel.key import KeyPair
from comity.kernel.policy import parse_policy
from comity.kernel.statement import Statement
from comity.kernel.trust import Checked, Recognition
from comity.node import desk, inception, records
from comity.node.context import POLICY, SERVICE_KEYS, TRUST, Node, open_stores, read_law
from comity.node.http import error_response
from comity.node.inception import Card, add_officer, create_node, load_card, name_witnesses
from comity.node.jobs import run_due
from comity.node.keyring import OfficerKeys, RootKey, ServiceKeys, _read, officer_path, open_root, open_service
from comity.node.service import Service
from comity.node.settings import Settings
from comity.node.transport import Transport
from comity.parties.trust_folder import add_recognition
from comity.store.database import Row
from support.bodies import BODIES

ASKER, ASKED, THIRD = "xaa.centre", "xab.centre", "xac.centre"
AUTHORITIES = (ASKER, ASKED, THIRD)
SECRET = "correct horse battery"
WRONG = "wrong horse battery"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DRAFTER, APPROVER = "maria", "joao"

Answer = tuple[int, Mapping[str, str], bytes]
Intercept = Callable[[str, str, Callable[[], Answer]], Answer]


@dataclass
class Clock:
    """Time that moves only when told to."""

    now: datetime = START

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True, kw_only=True)
class Template:
    """Nodes as they are copied for each test, with their keys unlocked."""

    folder: Path
    now: datetime
    service: Mapping[str, ServiceKeys]
    drafters: Mapping[str, OfficerKeys]
    approvers: Mapping[str, OfficerKeys]
    roots: Mapping[str, RootKey]
    secrets: frozenset[str]


def settings_of(authority: str, **changes: object) -> Settings:
    """Return a node's settings."""
    number = 9000 + 2 * sum(authority.encode())
    values: dict[str, object] = {
        "authority": authority,
        "participant": authority[:3].upper(),
        "title": f"Centre {authority}",
        "competences": ("central_authority", "contact_point"),
        "exercise": True,
        "public_url": f"https://{authority}.example",
        "public_port": number,
        "desk_port": number + 1,
        "batch": 4,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


def recognition_of(card: Card) -> Recognition:
    """Return the recognition that a meeting would lead to."""
    return inception.recognition_of(card, checked=Checked.MEETING, checked_on=START)


class Wire(Transport):
    """One node's way to the others."""

    def __init__(self, network: "Network", owner: str) -> None:
        super().__init__()
        self._network = network
        self._owner = owner

    def get(self, url: str, *, max_bytes: int = 4 * 1024 * 1024) -> bytes:
        status, _, body = self._network.call(self._owner, "GET", url)
        if status == 404:
            raise NotFoundError(f"{url} has nothing there")
        if status != 200:
            raise UnavailableError(f"{url} answers {status}")
        return body

    def post(self, url: str, body: bytes) -> Answer:
        return self._network.call(self._owner, "POST", url, body)

    def stream(self, url: str, *, start: int) -> Iterator[bytes]:
        wanted = 206 if start else 200
        status, _, body = self._network.call(self._owner, "GET", url, start=start)
        if status == 404:
            raise NotFoundError(f"{url} has nothing there")
        if status != wanted:
            raise UnavailableError(f"{url} answers {status}, {wanted} wanted")
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]
            if self._network.breaks_after is not None and at + 10_000 >= self._network.breaks_after:
                raise UnavailableError(f"{url} broke off")


@dataclass
class RunningNode:
    """One node, opened but without threads."""

    network: "Network"
    authority: str
    directory: Path
    drafter: OfficerKeys
    approver: OfficerKeys
    root: RootKey
    root_file: Path
    keys: ServiceKeys
    skew: timedelta = timedelta()
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def now(self) -> datetime:
        return self.network.clock.now + self.skew

    def open(self) -> None:
        """Open folder and service, as a start of the process does."""
        settings, database, blobs, log_folder = open_stores(self.directory)
        blobs.prepare()
        node = Node(
            directory=self.directory,
            settings=settings,
            keys=self.keys,
            database=database,
            blobs=blobs,
            log_folder=log_folder,
            now=self.now,
            register=read_law(self.directory),
        )
        policy = parse_policy((self.directory / POLICY).read_text())
        self.service = Service(node, policy, transport=Wire(self.network, self.authority))

    def start(self) -> "RunningNode":
        """Ask the witnesses and let the log sign."""
        permit = self.service._permit()
        if permit is not None and self.service._start_log(permit):
            self.service.state = "running"
        return self

    def close(self) -> None:
        self.service.stop()

    def restart(self) -> "RunningNode":
        """End the process between two instructions and start another."""
        self.close()
        self.open()
        return self.start()

    @property
    def node(self) -> Node:
        return self.service.node

    def checkpoint(self, seconds: float = 60) -> None:
        """Make a checkpoint that the witnesses cosign, some time later."""
        self.network.clock.advance(seconds=seconds)
        self.service._tick()

    def follow(self, *others: "RunningNode") -> None:
        """Follow the logs of others."""
        for other in others:
            self.service.peers.follow(other.authority)

    def run(self) -> int:
        """Do the duties that are due."""
        return run_due(self.node, self.service.peers)

    def draft(self, kind: str, to: "RunningNode", body: JsonObject, case: str | None = None, **more: object) -> int:
        return desk.draft(
            self.node,
            self.drafter,
            kind=kind,
            addressee=to.authority,
            body=body,
            case=case,
            **more,  # type: ignore[arg-type]
        )

    def approve(self, number: int) -> str:
        return desk.approve(self.node, self.approver, number).statement

    def say(self, kind: str, to: "RunningNode", body: JsonObject, case: str | None = None) -> str:
        """Draft and approve; return the statement's id."""
        return self.approve(self.draft(kind, to, body, case))

    def ask(self, to: "RunningNode", **changes: Json) -> str:
        """Open a case with a request that is complete."""
        return self.say("request", to, request(**changes))

    def sign(self, to: "RunningNode", /, *, pair: KeyPair | None = None, **changes: object) -> Spoken:
        """Sign a request outside the desk, as a node that skips its own checks could."""
        assert self.approver.statement is not None
        return speak(self.statement(to, **changes), self.approver.statement if pair is None else pair, self.node.random)

    def statement(self, to: "RunningNode", /, **changes: object) -> Statement:
        values: dict[str, object] = {
            "kind": "request",
            "issuer": self.authority,
            "to": (to.authority,),
            "issued": self.now(),
            "exercise": True,
            "body": request(),
        }
        return Statement(**(values | changes))  # type: ignore[arg-type]

    def encrypted(self, spoken: Spoken) -> bytes:
        """Return a delivery encrypted to this node, as anyone could make it."""
        return self.encrypt(encode_delivery(spoken))

    def encrypt(self, plain: bytes) -> bytes:
        return encrypt_bytes(plain, [parse_recipient(self.keys.delivery.recipient.encode())])

    def record(self, statement: str) -> records.Record:
        with self.node.database.reading() as reader:
            return records.get_statement(reader, statement)

    def case(self, case: str) -> list[records.Record]:
        with self.node.database.reading() as reader:
            return records.case_records(reader, case)

    def rows(self, query: str, **parameters: str | float) -> list[Row]:
        with self.node.database.reading() as reader:
            return reader.all(query, parameters)

    def duty(self, key: str) -> tuple[str, int, str | None]:
        """Return state, attempts and problem of the duty about a statement or exhibit."""
        ((_, _, state, attempts, problem),) = self.rows("jobs_of_key", key=key)
        return state, attempts, problem

    def waiting_entries(self) -> int:
        """Return how many entries wait for a place in the log."""
        with self.node.database.transaction() as tx:
            return int(tx._connection.execute("SELECT count(*) FROM log_pending").fetchone()[0])

    def refusals(self) -> list[tuple[str, str]]:
        """Return code and message of the refused deliveries, newest first."""
        return [(row[2], row[3]) for row in self.rows("refusals", most=5000)]


class Network:
    """The nodes of one test."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.clock = Clock(template.now)
        self.down: set[str] = set()
        self.calls: list[tuple[str, str, str]] = []
        # Stands between a node and what it calls; a test may drop, delay, change or make up answers.
        self.intercept: Intercept = lambda method, url, proceed: proceed()
        # A stream of an exhibit ends with an error after so many bytes.
        self.breaks_after: int | None = None
        self._stack = ExitStack()
        self.nodes: dict[str, RunningNode] = {}
        for authority in AUTHORITIES:
            shutil.copytree(template.folder / authority, folder / authority)
            self.nodes[authority] = RunningNode(
                network=self,
                authority=authority,
                directory=folder / authority,
                drafter=template.drafters[authority],
                approver=template.approvers[authority],
                root=template.roots[authority],
                root_file=template.folder / "safe" / f"{authority}.age",
                keys=template.service[authority],
            )
        for node in self.nodes.values():
            node.start()

    @property
    def three(self) -> tuple[RunningNode, RunningNode, RunningNode]:
        """The asker, the asked and a third party."""
        return self.nodes[ASKER], self.nodes[ASKED], self.nodes[THIRD]

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()

    def checkpoint(self) -> None:
        """Make a checkpoint of every log, and have every node follow the others."""
        for node in self.nodes.values():
            node.checkpoint()
        for node in self.nodes.values():
            node.follow(*(other for other in self.nodes.values() if other is not node))

    def settle(self, rounds: int = 6) -> None:
        """Do everybody's duties until nothing is due."""
        for _ in range(rounds):
            if not sum(node.run() for node in self.nodes.values()):
                return
            self.clock.advance(seconds=1)

    def call(self, owner: str, method: str, url: str, body: bytes = b"", start: int = 0) -> Answer:
        authority = str(urlsplit(url).hostname).removesuffix(".example")
        self.calls.append((owner, method, url))

        def proceed() -> Answer:
            if authority in self.down or owner in self.down or authority not in self.nodes:
                raise UnavailableError(f"{url} does not answer: connection refused")
            return _handle(self.nodes[authority], urlsplit(url).path, body, start)

        return self.intercept(method, url, proceed)


def _handle(running: RunningNode, path: str, body: bytes, start: int) -> Answer:
    """Answer as the public listener does."""
    service, parts = running.service, path.strip("/").split("/", 1)
    try:
        match parts[0]:
            case "log":
                return 200, {}, running.node.log_folder.read(parts[1])
            case "deliver":
                return 200, {}, service.deliver(body)
            case "exhibit":
                size = service.exhibit_size(parts[1])
                assert start < size
                return (206 if start else 200), {}, b"".join(service.exhibit(parts[1], start))
            case "witness" if parts[1] == "add-checkpoint":
                reply = service.cosign(body)
            case "witness":
                reply = service.monitor(parts[1].removesuffix("/checkpoint"))
            case _:
                return 404, {}, b""
    except Error as exc:
        answer: Response = error_response(exc)
        return answer.status_code, dict(answer.headers), bytes(answer.body)
    return reply.status, {"content-type": reply.content_type}, reply.body


def make_template(folder: Path) -> Template:
    """Make three nodes that witness, recognise and follow each other, each with a drafter and an approver."""
    service, drafters, approvers, roots = {}, {}, {}, {}
    secrets = {SECRET, WRONG}
    for authority in AUTHORITIES:
        directory, root_file = folder / authority, folder / "safe" / f"{authority}.age"
        create_node(
            directory,
            settings_of(authority),
            root_file=root_file,
            root_passphrase=SECRET,
            service_passphrase=SECRET,
            now=lambda: START,
        )
        drafters[authority] = add_officer(directory, DRAFTER, SECRET, now=lambda: START)
        approvers[authority] = add_officer(
            directory, APPROVER, SECRET, root_file=root_file, root_passphrase=SECRET, now=lambda: START
        )
        service[authority] = open_service(directory / SERVICE_KEYS, SECRET)
        roots[authority] = open_root(root_file, SECRET)
        for path in (root_file, directory / SERVICE_KEYS, officer_path(directory, APPROVER)):
            secrets |= _texts_of(_read(path, SECRET, "a test"))
    for authority in AUTHORITIES:
        name_witnesses(
            folder / authority, [load_card(folder / other) for other in AUTHORITIES if other != authority], 1
        )
    for authority in AUTHORITIES:
        for other in AUTHORITIES:
            if other != authority:
                add_recognition(folder / authority / TRUST, recognition_of(load_card(folder / other)))
    template = Template(
        folder=folder,
        now=START,
        service=service,
        drafters=drafters,
        approvers=approvers,
        roots=roots,
        secrets=frozenset(secrets),
    )
    warm = folder / "warm"
    network = Network(template, warm)
    network.checkpoint()
    network.close()
    for authority in AUTHORITIES:
        shutil.rmtree(folder / authority)
        shutil.move(warm / authority, folder / authority)
    return replace(template, now=network.clock.now)


def _texts_of(value: Json) -> set[str]:
    """Return the long texts of a key file, which are its seeds and secret identity, in the forms they might leak in."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in _texts_of(item)}
    if isinstance(value, list):
        return {text for item in value for text in _texts_of(item)}
    if not isinstance(value, str) or len(value) < 40:
        return set()
    if value.startswith("AGE-SECRET-KEY"):
        return {value, value.lower()}
    seed = decode_base64(value)
    return {value, seed.hex(), repr(seed)}


def request(**changes: Json) -> JsonObject:
    """Return the body of a complete request, with other values for some members; None takes one out."""
    body = BODIES["request"] | changes
    return {name: value for name, value in body.items() if value is not None}


def answers(case: str, *items: str) -> JsonObject:
    """Return what an outcome says it answers."""
    listed: list[Json] = list(items or ("1",))
    return {"request": case, "items": listed}
