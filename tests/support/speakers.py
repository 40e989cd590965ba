"""Fixed keys, statements and recognitions of fictitious authorities, for tests of what authorities say.

Everything comes from counters; only ML-DSA signatures, which the library hedges, differ from run to run.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.canonical import Json, JsonObject
from comity.kernel.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint, with_signatures
from comity.kernel.disclosure import decoys_needed, salts_needed, seal
from comity.kernel.entry import cover_entry, public_entry, sealed_entry
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, Envelope, sign_envelope
from comity.kernel.evidence import Reply
from comity.kernel.key import KeyPair, PublicPair
from comity.kernel.merkle import inclusion_path, leaf_hash, tree_root
from comity.kernel.note import parse_note
from comity.kernel.proof import TlogProof
from comity.kernel.statement import Statement
from comity.kernel.trust import KEYS_KIND, Checked, Designation, Recognition
from support.log_keys import LOG, TIME, WITNESSES, pair, policy

AUTHORITY = "xaa.centre"
PEER = "xab.centre"
ROOT = pair(f"{AUTHORITY}/root", 20)
STATEMENT = pair(f"{AUTHORITY}/statement", 21)
NEXT_STATEMENT = pair(f"{AUTHORITY}/statement", 22)
SERVICE = pair(f"{AUTHORITY}/service", 23)
WITNESS = pair(f"{AUTHORITY}/witness", 24)
PEER_STATEMENT = pair(f"{PEER}/statement", 25)
PEER_ROOT = pair(f"{PEER}/root", 26)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CASE = sha256(b"case").hexdigest()
RECIPIENT = "age1pq1example"
REFUSALS = (MalformedError, VerificationError, PolicyError)


def numbered(size: int, count: int, first: int = 0) -> list[bytes]:
    """Return distinct byte strings that stand for fresh random ones."""
    return [sha256(b"%d" % (first + number)).digest()[:size] for number in range(count)]


def statement(kind: object = "receipt", **changes: object) -> Statement:
    """Return a sealed-to-be statement of the authority to its peer."""
    values: dict[str, object] = {
        "kind": kind,
        "issuer": AUTHORITY,
        "to": (PEER,),
        "issued": NOW,
        "subject": CASE,
        "follows": (CASE,),
        "body": {"amount": 7, "remark": "Zoë"},
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]


def sealed(said: Statement, signer: KeyPair = STATEMENT, *, first: int = 0) -> tuple[Envelope, tuple[str, ...]]:
    """Seal and sign; return the envelope and every disclosure."""
    members = salts_needed(said)
    payload, disclosures = seal(
        said, salts=numbered(16, members, first), decoys=numbered(32, decoys_needed(members), first + 100)
    )
    return sign_envelope(SEALED_TYPE, payload, [signer]), tuple(item.encode() for item in disclosures)


def recognition(**changes: object) -> Recognition:
    """Return what a viewer holds of the authority."""
    values: dict[str, object] = {
        "authority": AUTHORITY,
        "participant": "XAA",
        "root": ROOT.public,
        "log": LOG.public,
        "policy": policy(2),
        "url": "https://xaa.example/",
        "checked": Checked.MEETING,
        "checked_on": NOW,
    }
    return Recognition(**(values | changes))  # type: ignore[arg-type]


def designation(number: object = 1, *pairs: PublicPair, **changes: object) -> Designation:
    """Return a designation of the log pair and of `pairs`, by default the statement and the service pair."""
    values: dict[str, object] = {
        "authority": AUTHORITY,
        "participant": "XAA",
        "number": number,
        "title": "Centre of Arlen",
        "competences": ("central_authority", "contact_point"),
        "pairs": (*(pairs or (STATEMENT.public, SERVICE.public)), LOG.public),
        "recipient": RECIPIENT,
        "url": "https://xaa.example/",
        "previous": None if number == 1 else 2,
    }
    return Designation(**(values | changes))  # type: ignore[arg-type]


def keys_statement(designated: Designation, **changes: object) -> Statement:
    """Return the statement that says a designation."""
    values: dict[str, object] = {
        "kind": KEYS_KIND,
        "issuer": designated.authority,
        "to": (),
        "issued": NOW,
        "body": designated.body(),
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]


def signed_keys(designated: Designation, signer: KeyPair = ROOT) -> Envelope:
    """Return the logged form of a designation."""
    return sign_envelope(STATEMENT_TYPE, keys_statement(designated).encode(), [signer])


def proofs(entries: Sequence[bytes], log: KeyPair = LOG, *, witnesses: int = 2) -> list[bytes]:
    """Return the proof of every entry in a log of just these, under a checkpoint that the witnesses cosigned."""
    leaves = [leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint(origin=log.public.name, size=len(leaves), root=tree_root(leaves))
    note = parse_note(sign_checkpoint(checkpoint, log, TIME))
    for witness in WITNESSES[:witnesses]:
        note = with_signatures(note, cosign_checkpoint(checkpoint, witness, TIME))

    def read(level: int, index: int) -> bytes:
        return tree_root(leaves[index << level : (index + 1) << level])

    return [
        TlogProof(
            index=index, path=tuple(inclusion_path(index, len(leaves), read)), checkpoint_note=note.encode()
        ).encode()
        for index in range(len(leaves))
    ]


def logged_replies(
    first: tuple[Envelope, tuple[str, ...]],
    second: tuple[Envelope, tuple[str, ...]],
    *keys: Envelope,
    log: KeyPair = LOG,
    witnesses: int = 2,
    late: bool = False,
) -> tuple[Reply, Reply]:
    """Log a `keys` statement and a reply under it, twice; with `late`, the second reply before its `keys` statement."""
    shown, (key, next_key) = (first, second), (keys * 2)[:2]
    salts = numbered(32, 2, 700)
    sealed_entries = [sealed_entry(salt, envelope.id) for salt, (envelope, _) in zip(salts, shown, strict=True)]
    designating = [public_entry(next_key.id)] if next_key is not key else []
    rest = [sealed_entries[1], *designating] if late else [*designating, sealed_entries[1]]
    entries = [public_entry(key.id), sealed_entries[0], cover_entry(bytes(32)), *rest]
    places = dict(zip(entries, proofs(entries, log, witnesses=witnesses), strict=True))
    one, two = (
        Reply(
            envelope=envelope,
            disclosures=disclosures,
            salt=salt,
            proof=places[sealed_entry(salt, envelope.id)],
            keys=item,
            keys_proof=places[public_entry(item.id)],
        )
        for item, salt, (envelope, disclosures) in zip((key, next_key), salts, shown, strict=True)
    )
    return one, two


def answers(*items: str, request: str = CASE) -> JsonObject:
    """Return the body of a reply to items of a request."""
    listed: list[Json] = list(items)
    return {"answers": {"items": listed, "request": request}, "reasons": "None."}


def flipped(data: bytes, *, step: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield `data` with one bit of one byte changed, at every `step`th place, with a bit that varies."""
    for place in range(0, len(data), step):
        yield place, data[:place] + bytes([data[place] ^ 1 << place % 7]) + data[place + 1 :]
