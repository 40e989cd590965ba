from collections.abc import Callable
from hashlib import sha256

import pytest

from comity.errors import MalformedError, TooLargeError, VerificationError
from comity.exchange.delivery import (
    MAX_DELIVERY_BYTES,
    Spoken,
    claimed_issuer,
    encode_delivery,
    open_delivery,
    parse_delivery,
    speak,
)
from comity.kernel.canonical import Json, encode_base64, encode_base64url, encode_json, parse_object
from comity.kernel.disclosure import open_sealed, parse_disclosure, parse_sealed
from comity.kernel.entry import public_entry, sealed_entry
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, sign_envelope
from comity.kernel.trust import KeyHistory
from support.bodies import CASE, opening, within
from support.speakers import (
    AUTHORITY,
    NEXT_STATEMENT,
    PEER,
    PEER_STATEMENT,
    REFUSALS,
    ROOT,
    SERVICE,
    STATEMENT,
    designation,
    flipped,
    keys_statement,
    statement,
)


def counted(first: int = 0) -> Callable[[int], bytes]:
    """Return a source of bytes that differ at every call, the same in every run."""
    state = [first]

    def random(size: int) -> bytes:
        state[0] += 1
        return sha256(b"%d" % state[0]).digest()[:size]

    return random


SPOKEN = speak(opening(), STATEMENT, counted())
DELIVERY = encode_delivery(SPOKEN)
PUBLIC = speak(keys_statement(designation()), ROOT, counted())


def changed(**members: Json) -> bytes:
    return encode_json(parse_object(DELIVERY) | members)


def test_a_delivery_carries_what_was_said_to_its_addressee() -> None:
    arrived = parse_delivery(DELIVERY)
    assert arrived == SPOKEN
    assert encode_delivery(arrived) == DELIVERY
    assert claimed_issuer(arrived) == AUTHORITY
    assert open_delivery(arrived, designation()) == opening()


def test_what_is_sealed_is_sealed_with_salts_that_differ() -> None:
    assert SPOKEN.envelope.sealed
    assert SPOKEN.salt is not None
    disclosures = [parse_disclosure(text) for text in SPOKEN.disclosures]
    assert len({item.salt for item in disclosures} | {SPOKEN.salt}) == len(disclosures) + 1
    assert len(parse_sealed(SPOKEN.envelope.payload).digests) == 48
    assert SPOKEN.entry == sealed_entry(SPOKEN.salt, SPOKEN.envelope.id)


def test_a_public_statement_is_signed_as_it_is_and_not_delivered() -> None:
    assert (PUBLIC.salt, PUBLIC.disclosures) == (None, ())
    assert PUBLIC.envelope.payload == keys_statement(designation()).encode()
    assert PUBLIC.entry == public_entry(PUBLIC.envelope.id)
    assert PUBLIC.statement() == keys_statement(designation())
    with pytest.raises(MalformedError, match="a public statement is not delivered"):
        encode_delivery(PUBLIC)


def test_any_flipped_byte_is_refused_or_breaks_the_commitment() -> None:
    accepted = 0
    for place, data in flipped(DELIVERY, step=2):
        try:
            arrived = parse_delivery(data)
            open_delivery(arrived, designation())
        except REFUSALS:
            continue
        # Only the salt is signed by nobody; with another one the entry in the log is another.
        accepted += 1
        assert arrived.salt != SPOKEN.salt, place
        assert arrived.entry != SPOKEN.entry
    assert accepted <= 43


def test_dropping_or_swapping_disclosures_is_seen() -> None:
    other = speak(opening(), STATEMENT, counted(500))
    foreign = Spoken(envelope=SPOKEN.envelope, salt=SPOKEN.salt, disclosures=other.disclosures)
    with pytest.raises(VerificationError, match="does not belong"):
        open_delivery(foreign, designation())
    for name in ("kind", "to", "issued", "follows", "exercise"):
        kept = tuple(text for text in SPOKEN.disclosures if parse_disclosure(text).name != name)
        with pytest.raises(MalformedError, match=f"missing member {name}"):
            open_delivery(Spoken(envelope=SPOKEN.envelope, salt=SPOKEN.salt, disclosures=kept), designation())
    kept = tuple(text for text in SPOKEN.disclosures if parse_disclosure(text).name != "body.facts")
    short = open_delivery(Spoken(envelope=SPOKEN.envelope, salt=SPOKEN.salt, disclosures=kept), designation())
    assert short.body == {key: value for key, value in opening().body.items() if key != "facts"}
    assert open_sealed(SPOKEN.envelope.payload, kept).undisclosed == 48 - len(kept)


