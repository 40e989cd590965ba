"""Writes the project's own test vectors, `docs/formats/vectors/*.json`.

Run from the top of the checkout, with the package installed:

    PYTHONPATH=tests python -m support.make_vectors docs/formats/vectors

Keys grow from the seeds in `keys.json`; times and salts are fixed. ML-DSA-44 signatures are hedged, so every run writes
other signatures and ids: the vectors are made once, and again only when a format changes.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from comity.exchange.delivery import Spoken, encode_delivery, speak
from comity.kernel.canonical import Json, encode_base64, encode_base64url, encode_json, format_time, parse_object
from comity.kernel.checkpoint import Checkpoint, sign_checkpoint
from comity.kernel.disclosure import Disclosure, open_sealed, seal
from comity.kernel.entry import public_entry, sealed_entry
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, Envelope, sign_envelope
from comity.kernel.evidence import SplitView, encode_two_keys, encode_two_replies
from comity.kernel.key import KeyPair, encode_vkey
from comity.kernel.merkle import consistency_path, inclusion_path, leaf_hash, tree_root
from comity.kernel.note import Note, parse_note
from comity.kernel.proof import TlogProof
from comity.kernel.statement import Statement
from support.bodies import opening, within
from support.log_keys import CHECKPOINT, ENTRIES, LEAVES, LOG, OTHER_LOG, TIME, WITNESSES, pair, policy, witnessed_note
from support.speakers import (
    NEXT_STATEMENT,
    NOW,
    PEER,
    PEER_STATEMENT,
    ROOT,
    SERVICE,
    STATEMENT,
    WITNESS,
    answers,
    designation,
    keys_statement,
    logged_replies,
    numbered,
    recognition,
    sealed,
    signed_keys,
    statement,
)

Case = dict[str, Any]
MALFORMED: Final = "malformed"
UNVERIFIED: Final = "unverified"
REFUSED: Final = "refused"

USURPER = pair(ROOT.public.name, 90)
PAIRS: Final[dict[str, tuple[KeyPair, int]]] = {
    "root": (ROOT, 20),
    "statement": (STATEMENT, 21),
    "next_statement": (NEXT_STATEMENT, 22),
    "service": (SERVICE, 23),
    "own_witness": (WITNESS, 24),
    "peer_statement": (PEER_STATEMENT, 25),
    "log": (LOG, 1),
    "other_log": (OTHER_LOG, 2),
    "witness_b": (WITNESSES[0], 3),
    "witness_c": (WITNESSES[1], 4),
    "witness_d": (WITNESSES[2], 5),
    "usurper": (USURPER, 90),
}
SALT = numbered(32, 1, first=900)[0]
OTHER_LEAVES = tuple(leaf_hash(b"hidden %d" % number) for number in range(11))


def label(wanted: KeyPair) -> str:
    """Return the name of a pair in `keys.json`."""
    return next(name for name, (known, _) in PAIRS.items() if known.public == wanted.public)


def case(desc: str, want_error: str | None = None, **values: object) -> Case:
    """Return one case."""
    return {"desc": desc, "want_error": want_error, **values}


def _broken(genuine: Case, desc: str, want_error: str, **changes: object) -> Case:
    """Return a case with some inputs changed and no expectations but the error."""
    inputs = {name: value for name, value in genuine.items() if not name.startswith("expect")}
    return inputs | {"desc": desc, "want_error": want_error} | changes


def _text(data: bytes) -> str:
    return data.decode("utf-8")


def _spoiled(envelope: Envelope, key: int) -> Envelope:
    """Return the envelope with one bit of the signature of one key of the pair changed."""
    key_id = STATEMENT.public.key_ids()[key]
    value = parse_object(envelope.encoded)
    listed: list[Json] = [
        {
            "keyid": item.key_id,
            "sig": encode_base64(item.value if item.key_id != key_id else bytes([item.value[0] ^ 1]) + item.value[1:]),
        }
        for item in envelope.signatures
    ]
    value["signatures"] = listed
    return replace(envelope, encoded=encode_json(value))


def _said(said: Statement) -> Any:
    return json.loads(said.encode())


def keys() -> list[Case]:
    """Return every pair that the other files name, and keys that nobody may use."""
    cases = []
    message = b"comity"
    for name, (known, number) in PAIRS.items():
        public = known.public
        ed25519, mldsa44 = known.sign(message)
        cases.append(
            case(
                f"the pair {name}",
                label=name,
                name=public.name,
                ed25519_seed=(bytes([number]) * 32).hex(),
                mldsa44_seed=(bytes([number + 100]) * 32).hex(),
                ed25519=encode_base64(public.ed25519),
                mldsa44=encode_base64(public.mldsa44),
                message=_text(message),
                ed25519_signature=encode_base64(ed25519),
                mldsa44_signature=encode_base64(mldsa44),
                expect_key_ids=list(public.key_ids()),
                expect_verifier_keys=[encode_vkey(k.name, k.type_byte, k.key) for k in public.verifier_keys()],
                expect_fingerprint=public.fingerprint(),
            )
        )
    first = cases[0]
    small = bytes(32)
    unreduced = (2**255 - 18).to_bytes(32, "little")
    return [
        *cases,
        _broken(first, "the Ed25519 key has small order (y = 0)", MALFORMED, ed25519=encode_base64(small)),
        _broken(first, "the Ed25519 key is not canonical (y = p + 1)", MALFORMED, ed25519=encode_base64(unreduced)),
        _broken(
            first, "the ML-DSA-44 key is one byte short", MALFORMED, mldsa44=encode_base64(ROOT.public.mldsa44[1:])
        ),
        _broken(first, "the name has no role", MALFORMED, name="xaa.centre"),
        _broken(first, "the role does not exist", MALFORMED, name="xaa.centre/judge"),
        _broken(first, "the authority's name has a double hyphen", MALFORMED, name="xaa.a--b/root"),
        _broken(first, "another message", UNVERIFIED, message="Comity"),
        _broken(
            first,
            "the Ed25519 signature is of another pair",
            UNVERIFIED,
            ed25519_signature=cases[1]["ed25519_signature"],
        ),
        _broken(
            first,
            "the ML-DSA-44 signature is of another pair",
            UNVERIFIED,
            mldsa44_signature=cases[1]["mldsa44_signature"],
        ),
    ]


def public_statement() -> list[Case]:
    """Return an envelope of a public statement."""
    said = statement("announcement", to=(), body={"note": "Zoë \N{GRINNING FACE}", "number": 7})
    envelope = sign_envelope(STATEMENT_TYPE, said.encode(), [STATEMENT])
    genuine = case(
        "a public statement",
        pair="statement",
        envelope=_text(envelope.encoded),
        expect_id=envelope.id,
        expect_entry=public_entry(envelope.id).hex(),
        expect_statement=_said(said),
    )
    late = sign_envelope(STATEMENT_TYPE, said.encode().replace(b"2026-03-02", b"2026-02-30"), [STATEMENT])
    spaced = sign_envelope(STATEMENT_TYPE, said.encode().replace(b'"comity":1', b'"comity": 1'), [STATEMENT])
    retyped = envelope.encoded.replace(STATEMENT_TYPE.encode(), SEALED_TYPE.encode())
    joint = sign_envelope(STATEMENT_TYPE, said.encode(), [STATEMENT, PEER_STATEMENT])
    return [
        genuine,
        _broken(
            genuine,
            "a space after a colon of the envelope",
            MALFORMED,
            envelope=_text(envelope.encoded).replace(":", ": ", 1),
        ),
        _broken(genuine, "a line feed after the envelope", MALFORMED, envelope=_text(envelope.encoded) + "\n"),
        _broken(genuine, "a space within the signed bytes", MALFORMED, envelope=_text(spaced.encoded)),
        _broken(genuine, "30 February", MALFORMED, envelope=_text(late.encoded)),
        _broken(genuine, "the Ed25519 signature is wrong", UNVERIFIED, envelope=_text(_spoiled(envelope, 0).encoded)),
        _broken(genuine, "the ML-DSA-44 signature is wrong", UNVERIFIED, envelope=_text(_spoiled(envelope, 1).encoded)),
        _broken(genuine, "signed as another payload type", UNVERIFIED, envelope=_text(retyped)),
        _broken(genuine, "also signed by a key that is not asked for", UNVERIFIED, envelope=_text(joint.encoded)),
        _broken(genuine, "another pair is designated", UNVERIFIED, pair="next_statement"),
    ]


def sealed_statement() -> list[Case]:
    """Return an envelope of a sealed statement, with its disclosures and entry."""
    said = within("acknowledged")
    envelope, disclosures = sealed(said, PEER_STATEMENT)
    _, others = sealed(said, PEER_STATEMENT, first=500)
    genuine = case(
        "a sealed statement, opened whole",
        pair="peer_statement",
        envelope=_text(envelope.encoded),
        disclosures=list(disclosures),
        salt=SALT.hex(),
        expect_id=envelope.id,
        expect_entry=sealed_entry(SALT, envelope.id).hex(),
        expect_statement=_said(said),
        expect_undisclosed=open_sealed(envelope.payload, disclosures).undisclosed,
    )
    kept = [text for text in disclosures if text != disclosures[-1]]
    partly = genuine | {
        "desc": "a sealed statement, its last member withheld",
        "disclosures": kept,
        "expect_statement": _said(open_sealed(envelope.payload, kept).statement()),
        "expect_undisclosed": open_sealed(envelope.payload, kept).undisclosed,
    }
    forged = Disclosure(salt=bytes(16), name="issuer", value="xac.centre")
    payload, _ = seal(said, salts=numbered(16, 10), decoys=numbered(32, 6, first=100))
    value = parse_object(payload)
    assert isinstance(value["_sd"], list)
    short = sign_envelope(SEALED_TYPE, encode_json(value | {"_sd": value["_sd"][:15]}), [PEER_STATEMENT])
    digests: list[Json] = [*sorted([*map(str, value["_sd"][1:]), forged.digest()])]
    swapped = encode_json(value | {"_sd": digests})
    renamed = sign_envelope(SEALED_TYPE, swapped, [PEER_STATEMENT])
    return [
        genuine,
        partly,
        _broken(genuine, "a disclosure of another statement", UNVERIFIED, disclosures=[*disclosures[1:], others[0]]),
        _broken(genuine, "a disclosure given twice", UNVERIFIED, disclosures=[*disclosures, disclosures[0]]),
        _broken(genuine, "a disclosure with padding", MALFORMED, disclosures=[*disclosures[1:], disclosures[0] + "="]),
        _broken(
            genuine, "the kind is withheld", MALFORMED, disclosures=[d for d in disclosures if d != disclosures[3]]
        ),
        _broken(genuine, "15 digests", MALFORMED, envelope=_text(short.encoded), disclosures=[]),
        _broken(
            genuine,
            "a disclosure names another issuer",
            UNVERIFIED,
            envelope=_text(renamed.encoded),
            disclosures=[forged.encode()],
        ),
        _broken(genuine, "the entry's salt has 31 bytes", MALFORMED, salt=SALT[1:].hex()),
    ]


def delivery() -> list[Case]:
    """Return a delivery file."""
    spoken = speak(opening(), STATEMENT, _counter())
    data = encode_delivery(spoken)
    designated = designation()
    genuine = case(
        "a request on its way",
        keys_envelope=_text(signed_keys(designated).encoded),
        delivery=_text(data),
        expect_id=spoken.envelope.id,
        expect_entry=spoken.entry.hex(),
        expect_statement=_said(opening()),
    )
    value = parse_object(data)
    assert spoken.salt is not None
    by_service = speak(opening(), SERVICE, _counter())
    public = sign_envelope(STATEMENT_TYPE, statement(to=()).encode(), [STATEMENT])
    headless = Spoken(envelope=spoken.envelope, salt=spoken.salt, disclosures=spoken.disclosures[1:])
    return [
        genuine,
        _broken(genuine, "version true", MALFORMED, delivery=_text(encode_json(value | {"comity_delivery": True}))),
        _broken(
            genuine,
            "a salt of 31 bytes",
            MALFORMED,
            delivery=_text(encode_json(value | {"salt": encode_base64url(spoken.salt[1:])})),
        ),
        _broken(
            genuine,
            "a public statement",
            MALFORMED,
            delivery=_text(encode_json(value | {"envelope": encode_base64(public.encoded)})),
        ),
        _broken(genuine, "a header is withheld", MALFORMED, delivery=_text(encode_delivery(headless))),
        _broken(genuine, "the service key makes a request", UNVERIFIED, delivery=_text(encode_delivery(by_service))),
        _broken(
            genuine,
            "the key is not designated any more",
            UNVERIFIED,
            keys_envelope=_text(signed_keys(designation(2, NEXT_STATEMENT.public)).encoded),
        ),
    ]


def _counter() -> Callable[[int], bytes]:
    values = iter(numbered(32, 200, first=1000))
    return lambda size: next(values)[:size]


def checkpoint() -> list[Case]:
    """Return a checkpoint with the signatures of its log and its witnesses."""
    note = witnessed_note(2)
    genuine = case(
        "two of three witnesses, the third has not cosigned",
        note=_text(note.encode()),
        policy=policy(2).text,
        expect_origin=CHECKPOINT.origin,
        expect_size=CHECKPOINT.size,
        expect_root=CHECKPOINT.root.hex(),
        expect_logged_by=TIME + 2,
        expect_times={WITNESSES[0].public.name: TIME + 1, WITNESSES[1].public.name: TIME + 2},
    )
    own = policy(1).text.replace("quorum witnesses\n", "")
    own += f"witness own {encode_vkey(WITNESS.public.name, 0x04, WITNESS.public.ed25519)}\nquorum own\n"
    lines = note.signatures
    extended = Note(text=note.text + "extension\n", signatures=lines)
    other = sign_checkpoint(Checkpoint(origin=LOG.public.name, size=11, root=tree_root(OTHER_LEAVES)), LOG, TIME)
    mixed = Note(text=note.text, signatures=(*parse_note(other).signatures, *lines[2:]))
    return [
        genuine,
        _broken(genuine, "three witnesses are wanted", UNVERIFIED, policy=policy(3).text),
        _broken(genuine, "no witness is wanted, so nothing bounds the time", UNVERIFIED, policy=policy(0).text),
        _broken(genuine, "the log's own authority would count", REFUSED, policy=own),
        _broken(
            genuine,
            "the log's ML-DSA-44 line is missing",
            UNVERIFIED,
            note=_text(Note(text=note.text, signatures=(lines[0], *lines[2:])).encode()),
        ),
        _broken(
            genuine,
            "one line of a witness is missing",
            UNVERIFIED,
            note=_text(Note(text=note.text, signatures=lines[:-1]).encode()),
        ),
        _broken(genuine, "the log signed another root", UNVERIFIED, note=_text(mixed.encode())),
        _broken(genuine, "an extension line", MALFORMED, note=_text(extended.encode())),
        _broken(
            genuine,
            "a line twice",
            MALFORMED,
            note=_text(note.encode()) + _text(note.encode()).splitlines(keepends=True)[-1],
        ),
    ]


def _read(leaves: tuple[bytes, ...]) -> Callable[[int, int], bytes]:
    return lambda level, index: tree_root(leaves[index << level : (index + 1) << level])


def proof() -> list[Case]:
    """Return a proof that an entry is in a witnessed log."""
    index = 6
    path = tuple(inclusion_path(index, len(LEAVES), _read(LEAVES)))
    note = witnessed_note(2).encode()
    proven = TlogProof(index=index, path=path, checkpoint_note=note)
    genuine = case(
        f"entry {index} of {len(LEAVES)}",
        proof=_text(proven.encode()),
        entry=ENTRIES[index].hex(),
        policy=policy(2).text,
        expect_index=index,
        expect_size=CHECKPOINT.size,
        expect_root=CHECKPOINT.root.hex(),
        expect_origin=CHECKPOINT.origin,
        expect_logged_by=TIME + 2,
    )
    return [
        genuine,
        genuine | {"desc": "with extra data", "proof": _text(replace(proven, extra=b"a hint").encode())},
        _broken(genuine, "another entry", UNVERIFIED, entry=ENTRIES[5].hex()),
        _broken(genuine, "another index", UNVERIFIED, proof=_text(replace(proven, index=5).encode())),
        _broken(genuine, "a hash short", UNVERIFIED, proof=_text(replace(proven, path=path[:-1]).encode())),
        _broken(genuine, "a leading zero", MALFORMED, proof=_text(proven.encode()).replace("index 6", "index 06")),
        _broken(genuine, "three witnesses are wanted", UNVERIFIED, policy=policy(3).text),
    ]


def keys_statements() -> list[Case]:
    """Return a `keys` statement."""
    designated = designation(1, STATEMENT.public, SERVICE.public, WITNESS.public)
    genuine = case(
        "the first keys statement",
        recognition=_text(recognition().encode()),
        envelope=_text(signed_keys(designated).encoded),
        expect_number=1,
        expect_pairs=["statement", "service", "own_witness", "log"],
        expect_body=json.loads(encode_json(designated.body())),
    )
    foreign_log = designation(pairs=(STATEMENT.public, pair(LOG.public.name, 91).public))
    rooted = keys_statement(designation(), body=designation().body() | {"pairs": [ROOT.public.to_json()]})
    secret = sign_envelope(SEALED_TYPE, keys_statement(designation()).encode(), [ROOT])
    gap = designation().body() | {"number": 0}
    unbound = designation(2).body() | {"previous": None}
    bound = designation().body() | {"previous": 0}
    following = designation(2, STATEMENT.public, SERVICE.public, WITNESS.public, previous=0)
    return [
        genuine,
        genuine
        | {
            "desc": "the next one, which names the place of the first",
            "envelope": _text(signed_keys(following).encoded),
            "expect_number": 2,
            "expect_body": json.loads(encode_json(following.body())),
        },
        *(
            _broken(
                genuine,
                desc,
                MALFORMED,
                envelope=_text(
                    sign_envelope(STATEMENT_TYPE, keys_statement(designation(), body=body).encode(), [ROOT]).encoded
                ),
            )
            for desc, body in (("number 2 without a previous place", unbound), ("number 1 with one", bound))
        ),
        _broken(
            genuine,
            "another root of the same name",
            UNVERIFIED,
            envelope=_text(signed_keys(designated, USURPER).encoded),
        ),
        _broken(
            genuine,
            "signed by a statement pair",
            UNVERIFIED,
            envelope=_text(signed_keys(designated, STATEMENT).encoded),
        ),
        _broken(
            genuine,
            "another log pair than the recognition",
            UNVERIFIED,
            envelope=_text(signed_keys(foreign_log).encoded),
        ),
        _broken(
            genuine,
            "it designates a root",
            MALFORMED,
            envelope=_text(sign_envelope(STATEMENT_TYPE, rooted.encode(), [ROOT]).encoded),
        ),
        _broken(
            genuine,
            "number 0",
            MALFORMED,
            envelope=_text(
                sign_envelope(STATEMENT_TYPE, keys_statement(designation(), body=gap).encode(), [ROOT]).encoded
            ),
        ),
        _broken(genuine, "not public", MALFORMED, envelope=_text(secret.encoded)),
    ]


def recognitions() -> list[Case]:
    """Return a recognition."""
    data = recognition(remark="Note verbale 12/2026").encode()
    value = parse_object(data)
    genuine = case(
        "a recognition",
        recognition=_text(data),
        expect_authority="xaa.centre",
        expect_participant="XAA",
        expect_root="root",
        expect_log="log",
        expect_checked="meeting",
        expect_checked_on=format_time(NOW),
        expect_fingerprint=ROOT.public.fingerprint(),
    )
    own = policy(1).text.replace("quorum witnesses\n", "")
    own += f"witness own {encode_vkey(WITNESS.public.name, 0x04, WITNESS.public.ed25519)}\nquorum own\n"
    half = "\n".join([next(line for line in policy(2).text.splitlines() if line.startswith("log ")), "quorum none", ""])

    def changed(**members: Json) -> str:
        return _text(encode_json(value | members))

    return [
        genuine,
        _broken(genuine, "another participant", MALFORMED, recognition=changed(participant="XAB")),
        _broken(genuine, "a root of another role", MALFORMED, recognition=changed(root=STATEMENT.public.to_json())),
        _broken(genuine, "a log of another authority", MALFORMED, recognition=changed(log=OTHER_LOG.public.to_json())),
        _broken(genuine, "checked by rumour", MALFORMED, recognition=changed(checked="rumour")),
        _broken(genuine, "the policy lists one of the log's two keys", MALFORMED, recognition=changed(policy=half)),
        _broken(genuine, "the policy counts the log's own authority", REFUSED, recognition=changed(policy=own)),
        _broken(genuine, "an unknown member", MALFORMED, recognition=changed(extra=1)),
    ]


def _evidence(desc: str, data: bytes, kind: str) -> Case:
    return case(
        desc,
        recognition=_text(recognition().encode()),
        evidence=_text(data),
        expect_authority="xaa.centre",
        expect_type=kind,
    )


def _note(leaves: tuple[bytes, ...], size: int, log: KeyPair = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(origin=log.public.name, size=size, root=tree_root(leaves[:size])), log, TIME)


def split_view() -> list[Case]:
    """Return two roots of one size."""
    older, newer = _note(LEAVES, 7), _note(OTHER_LEAVES, 7)
    genuine = _evidence("two roots of size 7", SplitView(older=older, newer=newer).encode(), "split-view")
    again = SplitView(older=older, newer=_note(LEAVES, 7)).encode()
    foreign = SplitView(older=older, newer=_note(OTHER_LEAVES, 7, OTHER_LOG)).encode()
    unsigned = Note(text=parse_note(newer).text, signatures=parse_note(newer).signatures[:1]).encode()
    padded = SplitView(older=older, newer=newer, older_root=bytes(32)).encode()
    return [
        genuine,
        _broken(genuine, "one root", UNVERIFIED, evidence=_text(again)),
        _broken(genuine, "a checkpoint of another log", UNVERIFIED, evidence=_text(foreign)),
        _broken(
            genuine,
            "signed by one key of the log",
            UNVERIFIED,
            evidence=_text(SplitView(older=older, newer=unsigned).encode()),
        ),
        _broken(genuine, "an older root that nothing checks", MALFORMED, evidence=_text(padded)),
    ]


def rewritten() -> list[Case]:
    """Return a tree that grew over other entries."""

    def view(old: int, new: int, leaves: tuple[bytes, ...]) -> SplitView:
        path = tuple(consistency_path(old, new, _read(leaves)))
        return SplitView(
            older=_note(LEAVES, old), newer=_note(leaves, new), path=path, older_root=tree_root(leaves[:old])
        )

    genuine = _evidence("size 11 over other entries than size 5", view(5, 11, OTHER_LEAVES).encode(), "split-view")
    return [
        genuine,
        genuine | {"desc": "from a power of two", "evidence": _text(view(4, 11, OTHER_LEAVES).encode())},
        _broken(genuine, "a tree that grew honestly", UNVERIFIED, evidence=_text(view(5, 11, LEAVES).encode())),
        _broken(
            genuine,
            "a path of another tree",
            UNVERIFIED,
            evidence=_text(replace(view(5, 11, OTHER_LEAVES), newer=_note(LEAVES, 11)).encode()),
        ),
        _broken(genuine, "no path", UNVERIFIED, evidence=_text(replace(view(5, 11, OTHER_LEAVES), path=()).encode())),
    ]


def two_keys() -> list[Case]:
    """Return two `keys` statements with one number."""
    first, other = signed_keys(designation(4)), signed_keys(designation(4, NEXT_STATEMENT.public))
    genuine = _evidence("two keys statements with number 4", encode_two_keys(first, other), "two-keys")
    forged = signed_keys(designation(4, NEXT_STATEMENT.public), USURPER)
    return [
        genuine,
        _broken(
            genuine, "numbers 4 and 5", UNVERIFIED, evidence=_text(encode_two_keys(first, signed_keys(designation(5))))
        ),
        _broken(
            genuine,
            "one payload signed twice",
            UNVERIFIED,
            evidence=_text(encode_two_keys(first, signed_keys(designation(4)))),
        ),
        _broken(genuine, "another root", UNVERIFIED, evidence=_text(encode_two_keys(first, forged))),
    ]


def two_replies() -> list[Case]:
    """Return two replies to one item."""
    keys_envelope = signed_keys(designation())

    def reply(kind: str, items: tuple[str, ...], first: int, signer: KeyPair = STATEMENT, **changes: object) -> Any:
        return sealed(statement(kind, body=answers(*items), **changes), signer, first=first)

    def file(one: Any, two: Any) -> str:
        return _text(encode_two_replies(*logged_replies(one, two, keys_envelope)))

    refusal = reply("refused", ("1", "2"), 0)
    earlier = statement().follows[0]
    package = reply("package", ("2", "3"), 200)
    both = encode_two_replies(*logged_replies(refusal, package, keys_envelope))
    genuine = _evidence("refused, and a package for the same item", both, "two-replies")
    correction = reply("package", ("2",), 400, follows=tuple(sorted((earlier, refusal[0].id))))
    again = sign_envelope(SEALED_TYPE, refusal[0].payload, [STATEMENT]), refusal[1]
    rotated = signed_keys(designation(2, NEXT_STATEMENT.public, previous=0))
    other_pair = reply("package", ("2",), 1200, NEXT_STATEMENT)
    one, two = logged_replies(refusal, package, keys_envelope)
    early = logged_replies(refusal, other_pair, keys_envelope, rotated, late=True)
    exercises = [reply(kind, ("1",), first, exercise=True) for kind, first in (("refused", 1400), ("package", 1600))]
    return [
        genuine,
        genuine
        | {
            "desc": "each under a keys statement of its own",
            "evidence": _text(encode_two_replies(*logged_replies(refusal, other_pair, keys_envelope, rotated))),
        },
        genuine | {"desc": "two replies of an exercise", "evidence": file(*exercises)},
        _broken(
            genuine,
            "logged before the keys statement that lists its pair",
            UNVERIFIED,
            evidence=_text(encode_two_replies(*early)),
        ),
        _broken(
            genuine,
            "the proof of another entry",
            UNVERIFIED,
            evidence=_text(encode_two_replies(one, replace(two, proof=one.proof))),
        ),
        _broken(
            genuine,
            "too few witnesses",
            UNVERIFIED,
            evidence=_text(encode_two_replies(*logged_replies(refusal, package, keys_envelope, witnesses=1))),
        ),
        _broken(genuine, "one of an exercise, the other not", UNVERIFIED, evidence=file(refusal, exercises[1])),
        _broken(genuine, "the second follows the first", UNVERIFIED, evidence=file(refusal, correction)),
        _broken(genuine, "other items", UNVERIFIED, evidence=file(refusal, reply("package", ("3",), 600))),
        _broken(genuine, "one payload signed twice", UNVERIFIED, evidence=file(refusal, again)),
        _broken(
            genuine,
            "a key that is not designated",
            UNVERIFIED,
            evidence=file(refusal, reply("package", ("2",), 800, NEXT_STATEMENT)),
        ),
        _broken(
            genuine, "the service key", UNVERIFIED, evidence=file(refusal, reply("package", ("2",), 1000, SERVICE))
        ),
    ]


FILES: Final[dict[str, tuple[str, Callable[[], list[Case]]]]] = {
    "keys": ("key pairs, their ids, verifier keys and fingerprints (keys.md)", keys),
    "public_statement": ("a public statement in its envelope (statement.md)", public_statement),
    "sealed_statement": ("a sealed statement with disclosures and entry (statement.md)", sealed_statement),
    "delivery": ("a delivery before encryption (exchange.md)", delivery),
    "checkpoint": ("a witnessed checkpoint and policies (log.md)", checkpoint),
    "proof": ("a tlog-proof (log.md)", proof),
    "keys_statement": ("a keys statement and the recognition that it fits (trust.md)", keys_statements),
    "recognition": ("a file of a trust folder (trust.md)", recognitions),
    "evidence_split_view": ("evidence: two roots of one size (evidence.md)", split_view),
    "evidence_rewritten": ("evidence: a tree over other entries (evidence.md)", rewritten),
    "evidence_two_keys": ("evidence: two keys statements with one number (evidence.md)", two_keys),
    "evidence_two_replies": ("evidence: two replies to one item (evidence.md)", two_replies),
}


def _without_repeats(first: Case, other: Case) -> Case:
    """Leave out the inputs that a case shares with the first one."""
    return {
        name: value
        for name, value in other.items()
        if name == "want_error" or name.startswith("expect") or first.get(name) != value
    }


def main(folder: Path) -> None:
    """Write every file."""
    assert label(ROOT) == "root"
    assert PEER_STATEMENT.public.authority == PEER
    for name, (desc, make) in FILES.items():
        first, *others = make()
        content = {"desc": desc, "cases": [first, *(_without_repeats(first, other) for other in others)]}
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
