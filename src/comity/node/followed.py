"""What this node serves of the logs that it follows, under the paths that the logs themselves have.

Everything here was public in the followed log already: its newest verified checkpoint, its entries, its public
statements. It is served so that a log that lost its newest entries gets them back from those who keep them
(`comity.node.refetch`), and so that anybody can compare what a log shows to different readers.
"""

from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, NotFoundError
from comity.kernel.tile import ENTRIES, TILE_WIDTH, encode_bundle, parse_tile_path
from comity.log.follower import read_entries, read_peer_head
from comity.log.reader import CHECKPOINT_PATH, envelope_path
from comity.node.context import Node
from comity.store.database import Reader

FOLLOWED: Final = "followed"


def followed_url(url: str, origin: str) -> str:
    """Return under which URL the node at `url` serves what it holds of a log."""
    return f"{url}/{FOLLOWED}/{sha256(origin.encode()).hexdigest()}"


def read_followed(node: Node, digest: str, path: str) -> bytes:
    """Return a file of a followed log; the log is named by the SHA-256 of its origin.

    Raises:
        NotFoundError: the log is not followed here, or that much of it is not held.
        StoreError: the database failed.
    """
    origins = (item.log.name for authority, item in node.trust().items() if authority != node.authority)
    origin = next((name for name in origins if sha256(name.encode()).hexdigest() == digest), None)
    if origin is None:
        raise NotFoundError("no log of that name is followed here")
    with node.database.reading() as reader:
        if path == CHECKPOINT_PATH:
            return _checkpoint(reader, origin)
        if path.startswith("tile/"):
            return _bundle(reader, origin, path)
        return _envelope(reader, origin, path)


def _checkpoint(reader: Reader, origin: str) -> bytes:
    head = read_peer_head(reader, origin)
    if head is None:
        raise NotFoundError(f"nothing of {origin} is held here yet")
    return head.note


def _bundle(reader: Reader, origin: str, path: str) -> bytes:
    try:
        tile = parse_tile_path(path)
    except MalformedError as exc:
        raise NotFoundError(exc.message) from exc
    if tile.level != ENTRIES:
        raise NotFoundError("of a followed log entries are served, and no tiles: they follow from the entries")
    start = tile.index * TILE_WIDTH
    return encode_bundle(read_entries(reader, origin, start, start + tile.width))


def _envelope(reader: Reader, origin: str, path: str) -> bytes:
    statement_id = path.rpartition("/")[2]
    wanted = {"authority": origin.removesuffix("/log"), "statement_id": statement_id}
    if path != envelope_path(statement_id):
        raise NotFoundError("an envelope lies under the beginning of its own id")
    row = reader.one("peer_keys_envelope", wanted)
    if row is None:
        row = reader.one("peer_public_envelope", {"origin": origin, "statement_id": statement_id})
    if row is None:
        raise NotFoundError(f"no public statement {statement_id[:12]}… of {origin} is held here")
    return bytes(row[0])
