"""Nodes of fictitious authorities in one process, without sockets or threads: each asks the others by a direct call."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from comity.errors import NotFoundError, UnavailableError
from comity.kernel.trust import Checked
from comity.log.sequencer import Progress
from comity.log.startup import Permit
from comity.log.state import read_head
from comity.node import service as service_module
from comity.node.context import TRUST, utc_now
from comity.node.inception import create_node, load_card, name_witnesses, recognition_of
from comity.node.places import place_own
from comity.node.service import Service, load_service
from comity.node.settings import Settings
from comity.parties.trust_folder import add_recognition

PASSPHRASE = "correct horse"
NAMES = ("xaa.contact-point", "xab.contact-point", "xac.contact-point")


class SmallNetwork:
    """Three nodes that witness and follow each other; a node that was taken down answers nobody."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, *, quorum: int = 1) -> None:
        self.root = root
        self.down: set[str] = set()
        self.up: dict[str, Service] = {}
        self._stacks: dict[str, ExitStack] = {}
        monkeypatch.setattr(service_module, "Transport", lambda **_: self)
        for number, name in enumerate(NAMES):
            create_node(
                self.folder(name),
                _settings(name, 9001 + 2 * number),
                root_file=root / "safe" / f"{name}.age",
                root_passphrase=PASSPHRASE,
                service_passphrase=PASSPHRASE,
            )
        cards = {name: load_card(self.folder(name)) for name in NAMES}
        for name in NAMES:
            name_witnesses(self.folder(name), [card for other, card in cards.items() if other != name], quorum)
        for name in NAMES:
            for other in NAMES:
                if other != name:
                    recognise(self.folder(name) / TRUST, self.folder(other))

    def folder(self, name: str) -> Path:
        return self.root / name[:3]

    def start_all(self) -> None:
        """Load every node, so that each can ask the others, and let their logs sign."""
        for name in NAMES:
            self._load(name)
        for name in NAMES:
            self._permit(name, ask=True)

    def start(self, name: str, *, ask: bool = True) -> Service:
        """Load a node and let its log sign, if its witnesses do not object; against every rule, do not ask them."""
        self._load(name)
        return self._permit(name, ask=ask)

    def _load(self, name: str) -> None:
        stack = self._stacks[name] = ExitStack()
        self.up[name] = load_service(self.folder(name), PASSPHRASE, stack)

    def _permit(self, name: str, *, ask: bool) -> Service:
        service = self.up[name]
        if not service.quarantined:
            permit = service._permit() if ask else unasked(service)
            if permit is not None:
                service._sequencer.start(permit)
        return service

    def stop(self, name: str) -> None:
        service = self.up.pop(name)
        service._pool.shutdown()
        self._stacks.pop(name).close()

    def close(self) -> None:
        for name in list(self._stacks):
            self.stop(name)

    def tick(self, name: str) -> Progress:
        service = self.up[name]
        progress = service._sequencer.tick()
        place_own(service.node, service.policy)
        return progress

    def follow(self, name: str, of: str) -> None:
        self.up[name].peers.follow(of)

    # As `Transport`.

    def get(self, url: str) -> bytes:
        service, path = self._route(url)
        first, _, rest = path.partition("/")
        if first == "log":
            return service.node.log_folder.read(rest)
        digest, _, rest = rest.partition("/")
        if first == "followed":
            return service.followed(digest, rest)
        reply = service.monitor(digest)
        if reply.status == 404:
            raise NotFoundError(url)
        return reply.body

    def post(self, url: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        service, _ = self._route(url)
        reply = service.cosign(body)
        return reply.status, {"content-type": reply.content_type}, reply.body

    def _route(self, url: str) -> tuple[Service, str]:
        port, _, path = url.removeprefix("http://127.0.0.1:").partition("/")
        name = NAMES[(int(port) - 9001) // 2]
        if name in self.down or name not in self.up:
            raise UnavailableError(f"{name} does not answer")
        return self.up[name], path


def unasked(service: Service) -> Permit:
    with service.node.database.reading() as tx:
        head = read_head(tx)
    return Permit(origin=service.node.settings.origin, size=head.size, root=head.root)


def _settings(name: str, port: int) -> Settings:
    return Settings(
        authority=name,
        participant=name[:3].upper(),
        title=f"Contact point {name[:3]}",
        competences=("contact_point",),
        exercise=True,
        public_url=f"http://127.0.0.1:{port}",
        public_port=port,
        desk_port=port + 1,
    )


def recognise(trust: Path, node: Path) -> None:
    card = load_card(node)
    add_recognition(trust, recognition_of(card, checked=Checked.MEETING, checked_on=utc_now()))
