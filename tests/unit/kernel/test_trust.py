from collections.abc import Sequence

import pytest

from comity.age.identity import HybridIdentity
from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.canonical import Json, encode_json, parse_object
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, sign_envelope, verify_envelope
from comity.kernel.key import KeyPair, PublicPair, Role, encode_vkey
from comity.kernel.trust import (
    MAX_TEXT_CHARACTERS,
    Checked,
    Designation,
    KeyHistory,
    build_history,
    check_participant,
    check_speaks,
    parse_designation,
    parse_recognition,
    participant_of,
    verify_designation,
    verify_speaker,
)
from support.log_keys import LOG, OTHER_LOG, pair, policy
from support.speakers import (
    AUTHORITY,
    NEXT_STATEMENT,
    NOW,
    PEER,
    PEER_ROOT,
    PEER_STATEMENT,
    ROOT,
    SERVICE,
    STATEMENT,
    WITNESS,
    designation,
    flipped,
    keys_statement,
    recognition,
    sealed,
    signed_keys,
    statement,
)


def changed(**members: Json) -> bytes:
    return encode_json(parse_object(recognition().encode()) | members)


def history(*found: tuple[int, Designation]) -> KeyHistory:
    return KeyHistory(authority=AUTHORITY, designations=found)


@pytest.mark.parametrize("checked", Checked)
def test_a_recognition_reads_back(checked: Checked) -> None:
    held = recognition(checked=checked, remark="Note verbale 12/2026, “à confirmer”")
    assert parse_recognition(held.encode()) == held
    assert parse_recognition(held.encode()).encode() == held.encode()


@pytest.mark.parametrize("member", ["url", "remark"])
def test_a_text_of_a_recognition_has_a_limit(member: str) -> None:
    held = recognition(**{member: "x" * MAX_TEXT_CHARACTERS})
    assert parse_recognition(held.encode()) == held
    with pytest.raises(MalformedError, match="a text of the recognition is too long"):
        parse_recognition(changed(**{member: "x" * (MAX_TEXT_CHARACTERS + 1)}))


def test_the_limit_holds_any_age_recipient() -> None:
    recipient = HybridIdentity.from_seed(bytes(32)).recipient.encode()
    assert MAX_TEXT_CHARACTERS // 3 < len(recipient) < MAX_TEXT_CHARACTERS // 2
    assert designation(recipient=recipient).recipient == recipient


def test_an_authority_names_its_participant() -> None:
    assert participant_of("xaa.contact-point") == "XAA"


def test_a_flipped_byte_of_a_recognition_is_refused_or_seen() -> None:
    # The viewer's own file carries no signature. Keys, texts and times may change into others, never unnoticed.
    held = recognition()
    for place, data in flipped(held.encode(), step=3):
        try:
            other = parse_recognition(data)
        except (MalformedError, PolicyError):
            continue
        assert other != held, place
        assert other.encode() == data


def test_a_flipped_byte_of_the_root_key_refuses_every_keys_statement() -> None:
    held, envelope = recognition(), signed_keys(designation())
    start = held.encode().index(b'"root":')
    refused = 0
    for place, data in flipped(held.encode(), step=41):
        if place < start:
            continue
        try:
            other = parse_recognition(data)
        except MalformedError:
            refused += 1
            continue
        if other.root != held.root:
            refused += 1
            with pytest.raises(VerificationError, match="not signed by both keys"):
                verify_designation(envelope, other)
    assert refused > 20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        changed(extra=1),
        changed(authority=PEER),
        changed(authority="nobody"),
        changed(authority=1),
        changed(participant="XAB"),
        changed(participant="xaa"),
        changed(participant="XAAA"),
        changed(checked="rumour"),
        changed(checked_on="2026-02-30T00:00:00Z"),
        changed(root=PEER_ROOT.public.to_json()),
        changed(root=STATEMENT.public.to_json()),
        changed(root="x"),
        changed(log=OTHER_LOG.public.to_json()),
        changed(log=ROOT.public.to_json()),
        changed(policy=""),
        changed(policy=1),
        changed(remark=None),
        changed(url=None),
        changed() + b"\n",
    ],
)
def test_bytes_that_are_no_recognition_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_recognition(data)


@pytest.mark.parametrize("name", sorted(parse_object(recognition().encode())))
def test_a_recognition_needs_every_member(name: str) -> None:
    value = parse_object(recognition().encode())
    del value[name]
    with pytest.raises(MalformedError, match=f"missing member {name}"):
        parse_recognition(encode_json(value))


