"""What a state that cheats does, played by a fictitious one: it rewrites its own log to backdate a refusal.

The node software refuses to do this, so the cheat works on files with the log's keys: it puts a refusal in the place
of an earlier cover entry, rebuilds the tree, signs its new head and asks the witnesses to cosign that. It is as
good a forgery as the log's operator can make.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from os import urandom
from pathlib import Path
from typing import Final

from comity.errors import PolicyError
from comity.exchange.delivery import speak
from comity.exchange.statements import Answers, Refused, encode_body
from comity.kernel.canonical import parse_digest
from comity.kernel.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from comity.kernel.entry import SEALED
from comity.kernel.merkle import HashReader, consistency_path, leaf_hash, root_at, tree_root
from comity.kernel.note import parse_note
from comity.kernel.statement import Statement
from comity.log.cosigning import witness_peers
from comity.log.reader import LogReader
from comity.log.witness import encode_submission
from comity.node.context import LOG, SERVICE_KEYS, read_policy
from comity.node.keyring import officer_path, open_officer, open_service
from comity.node.settings import load_settings
from comity.node.transport import Transport
from comity.parties.participants import is_fictitious
from comity.store.files import Folder

GROWN_BY: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """The rewritten log: its new head at the published size, one grown beyond it, and where the refusal was put."""

    index: int
    size: int
    same_size: bytes
    grown: bytes
    path: tuple[bytes, ...]


def rewrite_log(
    directory: Path, passphrase: str, *, officer: str, asker: str, case: str, items: Sequence[str], dated: datetime
) -> Forged:
    """Backdate a refusal in the log of the stopped node in `directory`, and sign the result.

    Raises:
        PolicyError: the node is not an exercise of a fictitious state.
    """
    settings = load_settings(directory)
    if not settings.exercise or not is_fictitious(settings.participant):
        raise PolicyError("misbehaviour is played by fictitious states in exercises only")
    keys = open_service(directory / SERVICE_KEYS, passphrase)
    approver = open_officer(officer_path(directory, officer), passphrase)
    assert approver.statement is not None
    refusal = Statement(
        kind="refused",
        issuer=settings.authority,
        to=(asker,),
        issued=dated,
        subject=case,
        follows=(case,),
        exercise=True,
        body=encode_body(
            Refused(
                answers=Answers(request=case, items=list(items)),
                ground="essential_interests",
                article="29(5)(b)",
                reasons="Refused in good time (exercise; this was written afterwards).",
            )
        ),
    )
    parse_digest(case)
    entry = speak(refusal, approver.statement, urandom).entry
    reader = LogReader(Folder(directory / LOG).read)
    published = parse_checkpoint(parse_note(reader.checkpoint()).text)
    entries = reader.entries(0, published.size, published.size)
    index = _an_early_cover(entries)
    forged = [*entries[:index], entry, *entries[index + 1 :]]
    leaves = [leaf_hash(item) for item in forged]
    grown_leaves = leaves + [leaf_hash(SEALED + urandom(32)) for _ in range(GROWN_BY)]
    time = int(dated.timestamp()) + 3600
    same = Checkpoint(origin=settings.origin, size=len(leaves), root=tree_root(leaves))
    grown = Checkpoint(origin=settings.origin, size=len(grown_leaves), root=tree_root(grown_leaves))
    read = _hashes(grown_leaves)
    assert root_at(len(leaves), read) == same.root
    return Forged(
        index=index,
        size=published.size,
        same_size=sign_checkpoint(same, keys.log, time),
        grown=sign_checkpoint(grown, keys.log, time + 1),
        path=tuple(consistency_path(len(leaves), len(grown_leaves), read)),
    )


def _an_early_cover(entries: Sequence[bytes]) -> int:
    """Return the place of an entry from before the request; nobody can tell a cover from a statement but its log."""
    return next(index for index, entry in enumerate(entries) if index >= GROWN_BY and entry[:1] == SEALED)


def _hashes(leaves: Sequence[bytes]) -> HashReader:
    def read(level: int, index: int) -> bytes:
        return tree_root(leaves[index << level : (index + 1) << level])

    return read


def ask_witnesses(directory: Path, forged: Forged) -> list[tuple[str, int, str]]:
    """Ask every witness to cosign both forged heads; return who answered what."""
    peers = witness_peers(read_policy(directory))
    transport = Transport(loopback=True)
    answers = []
    try:
        for peer in peers:
            for note, path in ((forged.same_size, ()), (forged.grown, forged.path)):
                body = encode_submission(forged.size, path, parse_note(note))
                status, _, answer = transport.post(f"{peer.url}/add-checkpoint", body)
                answers.append((peer.name, status, answer.decode("utf-8", "replace").strip()))
    finally:
        transport.close()
    return answers
