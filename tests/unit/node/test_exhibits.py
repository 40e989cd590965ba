"""Exhibits: encrypted on the way in, fetched in pieces, kept only whole, opened only to be compared."""

import errno
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError, PolicyError, StoreError, UnavailableError, VerificationError
from comity.exchange.rules import check_custody
from comity.exchange.statements import Answers, Exhibit, Opened, Package, body_of, parse_body
from comity.kernel.canonical import format_time
from comity.node import desk
from comity.node.exhibits import INCOMING, Acquired, fetch_exhibit, open_package, package_body, store_exhibit
from comity.store.blobs import Blobs
from comity.store.files import Folder, RealFiles
from support.nodes import ASKED, ASKER, Answer, Network, RunningNode

TRACK = b"position,time\n" * 40_000
DESCRIBED = {
    "exhibit": "E1",
    "name": "track.csv",
    "description": "Track of a vessel",
    "media_type": "text/csv",
    "label": "bag 12",
}


@pytest.fixture
def case(network: Network, asker: RunningNode, asked: RunningNode) -> str:
    case = asker.ask(asked)
    network.settle()
    return case


def store(node: RunningNode, case: str, pieces: Iterable[bytes] = (TRACK,), **changes: str) -> Exhibit:
    return store_exhibit(node.node, case=case, asker=ASKER, described=DESCRIBED | changes, pieces=pieces)


def send(node: RunningNode, to: RunningNode, case: str, *stored: Exhibit) -> str:
    """Draft and approve the package of exhibits; return its id."""
    acquired = Acquired(source="mail.example", by="maria", at="2026-03-02T09:00:00Z", why="order O-7")
    body = package_body(
        node.node,
        answers=Answers(request=case, items=["1"]),
        exhibits=stored,
        acquired={exhibit.exhibit: acquired for exhibit in stored},
        asker=to.authority,
        officer="maria",
    )
    return node.say("package", to, body, case)


@pytest.fixture
def package(network: Network, asker: RunningNode, asked: RunningNode, case: str) -> str:
    """A package whose statement has arrived at the asker, and whose exhibit has not."""
    package = send(asked, asker, case, store(asked, case))
    asked.run()
    return package


def exhibit_of(node: RunningNode, package: str) -> Exhibit:
    (exhibit,) = body_of(node.record(package).statement, Package).exhibits
    return exhibit


def held(node: RunningNode, exhibit: Exhibit) -> bool:
    (row,) = node.rows("exhibit_get", encrypted_digest=exhibit.encrypted_digest)
    return bool(row[5])


def parts(node: RunningNode) -> list[Path]:
    return sorted((node.directory / INCOMING).glob("*"))


def left_over(node: RunningNode) -> list[Path]:
    return [path for path in (node.directory / "blobs").rglob("*") if path.is_file()]


# Taking in.


def test_an_exhibit_is_encrypted_as_it_arrives_and_described_by_both_digests(asked: RunningNode, case: str) -> None:
    exhibit = store(asked, case, [TRACK[:7], TRACK[7:]])
    assert (exhibit.size, exhibit.digest) == (len(TRACK), sha256(TRACK).hexdigest())
    (blob,) = left_over(asked)
    assert sha256(blob.read_bytes()).hexdigest() == exhibit.encrypted_digest
    assert TRACK[:100] not in blob.read_bytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "../track.csv"), ("name", ""), ("exhibit", "E 1"), ("media_type", "a\nb"), ("colour", "red")],
)
def test_a_description_that_no_package_could_hold_is_refused_before_a_byte_is_read(
    asked: RunningNode, case: str, name: str, value: str
) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("read")
        yield b""

    with pytest.raises(MalformedError, match="description of the exhibit"):
        store(asked, case, never(), **{name: value})
    assert not left_over(asked)


def test_a_description_that_lacks_a_member_is_refused(asked: RunningNode, case: str) -> None:
    with pytest.raises(MalformedError, match="missing required field"):
        store_exhibit(asked.node, case=case, asker=ASKER, described={"exhibit": "E1"}, pieces=[])


def test_an_upload_that_breaks_off_leaves_nothing(asked: RunningNode, case: str) -> None:
    def broken() -> Iterator[bytes]:
        yield TRACK
        raise MalformedError("the upload broke off")

    with pytest.raises(MalformedError, match="broke off"):
        store(asked, case, broken())
    assert not left_over(asked)
    assert not asked.rows("exhibits_of_case", case_id=case)


class FullDisk(RealFiles):
    """A disk that is full after some bytes."""

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        def limited() -> Iterator[bytes]:
            left = 100_000
            for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                yield chunk

        super().write(path, limited())


def on_full_disk(node: RunningNode) -> Blobs:
    return Blobs(Folder(node.directory / "blobs", FullDisk()))


