"""The project's published vectors: what is genuine is accepted with the values stated, everything else is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from comity.errors import Error
from comity.exchange.delivery import open_delivery, parse_delivery
from comity.kernel.canonical import decode_base64, format_time
from comity.kernel.disclosure import open_sealed
from comity.kernel.entry import public_entry, sealed_entry
from comity.kernel.envelope import parse_envelope, verify_envelope
from comity.kernel.evidence import evidence_authority, verify_evidence
from comity.kernel.key import KeyPair, PublicPair, encode_vkey
from comity.kernel.note import parse_note
from comity.kernel.policy import parse_policy, verify_witnessed
from comity.kernel.proof import parse_proof, verify_proof
from comity.kernel.statement import parse_statement
from comity.kernel.trust import parse_designation, parse_recognition, verify_designation
from support.paths import ROOT

FOLDER = ROOT / "docs" / "formats" / "vectors"
Case = dict[str, Any]
Found = dict[str, Any]


def cases(name: str) -> list[Case]:
    first, *others = json.loads((FOLDER / f"{name}.json").read_bytes())["cases"]
    inputs = {key: value for key, value in first.items() if not key.startswith("expect")}
    return [first, *(inputs | other for other in others)]


LABELS: dict[str, PublicPair] = {
    case["label"]: PublicPair(
        name=case["name"], ed25519=decode_base64(case["ed25519"]), mldsa44=decode_base64(case["mldsa44"])
    )
    for case in cases("keys")
    if case["want_error"] is None
}


def keys(case: Case) -> Found:
    pair = PublicPair(name=case["name"], ed25519=decode_base64(case["ed25519"]), mldsa44=decode_base64(case["mldsa44"]))
    ed25519, mldsa44 = decode_base64(case["ed25519_signature"]), decode_base64(case["mldsa44_signature"])
    pair.verify(case["message"].encode(), ed25519, mldsa44)
    seeds = bytes.fromhex(case["ed25519_seed"]), bytes.fromhex(case["mldsa44_seed"])
    grown = KeyPair.from_seeds(case["name"], *seeds)
    assert grown.public == pair
    assert grown.sign_ed25519(case["message"].encode()) == ed25519
    return {
        "key_ids": list(pair.key_ids()),
        "verifier_keys": [encode_vkey(key.name, key.type_byte, key.key) for key in pair.verifier_keys()],
        "fingerprint": pair.fingerprint(),
    }


def public_statement(case: Case) -> Found:
    envelope = parse_envelope(case["envelope"].encode())
    verify_envelope(envelope, [LABELS[case["pair"]]])
    statement = parse_statement(envelope.payload)
    return {
        "id": envelope.id,
        "entry": public_entry(envelope.id).hex(),
        "statement": json.loads(statement.encode()),
    }


def sealed_statement(case: Case) -> Found:
    envelope = parse_envelope(case["envelope"].encode())
    verify_envelope(envelope, [LABELS[case["pair"]]])
    opened = open_sealed(envelope.payload, case["disclosures"])
    return {
        "id": envelope.id,
        "entry": sealed_entry(bytes.fromhex(case["salt"]), envelope.id).hex(),
        "statement": json.loads(opened.statement().encode()),
        "undisclosed": opened.undisclosed,
    }


def delivery(case: Case) -> Found:
    designation = parse_designation(parse_statement(parse_envelope(case["keys_envelope"].encode()).payload))
    spoken = parse_delivery(case["delivery"].encode())
    statement = open_delivery(spoken, designation)
    return {
        "id": spoken.envelope.id,
        "entry": spoken.entry.hex(),
        "statement": json.loads(statement.encode()),
    }


def checkpoint(case: Case) -> Found:
    witnessed = verify_witnessed(parse_note(case["note"].encode()), parse_policy(case["policy"]))
    return {
        "origin": witnessed.checkpoint.origin,
        "size": witnessed.checkpoint.size,
        "root": witnessed.checkpoint.root.hex(),
        "logged_by": witnessed.logged_by,
        "times": dict(witnessed.times),
    }


def proof(case: Case) -> Found:
    parsed = parse_proof(case["proof"].encode())
    assert parsed.encode() == case["proof"].encode()
    logged = verify_proof(parsed, bytes.fromhex(case["entry"]), parse_policy(case["policy"]))
    return {
        "index": logged.index,
        "size": logged.size,
        "root": logged.root.hex(),
        "origin": logged.origin,
        "logged_by": logged.logged_by,
    }


def keys_statement(case: Case) -> Found:
    recognition = parse_recognition(case["recognition"].encode())
    designation = verify_designation(parse_envelope(case["envelope"].encode()), recognition)
    labels = {pair: label for label, pair in LABELS.items()}
    return {
        "number": designation.number,
        "pairs": [labels[pair] for pair in designation.pairs],
        "body": designation.body(),
    }


def recognition(case: Case) -> Found:
    held = parse_recognition(case["recognition"].encode())
    labels = {pair: label for label, pair in LABELS.items()}
    return {
        "authority": held.authority,
        "participant": held.participant,
        "root": labels[held.root],
        "log": labels[held.log],
        "checked": held.checked,
        "checked_on": format_time(held.checked_on),
        "fingerprint": held.root.fingerprint(),
    }


def evidence(case: Case) -> Found:
    data = case["evidence"].encode()
    misbehaviour = verify_evidence(data, parse_recognition(case["recognition"].encode()))
    assert evidence_authority(data) == misbehaviour.authority
    return {"authority": misbehaviour.authority, "type": misbehaviour.type}


CHECKS: dict[str, Callable[[Case], Found]] = {
    "keys": keys,
    "public_statement": public_statement,
    "sealed_statement": sealed_statement,
    "delivery": delivery,
    "checkpoint": checkpoint,
    "proof": proof,
    "keys_statement": keys_statement,
    "recognition": recognition,
    "evidence_split_view": evidence,
    "evidence_rewritten": evidence,
    "evidence_two_keys": evidence,
    "evidence_two_replies": evidence,
}
ALL = [pytest.param(name, case, id=f"{name}: {case['desc']}") for name in CHECKS for case in cases(name)]


def test_every_file_is_replayed() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CHECKS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_file_has_what_is_accepted_and_what_is_refused(name: str) -> None:
    wanted = {case["want_error"] for case in cases(name)}
    assert None in wanted
    assert wanted - {None}
    assert wanted <= {None, "malformed", "unverified", "refused"}


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_vector_gives_what_it_states(name: str, case: Case) -> None:
    expected = {key.removeprefix("expect_"): value for key, value in case.items() if key.startswith("expect_")}
    if case["want_error"] is None:
        assert expected
        assert CHECKS[name](case) == expected
        return
    assert not expected
    with pytest.raises(Error) as caught:
        CHECKS[name](case)
    assert caught.value.code == case["want_error"], caught.value.message
