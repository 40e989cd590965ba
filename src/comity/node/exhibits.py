"""Exhibits at a node: encrypted as they arrive from the officer, fetched by the asker, opened only to be compared.

Plain bytes never touch this node's disk. A fetch that broke off goes on where it ended; what is kept at last is what
has the digest that the package states.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from comity.errors import MalformedError, NotFoundError, PolicyError, StoreError, UnavailableError, VerificationError
from comity.exchange.package import ENCRYPTED, ExhibitMismatchError, decrypt_exhibit, encrypt_exhibit_chunks
from comity.exchange.statements import (
    Answers,
    CustodyEvent,
    Exhibit,
    Mismatch,
    Opened,
    OpenedExhibit,
    Package,
    body_of,
    encode_body,
)
from comity.kernel.canonical import JsonObject, format_time
from comity.node import records
from comity.node.context import Node
from comity.node.inbox import note_exhibit
from comity.node.transport import Transport
from comity.store.files import translated

INCOMING: Final = "incoming"
CHUNK_BYTES: Final = 1024 * 1024
_NO_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquired:
    """Whom an exhibit was taken over from, by whom, when and why."""

    source: str
    by: str
    at: str
    why: str


def store_exhibit(node: Node, *, case: str, asker: str, described: dict[str, str], pieces: Iterable[bytes]) -> Exhibit:
    """Encrypt an exhibit to the asker while it arrives, keep the encrypted bytes, and return its description.

    `described` has exhibit, name, description, media_type and, where given, label.

    Raises:
        PolicyError: the asker has no designation known here.
        MalformedError: the description breaks its shape.
        StoreError: the disk is full or failed; nothing is kept.
    """
    _describe(described, size=0, digest=_NO_DIGEST, encrypted_size=0, encrypted_digest=_NO_DIGEST)
    recipient = node.recipient(asker)
    encrypted, measure = encrypt_exhibit_chunks(pieces, recipient)
    blob = node.blobs.put(encrypted)
    exhibit = _describe(described, **asdict(measure(blob.size, blob.digest)))
    with node.database.transaction() as tx:
        note_exhibit(tx, case, exhibit, held=True)
    return exhibit


def _describe(described: Mapping[str, str], **measured: str | int) -> Exhibit:
    try:
        return msgspec.convert({**described, **measured}, Exhibit)
    except msgspec.ValidationError as exc:
        raise MalformedError(f"description of the exhibit: {exc}") from exc


def fetch_exhibit(node: Node, transport: Transport, *, digest: str, size: int, url: str) -> None:
    """Fetch encrypted bytes from a peer, resuming a fetch that broke off, and keep them under their digest.

    Raises:
        UnavailableError: the peer does not answer or breaks off; what arrived stays for the next try.
        VerificationError: the peer sent other bytes; they are thrown away.
        StoreError: the disk is full or failed.
    """
    part = node.directory / INCOMING / f"{digest}.part"
    with translated(f"fetching exhibit {digest[:12]}…"):
        part.parent.mkdir(mode=0o700, exist_ok=True)
        arrived = _fetch_rest(transport, f"{url}/exhibit/{digest}", part, size)
        if arrived < size:
            raise UnavailableError(
                f"exhibit {digest[:12]}… broke off after {arrived} of {size} bytes; the rest is fetched later"
            )
        with part.open("rb") as source:
            found = sha256_of(source)
        if found != digest or arrived != size:
            part.unlink()
            raise VerificationError(
                f"the peer sent {arrived} bytes with SHA-256 {found[:12]}… for exhibit {digest[:12]}…"
            )
        with part.open("rb") as source:
            node.blobs.put(iter(lambda: source.read(CHUNK_BYTES), b""))
        with node.database.transaction() as tx:
            tx.run("exhibit_held", {"encrypted_digest": digest})
        part.unlink()


def _fetch_rest(transport: Transport, url: str, part: Path, size: int) -> int:
    """Append what a part still lacks, and return how many bytes it has then; more than `size` is never fetched far."""
    start = part.stat().st_size if part.exists() else 0
    if start > size:
        part.unlink()
        start = 0
    with part.open("ab") as target:
        if start < size:
            for chunk in transport.stream(url, start=start):
                target.write(chunk)
                if target.tell() > size:
                    break
    return part.stat().st_size


def sha256_of(source: BinaryIO) -> str:
    """Return the digest of all that a file has, in hexadecimal."""
    digest = sha256()
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def open_package(node: Node, package_id: str, officer: str) -> tuple[str, JsonObject]:
    """Decrypt every exhibit of a package, compare digests, and return the kind and body that say what was found.

    Raises:
        NotFoundError: the package or one of its exhibits is not here yet.
        VerificationError: an exhibit cannot be opened with this node's delivery identity.
        StoreError: the encrypted bytes are no longer those that arrived.
    """
    with node.database.reading() as reader:
        record = records.get_statement(reader, package_id)
    package = body_of(record.statement, Package)
    found: list[OpenedExhibit] = []
    events: list[CustodyEvent] = []
    for exhibit in package.exhibits:
        with open_blob(node, exhibit) as source:
            try:
                digest = decrypt_exhibit(source, None, node.keys.deliveries, exhibit)
            except ExhibitMismatchError as exc:
                if exc.stage == ENCRYPTED:
                    # They had this digest when they arrived, so this disk has changed them: no word against the peer.
                    raise StoreError(
                        f"the encrypted bytes of exhibit {exhibit.exhibit} were changed on this node's disk"
                    ) from exc
                mismatch = Mismatch(
                    package=package_id, exhibit=exc.exhibit, stated=exc.stated, found=exc.found, stage=exc.stage
                )
                return "mismatch", encode_body(mismatch)
        found.append(OpenedExhibit(exhibit=exhibit.exhibit, digest=digest))
        events += _taken_over(node, package, exhibit, officer)
    return "opened", encode_body(Opened(package=package_id, exhibits=found, custody=events))


def _taken_over(node: Node, package: Package, exhibit: Exhibit, officer: str) -> list[CustodyEvent]:
    """Return the events by which this authority takes an exhibit over from where the package left it."""
    last = [event for event in package.custody if event.exhibit == exhibit.exhibit]
    before = last[-1].holder_after if last else "unknown"
    at = format_time(node.now())
    shared = {"exhibit": exhibit.exhibit, "by": officer, "at": at, "digest": exhibit.digest}
    received = CustodyEvent(
        action="received", why="encrypted bytes fetched", holder_before=before, holder_after=node.authority, **shared
    )
    decrypted = CustodyEvent(
        action="decrypted",
        why="both digests compared with the package",
        holder_before=node.authority,
        holder_after=node.authority,
        **shared,
    )
    return [received, decrypted]


def open_blob(node: Node, exhibit: Exhibit) -> BinaryIO:
    """Open the encrypted bytes of an exhibit.

    Raises:
        NotFoundError: they have not arrived here yet.
    """
    try:
        node.blobs.size(exhibit.encrypted_digest)
    except NotFoundError as exc:
        raise NotFoundError(f"exhibit {exhibit.exhibit} has not arrived here yet; it is being fetched") from exc
    return io.BufferedReader(ChunkReader(node.blobs.read(exhibit.encrypted_digest)), CHUNK_BYTES)


class ChunkReader(io.RawIOBase):
    """Reads from an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        """Say that this stream is for reading."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` as far as one chunk goes."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def package_body(
    node: Node,
    *,
    answers: Answers,
    exhibits: Sequence[Exhibit],
    acquired: Mapping[str, Acquired],
    asker: str,
    officer: str,
    conditions: str | None = None,
) -> JsonObject:
    """Return the body of a `package`, with each exhibit's custody from its acquisition to its sending.

    `acquired` says of each exhibit whom it was taken over from, when and why.

    Raises:
        PolicyError: an exhibit's acquisition is not stated, or lies in the future.
    """
    at = format_time(node.now())
    events: list[CustodyEvent] = []
    for exhibit in exhibits:
        origin = acquired.get(exhibit.exhibit)
        if origin is None or origin.at > at:
            raise PolicyError(f"exhibit {exhibit.exhibit}: state whom it was acquired from, and when, not after {at}")
        own = {"exhibit": exhibit.exhibit, "by": officer, "digest": exhibit.digest, "holder_before": node.authority}
        events += [
            CustodyEvent(
                exhibit=exhibit.exhibit,
                action="acquired",
                by=origin.by,
                at=origin.at,
                why=origin.why,
                holder_before=origin.source,
                holder_after=node.authority,
                digest=exhibit.digest,
            ),
            CustodyEvent(action="described", at=at, why="digest taken", holder_after=node.authority, **own),
            CustodyEvent(action="encrypted", at=at, why=f"to {asker}", holder_after=node.authority, **own),
            CustodyEvent(
                action="sent",
                at=at,
                why="answers the request",
                holder_after=f"in transit to {asker}, encrypted",
                **own,
            ),
        ]
    body = Package(
        answers=answers,
        exhibits=list(exhibits),
        custody=events,
        recipient=node.designation(asker).recipient[:60],
        conditions=conditions,
    )
    return encode_body(body)