def test_the_caller_says_whose_keys_count() -> None:
    peer = designation(authority=PEER, participant="XAB", pairs=(PEER_STATEMENT.public,))
    with pytest.raises(VerificationError, match=r"which no keys statement of xab\.centre designates"):
        open_delivery(SPOKEN, peer)
    with pytest.raises(VerificationError, match=r"which no keys statement of xaa\.centre designates"):
        open_delivery(SPOKEN, designation(2, NEXT_STATEMENT.public))
    first, second = designation(1), designation(2, NEXT_STATEMENT.public, previous=1)
    history = KeyHistory(authority=AUTHORITY, designations=((1, first), (5, second)))
    with pytest.raises(VerificationError, match="was revoked"):
        open_delivery(SPOKEN, second, history=history)


def test_a_statement_in_the_name_of_another_authority_is_refused() -> None:
    forged = speak(within("acknowledged", issuer=PEER), STATEMENT, counted())
    with pytest.raises(VerificationError, match=r"designation of xaa\.centre used for xab\.centre"):
        open_delivery(forged, designation())
    peer = designation(authority=PEER, participant="XAB", pairs=(PEER_STATEMENT.public,))
    with pytest.raises(VerificationError, match=r"which no keys statement of xab\.centre designates"):
        open_delivery(forged, peer)


def test_the_service_pair_delivers_receipts_and_nothing_else() -> None:
    receipt = speak(within("receipt", issuer=AUTHORITY), SERVICE, counted())
    assert open_delivery(receipt, designation()).kind == "receipt"
    with pytest.raises(VerificationError, match=r"the service key of xaa\.centre may not say 'request'"):
        open_delivery(speak(opening(), SERVICE, counted()), designation())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        changed(comity_delivery=2),
        changed(comity_delivery=True),
        changed(disclosures="x"),
        changed(disclosures=[1]),
        changed(disclosures=None),
        changed(envelope=1),
        changed(envelope="*"),
        changed(envelope=encode_base64(b"{}")),
        changed(envelope=encode_base64(PUBLIC.envelope.encoded)),
        changed(salt=1),
        changed(salt=""),
        changed(salt=encode_base64url(bytes(31))),
        changed(salt=encode_base64url(bytes(33))),
        changed(salt=encode_base64(bytes(32))),
        changed(extra=1),
        DELIVERY + b"\n",
    ],
)
def test_bytes_that_are_no_delivery_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_delivery(data)


def test_a_delivery_has_a_largest_size() -> None:
    with pytest.raises(TooLargeError):
        parse_delivery(bytes(MAX_DELIVERY_BYTES + 1))


def test_signed_bytes_that_are_not_sealed_name_no_issuer() -> None:
    bare = Spoken(
        envelope=sign_envelope(SEALED_TYPE, statement().encode(), [STATEMENT]), salt=bytes(32), disclosures=()
    )
    with pytest.raises(MalformedError):
        claimed_issuer(bare)
    with pytest.raises(MalformedError):
        open_delivery(bare, designation())
    public = Spoken(envelope=sign_envelope(STATEMENT_TYPE, b"{}", [STATEMENT]), salt=None, disclosures=())
    with pytest.raises(MalformedError):
        public.statement()


def test_a_case_is_named_by_the_id_of_its_opening() -> None:
    said = within("receipt", subject=SPOKEN.envelope.id, follows=(SPOKEN.envelope.id,))
    assert said.subject != CASE
    spoken = speak(said, PEER_STATEMENT, counted())
    assert spoken.statement().subject == sha256(SPOKEN.envelope.encoded).hexdigest()