def test_a_policy_lists_both_log_keys_of_the_recognition_and_no_third() -> None:
    lines = policy(1).text.splitlines()
    third = pair(LOG.public.name, 43).public
    added = f"log {encode_vkey(third.name, 0x01, third.ed25519)}"
    rest = lines[2:]
    for wrong in ([*lines[:1], *rest], [*lines[1:2], *rest], [added, *lines], [added, *rest], ["quorum none"]):
        with pytest.raises(MalformedError, match=r"just the two log keys of xaa\.centre"):
            parse_recognition(changed(policy="\n".join([*wrong, ""])))
    reordered = parse_recognition(changed(policy="\n".join([lines[1], lines[0], *rest, ""])))
    assert reordered.log == LOG.public


def test_a_policy_that_counts_the_log_itself_is_refused() -> None:
    lines = [line for line in policy(1).text.splitlines() if line.startswith("log ")]
    lines += [f"witness w {encode_vkey(WITNESS.public.name, 0x04, WITNESS.public.ed25519)}", "quorum w", ""]
    with pytest.raises(PolicyError, match="belongs to the authority of a log"):
        parse_recognition(changed(policy="\n".join(lines)))
    assert parse_recognition(changed(policy=policy(1).text)).policy == policy(1)


@pytest.mark.parametrize(
    ("authority", "participant"),
    [("xaa.centre", "XAB"), ("xaa.centre", "xaa"), ("xaa.centre", ""), ("xaa.centre", "XA"), ("xaa.centre", "XAA\n")],
)
def test_an_authority_bears_the_code_of_its_participant(authority: str, participant: str) -> None:
    check_participant("xaa.centre", "XAA")
    with pytest.raises(MalformedError, match="does not begin with its participant's code"):
        check_participant(authority, participant)


def test_a_designation_reads_back_from_its_statement() -> None:
    designated = designation(3, STATEMENT.public, NEXT_STATEMENT.public, SERVICE.public, WITNESS.public)
    assert parse_designation(keys_statement(designated)) == designated
    assert verify_designation(signed_keys(designated), recognition()) == designated


def test_a_designation_says_who_speaks_and_which_pair_has_a_role() -> None:
    designated = designation(1, STATEMENT.public, WITNESS.public, NEXT_STATEMENT.public, SERVICE.public)
    assert designated.speakers() == (STATEMENT.public, NEXT_STATEMENT.public, SERVICE.public)
    assert designated.pair(Role.STATEMENT) == STATEMENT.public
    assert designated.pair(Role.WITNESS) == WITNESS.public
    assert designation().pair(Role.WITNESS) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": 0}, "numbered from 1"),
        ({"previous": 0}, "keys statement 1 names 0 as the entry of the one before; number 1 names none"),
        ({"number": 2, "previous": None}, "keys statement 2 names None"),
        ({"number": 2, "previous": -1}, "keys statement 2 names -1"),
        ({"participant": "XAB"}, "participant's code"),
        ({"pairs": (STATEMENT.public, STATEMENT.public)}, "one key twice"),
        ({"pairs": (PEER_STATEMENT.public,)}, "cannot designate xab"),
        ({"pairs": (ROOT.public,)}, "cannot designate xaa.centre/root"),
        ({"pairs": (LOG.public, pair(f"{AUTHORITY}/log", 40).public)}, "one log pair at most"),
        ({"pairs": (WITNESS.public, pair(f"{AUTHORITY}/witness", 40).public)}, "one witness pair at most"),
        ({"competences": ("b", "a")}, "sorted, distinct"),
        ({"competences": ("a", "a")}, "sorted, distinct"),
        ({"competences": ("Central",)}, "sorted, distinct"),
        ({"competences": ("a\n",)}, "sorted, distinct"),
        ({"title": "x" * 4001}, "too long"),
        ({"url": "x" * 4001}, "too long"),
        ({"recipient": "x" * 4001}, "too long"),
    ],
)
def test_a_designation_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        designation(**changes)