def test_a_full_disk_keeps_nothing_of_an_upload(asked: RunningNode, case: str) -> None:
    full = replace(asked.node, blobs=on_full_disk(asked))
    with pytest.raises(StoreError, match="disk is full"):
        store_exhibit(full, case=case, asker=ASKER, described=DESCRIBED, pieces=[TRACK])
    assert not left_over(asked)
    assert not asked.rows("exhibits_of_case", case_id=case)
    assert store(asked, case).size == len(TRACK)


def test_an_exhibit_for_an_unknown_authority_is_refused(asked: RunningNode, case: str) -> None:
    with pytest.raises(PolicyError, match=r"no keys statement of xyz\.nobody is known"):
        store_exhibit(asked.node, case=case, asker="xyz.nobody", described=DESCRIBED, pieces=[TRACK])


# Fetching.


def test_a_package_brings_its_exhibits(asker: RunningNode, asked: RunningNode, package: str) -> None:
    exhibit = exhibit_of(asker, package)
    assert not held(asker, exhibit)
    assert asker.duty(exhibit.encrypted_digest)[0] == "due"
    asker.run()
    assert held(asker, exhibit)
    assert asker.duty(exhibit.encrypted_digest)[0] == "done"
    assert not parts(asker)


def test_a_fetch_that_broke_off_goes_on_where_it_ended(
    network: Network, asker: RunningNode, asked: RunningNode, package: str
) -> None:
    exhibit, starts = exhibit_of(asker, package), []
    stream = asker.service.transport.stream

    def recorded(url: str, *, start: int) -> Iterator[bytes]:
        starts.append(start)
        return stream(url, start=start)

    asker.service.transport.stream = recorded  # type: ignore[method-assign]
    network.breaks_after = 200_000
    asker.run()
    state, _, problem = asker.duty(exhibit.encrypted_digest)
    assert state == "due"
    assert "broke off" in str(problem)
    asker.restart()
    asker.service.transport.stream = recorded  # type: ignore[method-assign]
    network.breaks_after = None
    network.clock.advance(seconds=300)
    asker.run()
    assert starts == [0, 200_000]
    assert held(asker, exhibit)
    assert open_package(asker.node, package, "maria")[0] == "opened"