def test_one_key_under_two_roles_is_not_one_key_twice_and_stays_told_apart() -> None:
    shared = PublicPair(name=SERVICE.public.name, ed25519=STATEMENT.public.ed25519, mldsa44=STATEMENT.public.mldsa44)
    assert set(shared.key_ids()).isdisjoint(STATEMENT.public.key_ids())
    assert designation(1, STATEMENT.public, shared).speakers() == (STATEMENT.public, shared)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "receipt"},
        {"to": (PEER,)},
        {"subject": "ab" * 32},
        {"body": {}},
        {"body": designation().body() | {"extra": 1}},
        {"body": designation().body() | {"number": True}},
        {"body": designation().body() | {"number": "1"}},
        {"body": designation().body() | {"number": 0}},
        {"body": designation(2).body() | {"previous": True}},
        {"body": designation(2).body() | {"previous": "2"}},
        {"body": designation(2).body() | {"previous": None}},
        {"body": {name: value for name, value in designation().body().items() if name != "previous"}},
        {"body": designation().body() | {"pairs": {}}},
        {"body": designation().body() | {"pairs": ["x"]}},
        {"body": designation().body() | {"competences": "a"}},
        {"body": designation().body() | {"competences": [1]}},
        {"body": designation().body() | {"participant": 1}},
        {"body": designation().body() | {"title": None}},
        {"body": designation().body() | {"recipient": 1}},
        {"body": designation().body() | {"url": 1}},
    ],
)
def test_a_statement_that_is_no_designation_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        parse_designation(keys_statement(designation(), **changes))


def test_only_the_recognised_root_designates() -> None:
    usurper = pair(ROOT.public.name, 41)
    for signer in (usurper, STATEMENT, PEER_ROOT):
        with pytest.raises(VerificationError, match=r"not signed by both keys of xaa\.centre/root"):
            verify_designation(signed_keys(designation(), signer), recognition())
    foreign = designation(authority=PEER, participant="XAB", pairs=(PEER_STATEMENT.public,))
    with pytest.raises(VerificationError, match=r"keys statement of xab\.centre, expected xaa\.centre"):
        verify_designation(signed_keys(foreign, PEER_ROOT), recognition())


def test_a_designation_must_fit_the_recognition() -> None:
    for pairs in ((STATEMENT.public,), (STATEMENT.public, pair(LOG.public.name, 42).public)):
        with pytest.raises(VerificationError, match="names another log pair or participant"):
            verify_designation(signed_keys(designation(pairs=pairs)), recognition())


def test_a_designation_is_public() -> None:
    envelope = sign_envelope(SEALED_TYPE, keys_statement(designation()).encode(), [ROOT])
    with pytest.raises(MalformedError, match="public"):
        verify_designation(envelope, recognition())
    other = sign_envelope(STATEMENT_TYPE, statement(to=(), kind="receipt").encode(), [ROOT])
    with pytest.raises(MalformedError, match="not a public keys statement"):
        verify_designation(other, recognition())


def test_a_key_is_valid_between_the_positions_of_its_statements() -> None:
    first, second = designation(1), designation(2, NEXT_STATEMENT.public, previous=4)
    held = history((4, first), (9, second))
    assert [held.at(index) for index in (5, 9)] == [(4, first), (4, first)]
    assert [held.at(index) for index in (10, 10**9)] == [(9, second), (9, second)]
    assert held.latest() == (9, second)
    for index in (0, 3, 4):
        with pytest.raises(VerificationError, match=f"stands before entry {index}: its keys were not yet valid"):
            held.at(index)


def test_nothing_is_valid_without_a_keys_statement() -> None:
    with pytest.raises(VerificationError, match=r"no keys statement of xaa\.centre is known"):
        history().latest()
    with pytest.raises(VerificationError, match="not yet valid"):
        history().at(7)


@pytest.mark.parametrize(
    "found",
    [
        [(1, 1), (5, 3)],
        [(1, 1), (5, 1)],
        [(1, 2), (5, 1)],
        [(5, 1), (1, 2)],
        [(2, 1), (2, 2)],
        [(2, 1), (5, 2), (9, 4)],
    ],
)
def test_a_history_with_a_gap_is_refused(found: Sequence[tuple[int, int]]) -> None:
    with pytest.raises(VerificationError, match="do not follow each other"):
        history(*((index, designation(number)) for index, number in found))


def test_a_history_is_put_in_order_before_gaps_are_looked_for() -> None:
    found = [(9, designation(6, previous=4)), (4, designation(5)), (12, designation(7, previous=9))]
    assert [index for index, _ in build_history(AUTHORITY, found).designations] == [4, 9, 12]
    with pytest.raises(VerificationError, match="numbered 5 and 7"):
        build_history(AUTHORITY, [(4, designation(5)), (12, designation(7))])


def test_statements_that_were_logged_again_at_other_places_make_no_history() -> None:
    first, revoking = designation(1), designation(2, NEXT_STATEMENT.public, previous=2)
    listing = designation(3, previous=9)
    history((2, first), (9, revoking), (12, listing))
    with pytest.raises(VerificationError, match="number 1 at entry 2, not at entry 20: one of them was logged again"):
        history((20, first), (25, revoking))
    with pytest.raises(VerificationError, match="number 2 at entry 9, not at entry 10"):
        history((2, first), (10, revoking), (12, listing))


def test_not_revoked_is_proved_up_to_the_next_statement_that_lists_the_pair() -> None:
    with_pair, without = designation(1), designation(2, NEXT_STATEMENT.public)
    assert history((2, with_pair), (8, designation(2))).not_revoked_as_of(5, STATEMENT.public) == 8
    assert history((2, with_pair), (8, without)).not_revoked_as_of(5, STATEMENT.public) == 2
    assert history((2, with_pair)).not_revoked_as_of(5, STATEMENT.public) == 2
    with pytest.raises(VerificationError, match="not yet valid"):
        history((2, with_pair)).not_revoked_as_of(1, STATEMENT.public)


def test_a_pair_that_is_listed_again_was_still_revoked_in_between() -> None:
    held = history((2, designation(1)), (8, designation(2, NEXT_STATEMENT.public)), (12, designation(3, previous=8)))
    assert held.not_revoked_as_of(5, STATEMENT.public) == 2


@pytest.mark.parametrize("signer", [STATEMENT, SERVICE])
def test_a_designated_speaker_is_verified(signer: KeyPair) -> None:
    envelope, _ = sealed(statement(), signer)
    verified = verify_speaker(envelope, designation())
    assert (verified.envelope, verified.pairs) == (envelope, (signer.public,))


@pytest.mark.parametrize("signer", [ROOT, LOG, WITNESS])
def test_root_log_and_witness_do_not_speak(signer: KeyPair) -> None:
    envelope, _ = sealed(statement(), signer)
    with pytest.raises(VerificationError, match=r"which no keys statement of xaa\.centre designates"):
        verify_speaker(envelope, designation(1, STATEMENT.public, WITNESS.public))


def test_an_unknown_key_is_said_to_be_unknown() -> None:
    envelope, _ = sealed(statement(), PEER_STATEMENT)
    held = history((2, designation(1)), (8, designation(2)))
    for known in (None, held):
        with pytest.raises(VerificationError, match=r"signed by key [0-9a-f]{8}…, which no keys statement"):
            verify_speaker(envelope, designation(2), history=known)


def test_a_revoked_key_is_said_to_be_revoked() -> None:
    envelope, _ = sealed(statement(), STATEMENT)
    after = designation(2, NEXT_STATEMENT.public)
    with pytest.raises(VerificationError, match="was revoked: keys statement 1 at entry 2 lists it, number 2"):
        verify_speaker(envelope, after, history=history((2, designation(1)), (8, after)))


def test_a_key_of_a_later_statement_is_said_to_be_early() -> None:
    envelope, _ = sealed(statement(), NEXT_STATEMENT)
    held = history((2, designation(1)), (8, designation(2, NEXT_STATEMENT.public)))
    with pytest.raises(VerificationError, match="is not valid yet: keys statement 2 at entry 8 lists it, number 1"):
        verify_speaker(envelope, designation(1), history=held)


def test_a_designated_key_that_did_not_sign_everything_is_refused() -> None:
    joint = sign_envelope(SEALED_TYPE, b"{}", [STATEMENT, PEER_STATEMENT])
    with pytest.raises(VerificationError, match="also signed by key"):
        verify_speaker(joint, designation())


def test_the_service_pair_says_receipts_and_nothing_else() -> None:
    for signer, kind, allowed in (
        (SERVICE, "receipt", True),
        (SERVICE, "package", False),
        (SERVICE, "acknowledged", False),
        (STATEMENT, "receipt", True),
        (STATEMENT, "package", True),
    ):
        said = statement(kind)
        verified = verify_envelope(sealed(said, signer)[0], [signer.public])
        if allowed:
            check_speaks(verified, said)
            continue
        with pytest.raises(VerificationError, match=f"the service key of xaa.centre may not say '{kind}'"):
            check_speaks(verified, said)


def test_a_key_speaks_for_its_own_authority_only() -> None:
    said = statement(issuer=PEER, to=(AUTHORITY,))
    verified = verify_envelope(sealed(said, STATEMENT)[0], [STATEMENT.public])
    with pytest.raises(VerificationError, match=r"a key of xaa\.centre speaks for xab\.centre"):
        check_speaks(verified, said)


def test_a_recognition_is_refused_where_it_is_made() -> None:
    assert recognition().checked_on == NOW
    with pytest.raises(MalformedError, match=r"key xab\.centre/root is not xaa\.centre/root"):
        recognition(root=PEER_ROOT.public)
    with pytest.raises(MalformedError, match=r"key xab\.centre/log is not xaa\.centre/log"):
        recognition(log=OTHER_LOG.public)