def test_an_answer_that_ends_early_is_fetched_on(
    network: Network, asker: RunningNode, asked: RunningNode, package: str
) -> None:
    exhibit = exhibit_of(asker, package)

    def short(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        status, headers, body = proceed()
        return status, headers, body[:300_000]

    network.intercept = short
    with pytest.raises(UnavailableError, match="broke off after 300000 of"):
        fetch_exhibit(
            asker.node,
            asker.service.transport,
            digest=exhibit.encrypted_digest,
            size=exhibit.encrypted_size,
            url=f"https://{ASKED}.example",
        )
    asker.run()
    assert held(asker, exhibit)


@pytest.mark.parametrize("change", ["flipped", "longer", "from the wrong place"])
def test_wrong_bytes_are_thrown_away_and_fetched_anew(
    network: Network, asker: RunningNode, asked: RunningNode, package: str, change: str
) -> None:
    exhibit = exhibit_of(asker, package)
    if change == "from the wrong place":
        network.breaks_after = 200_000
        asker.run()
        network.breaks_after = None
        network.clock.advance(seconds=300)

    def tampered(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        status, headers, body = proceed()
        if "/exhibit/" not in url:
            return status, headers, body
        if change == "longer":
            return status, headers, body + bytes(50_000)
        if change == "flipped":
            return status, headers, body[:9] + bytes([body[9] ^ 1]) + body[10:]
        return status, headers, bytes(len(body))

    network.intercept = tampered
    asker.run()
    state, _, problem = asker.duty(exhibit.encrypted_digest)
    assert state == "due"
    assert "the peer sent" in str(problem)
    assert not held(asker, exhibit)
    assert not parts(asker)
    assert not left_over(asker)
    network.intercept = lambda method, url, proceed: proceed()
    network.clock.advance(seconds=300)
    asker.run()
    assert held(asker, exhibit)


def test_an_exhibit_that_the_peer_does_not_have_is_asked_for_again(
    network: Network, asker: RunningNode, asked: RunningNode, package: str
) -> None:
    exhibit = exhibit_of(asker, package)
    network.intercept = lambda method, url, proceed: (404, {}, b"") if "/exhibit/" in url else proceed()
    asker.run()
    assert asker.duty(exhibit.encrypted_digest)[0] == "due"
    network.intercept = lambda method, url, proceed: proceed()
    network.clock.advance(seconds=300)
    asker.run()
    assert held(asker, exhibit)


def test_a_full_disk_makes_a_fetch_wait(
    network: Network, asker: RunningNode, asked: RunningNode, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhibit = exhibit_of(asker, package)
    sound = asker.node.blobs
    object.__setattr__(asker.node, "blobs", on_full_disk(asker))
    asker.run()
    assert "disk is full" in str(asker.duty(exhibit.encrypted_digest)[2])
    assert not left_over(asker)

    def full(self: Path, **_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    object.__setattr__(asker.node, "blobs", sound)
    network.clock.advance(seconds=300)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        asker.run()
    assert "disk is full" in str(asker.duty(exhibit.encrypted_digest)[2])
    network.clock.advance(seconds=300)
    asker.run()
    assert held(asker, exhibit)


# Opening.


def test_an_opened_package_continues_an_unbroken_chain_of_custody(
    network: Network, asker: RunningNode, asked: RunningNode, package: str
) -> None:
    asker.run()
    kind, body = open_package(asker.node, package, "maria")
    assert kind == "opened"
    opened = parse_body(kind, body)
    assert isinstance(opened, Opened)
    sent = body_of(asker.record(package).statement, Package)
    check_custody([*sent.custody, *opened.custody])
    asker.say(kind, asked, body, asker.record(package).case)
    network.settle()
    assert not parts(asker)


def test_a_package_is_said_to_be_opened_once(
    network: Network, asker: RunningNode, asked: RunningNode, package: str
) -> None:
    asker.run()
    kind, body = open_package(asker.node, package, "maria")
    case = asker.record(package).case
    drafts = [asker.draft(kind, asked, body, case) for _ in range(2)]
    asker.approve(drafts[0])
    with pytest.raises(PolicyError, match="was opened already"):
        asker.approve(drafts[1])


def test_a_package_cannot_be_opened_before_its_exhibits_are_here(
    asker: RunningNode, asked: RunningNode, package: str
) -> None:
    with pytest.raises(NotFoundError, match="exhibit E1 has not arrived here yet"):
        open_package(asker.node, package, "maria")


@pytest.mark.parametrize(
    "changes",
    [{"digest": sha256(b"other").hexdigest()}, {"encrypted_digest": sha256(b"other").hexdigest()}, {"name": "b.csv"}],
    ids=lambda changes: next(iter(changes)),
)
def test_an_exhibit_is_sent_only_as_it_was_uploaded(
    asker: RunningNode, asked: RunningNode, case: str, changes: dict[str, str]
) -> None:
    exhibit = store(asked, case)
    with pytest.raises(PolicyError, match="exhibit E1 was not uploaded to this case as it is described"):
        send(asked, asker, case, _with(exhibit, **changes))


def test_an_exhibit_of_another_case_is_not_sent(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    other = asker.ask(asked, reference="XAA-2")
    network.settle()
    exhibit = store(asked, other)
    with pytest.raises(PolicyError, match="was not uploaded to this case"):
        send(asked, asker, case, exhibit)


def test_an_exhibit_with_other_plain_bytes_than_stated_is_a_mismatch(
    network: Network, asker: RunningNode, asked: RunningNode, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sender skips its own check.
    monkeypatch.setattr(desk, "_check_uploaded", lambda reader, statement: None)
    other = sha256(b"other").hexdigest()
    exhibit = store(asked, case)
    package = send(asked, asker, case, _with(exhibit, digest=other))
    network.settle()
    kind, body = open_package(asker.node, package, "maria")
    assert kind == "mismatch"
    assert (body["stated"], body["found"], body["stage"]) == (other, exhibit.digest, "decrypted")


def _with(exhibit: Exhibit, **changes: str) -> Exhibit:
    values = {name: getattr(exhibit, name) for name in exhibit.__struct_fields__}
    return Exhibit(**(values | changes))


def test_bytes_that_this_nodes_disk_has_changed_are_no_word_against_the_peer(
    asker: RunningNode, asked: RunningNode, package: str
) -> None:
    asker.run()
    (blob,) = left_over(asker)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    with pytest.raises(StoreError, match="changed on this node's disk"):
        open_package(asker.node, package, "maria")


def test_an_exhibit_encrypted_to_somebody_else_cannot_be_opened(
    network: Network, asker: RunningNode, asked: RunningNode, third: RunningNode, case: str
) -> None:
    exhibit = store_exhibit(
        asked.node, case=case, asker=third.authority, described=DESCRIBED, pieces=[b"not for the asker"]
    )
    package = send(asked, asker, case, exhibit)
    network.settle()
    with pytest.raises(VerificationError, match="encrypted to others"):
        open_package(asker.node, package, "maria")


def test_only_a_package_can_be_opened(asker: RunningNode, case: str) -> None:
    with pytest.raises(MalformedError, match="has no Package body"):
        open_package(asker.node, case, "maria")
    with pytest.raises(NotFoundError):
        open_package(asker.node, "ab" * 32, "maria")


@pytest.mark.parametrize("at", [None, "2027-01-01T00:00:00Z"])
def test_an_exhibit_whose_origin_is_not_stated_goes_into_no_package(
    asked: RunningNode, case: str, at: str | None
) -> None:
    exhibit = store(asked, case)
    origin = {} if at is None else {"E1": Acquired(source="mail.example", by="maria", at=at, why="order")}
    with pytest.raises(PolicyError, match="state whom it was acquired from, and when, not after"):
        package_body(
            asked.node,
            answers=Answers(request=case, items=["1"]),
            exhibits=[exhibit],
            acquired=origin,
            asker=ASKER,
            officer="maria",
        )
    assert format_time(asked.now()) < "2027"
