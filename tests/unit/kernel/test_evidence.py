from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from comity.errors import MalformedError, TooLargeError, VerificationError
from comity.kernel.canonical import Json, JsonObject, encode_base64, encode_json, parse_object
from comity.kernel.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint, with_signatures
from comity.kernel.disclosure import parse_disclosure
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, Envelope, sign_envelope
from comity.kernel.evidence import (
    SplitView,
    encode_two_keys,
    encode_two_replies,
    evidence_authority,
    verify_evidence,
)
from comity.kernel.key import KeyPair
from comity.kernel.merkle import EMPTY_ROOT, consistency_path, leaf_hash, tree_root
from comity.kernel.note import Note, parse_note
from comity.kernel.policy import parse_policy, write_policy
from support.log_keys import LOG, OTHER_LOG, TIME, WITNESSES, pair
from support.speakers import (
    AUTHORITY,
    CASE,
    NEXT_STATEMENT,
    PEER,
    PEER_ROOT,
    PEER_STATEMENT,
    REFUSALS,
    ROOT,
    SERVICE,
    STATEMENT,
    answers,
    designation,
    flipped,
    keys_statement,
    logged_replies,
    recognition,
    sealed,
    signed_keys,
    statement,
)

SHOWN = tuple(leaf_hash(b"shown %d" % number) for number in range(11))
HIDDEN = tuple(leaf_hash(b"hidden %d" % number) for number in range(11))
FIRST_KEYS = signed_keys(designation(4))
OTHER_KEYS = signed_keys(designation(4, NEXT_STATEMENT.public))
KEYS = signed_keys(designation(1))
Shown = tuple[Envelope, tuple[str, ...]]


def note(leaves: Sequence[bytes], size: int, signer: KeyPair = LOG) -> bytes:
    checkpoint = Checkpoint(origin=signer.public.name, size=size, root=tree_root(leaves[:size]))
    return sign_checkpoint(checkpoint, signer, TIME)


def path(leaves: Sequence[bytes], old: int, new: int) -> tuple[bytes, ...]:
    return tuple(consistency_path(old, new, lambda level, i: tree_root(leaves[i << level : (i + 1) << level])))


def rewritten(old: int, new: int) -> SplitView:
    """Return evidence that the log showed one tree at `old` and grew another to `new`."""
    return SplitView(
        older=note(SHOWN, old),
        newer=note(HIDDEN, new),
        path=path(HIDDEN, old, new),
        older_root=tree_root(HIDDEN[:old]),
    )


def changed(data: bytes, **members: Json) -> bytes:
    return encode_json(parse_object(data) | members)


def reply(kind: str = "refused", *, signer: KeyPair = STATEMENT, first: int = 0, **changes: object) -> Shown:
    body = changes.pop("body", answers("1", "2"))
    return sealed(statement(kind, body=body, **changes), signer, first=first)


def replies(one: Shown, two: Shown, *keys: Envelope, **more: Any) -> bytes:
    return encode_two_replies(*logged_replies(one, two, *(keys or (KEYS,)), **more))


SAME_SIZE = SplitView(older=note(SHOWN, 7), newer=note(HIDDEN, 7)).encode()
TWO_KEYS = encode_two_keys(FIRST_KEYS, OTHER_KEYS)
REFUSED, PACKED = reply("refused"), reply("package", first=200, body=answers("2", "3"))
TWO_REPLIES = replies(REFUSED, PACKED)


def with_reply(**members: Json) -> bytes:
    """Return two replies with other members in the first one."""
    value = parse_object(TWO_REPLIES)["replies"]
    assert isinstance(value, list)
    assert isinstance(value[0], dict)
    return changed(TWO_REPLIES, replies=[value[0] | members, value[1]])


def refused(data: bytes, message: str, error: type[Exception] = VerificationError) -> None:
    with pytest.raises(error, match=message):
        verify_evidence(data, recognition())


def test_two_roots_of_one_size_are_misbehaviour() -> None:
    found = verify_evidence(SAME_SIZE, recognition())
    assert (found.authority, found.type) == (AUTHORITY, "split-view")
    assert found.sentence == "the log of xaa.centre signed two roots for size 7"
    assert evidence_authority(SAME_SIZE) == AUTHORITY


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 11), (4, 11), (8, 9), (5, 11), (7, 8), (10, 11)])
def test_a_tree_that_grew_over_other_entries_is_misbehaviour(old: int, new: int) -> None:
    found = verify_evidence(rewritten(old, new).encode(), recognition())
    assert found.type == "split-view"
    assert f"signed size {new} over other entries than it had signed at size {old}" in found.sentence


@pytest.mark.parametrize(("old", "new"), [(1, 2), (4, 11), (5, 11), (8, 9)])
def test_a_log_that_grew_honestly_is_not_accused(old: int, new: int) -> None:
    older, newer = note(SHOWN, old), note(SHOWN, new)
    view = SplitView(older=older, newer=newer, path=path(SHOWN, old, new), older_root=tree_root(SHOWN[:old]))
    refused(view.encode(), "extends the older one: no misbehaviour")
    # A made-up older root needs a path that no honest tree has.
    lie = SplitView(older=older, newer=newer, path=path(SHOWN, old, new), older_root=tree_root(HIDDEN[:old]))
    refused(lie.encode(), "the path does not lead to the root")
    foreign = SplitView(older=older, newer=newer, path=path(HIDDEN, old, new), older_root=tree_root(HIDDEN[:old]))
    refused(foreign.encode(), f"the path does not lead to the root of the tree of size {new}")


def test_a_checkpoint_signed_again_is_not_misbehaviour() -> None:
    once, again = note(SHOWN, 7), note(SHOWN, 7)
    assert once != again
    refused(SplitView(older=once, newer=again).encode(), "one size and one root: no misbehaviour")


def test_two_sizes_without_a_path_prove_nothing() -> None:
    view = rewritten(5, 11)
    refused(
        SplitView(older=view.older, newer=view.newer, older_root=view.older_root).encode(), "consistency path has 0"
    )
    refused(SplitView(older=view.older, newer=view.newer, path=view.path).encode(), "a hash has 0 bytes")
    refused(changed(view.encode(), path=[encode_base64(b"short")]), "a hash has 5 bytes")


def test_one_size_takes_no_path_that_nobody_would_check() -> None:
    for extra in (
        SplitView(older=note(SHOWN, 7), newer=note(HIDDEN, 7), path=(bytes(32),)),
        SplitView(older=note(SHOWN, 7), newer=note(HIDDEN, 7), older_root=bytes(32)),
    ):
        refused(extra.encode(), "need no path and no older root", MalformedError)


def test_checkpoints_stand_in_order_and_the_empty_tree_contradicts_nothing() -> None:
    view = rewritten(5, 11)
    backwards = SplitView(older=view.newer, newer=view.older, path=view.path, older_root=view.older_root)
    refused(backwards.encode(), "must have 1 to 5 entries, it has 11", MalformedError)
    empty = SplitView(older=note((), 0), newer=note(SHOWN, 5), older_root=EMPTY_ROOT)
    refused(empty.encode(), "must have 1 to 5 entries, it has 0", MalformedError)


def test_a_checkpoint_of_another_log_or_key_accuses_nobody() -> None:
    other, usurper = note(HIDDEN, 7, OTHER_LOG), note(HIDDEN, 7, pair(LOG.public.name, 77))
    for older, newer in ((note(SHOWN, 7), other), (other, note(SHOWN, 7))):
        refused(SplitView(older=older, newer=newer).encode(), "is not one of xaa.centre/log")
    for older, newer in ((note(SHOWN, 7), usurper), (usurper, note(SHOWN, 7))):
        refused(SplitView(older=older, newer=newer).encode(), "lacks the signature of xaa.centre/log")


def test_a_checkpoint_that_only_witnesses_signed_accuses_nobody() -> None:
    bare = parse_note(note(HIDDEN, 7))
    checkpoint = Checkpoint(origin=LOG.public.name, size=7, root=tree_root(HIDDEN[:7]))
    lines = cosign_checkpoint(checkpoint, WITNESSES[0], TIME)
    for signatures in (lines, bare.signatures[:1], bare.signatures[1:], (*bare.signatures[:1], *lines)):
        newer = Note(text=bare.text, signatures=tuple(signatures)).encode()
        refused(SplitView(older=note(SHOWN, 7), newer=newer).encode(), "lacks the signature of xaa.centre/log")
    cosigned = with_signatures(bare, lines).encode()
    assert (
        verify_evidence(SplitView(older=note(SHOWN, 7), newer=cosigned).encode(), recognition()).authority == AUTHORITY
    )


def test_a_log_that_signed_another_text_is_not_accused_of_this_one() -> None:
    one, other = parse_note(note(SHOWN, 7)), parse_note(note(HIDDEN, 7))
    forged = Note(text=other.text, signatures=one.signatures).encode()
    refused(SplitView(older=note(SHOWN, 7), newer=forged).encode(), "did not sign")


def test_two_keys_statements_with_one_number_are_misbehaviour() -> None:
    found = verify_evidence(TWO_KEYS, recognition())
    assert (found.authority, found.type) == (AUTHORITY, "two-keys")
    assert found.sentence == "the root of xaa.centre signed two keys statements with number 4"
    assert evidence_authority(TWO_KEYS) == AUTHORITY


def test_keys_statements_with_other_numbers_are_not_misbehaviour() -> None:
    refused(encode_two_keys(FIRST_KEYS, signed_keys(designation(5))), "4 and 5 differ in number: no misbehaviour")


def test_one_keys_statement_signed_twice_is_not_misbehaviour() -> None:
    again = signed_keys(designation(4))
    assert again.id != FIRST_KEYS.id
    refused(encode_two_keys(FIRST_KEYS, again), "say the same: no misbehaviour")
    refused(encode_two_keys(FIRST_KEYS, FIRST_KEYS), "say the same: no misbehaviour")


def test_a_keys_statement_that_the_root_did_not_sign_accuses_nobody() -> None:
    for signer in (pair(ROOT.public.name, 78), STATEMENT):
        forged = signed_keys(designation(4, NEXT_STATEMENT.public), signer)
        refused(encode_two_keys(FIRST_KEYS, forged), "not signed by both keys of xaa.centre/root")
        refused(encode_two_keys(forged, FIRST_KEYS), "not signed by both keys of xaa.centre/root")
    foreign = designation(4, PEER_STATEMENT.public, authority=PEER, participant="XAB", pairs=(PEER_STATEMENT.public,))
    refused(encode_two_keys(FIRST_KEYS, signed_keys(foreign, PEER_ROOT)), "keys statement of xab.centre")


def test_two_keys_takes_two_keys_statements() -> None:
    text = encode_base64(FIRST_KEYS.encoded)
    other = sign_envelope(STATEMENT_TYPE, statement(to=()).encode(), [ROOT])
    refused(encode_two_keys(FIRST_KEYS, other), "not a public keys statement", MalformedError)
    wrong: list[Json] = [[], [text], [text, text, text], [text, 1], "x", {}]
    for listed in wrong:
        refused(changed(TWO_KEYS, envelopes=listed), "envelope", MalformedError)


def test_two_replies_to_one_item_are_misbehaviour() -> None:
    found = verify_evidence(TWO_REPLIES, recognition())
    assert (found.authority, found.type) == (AUTHORITY, "two-replies")
    assert found.sentence == "xaa.centre gave two replies, refused and package, to one item"
    assert evidence_authority(TWO_REPLIES) == AUTHORITY
    assert verify_evidence(replies(PACKED, REFUSED), recognition()).type == "two-replies"


def test_disclosures_may_withhold_all_but_headers_and_answers() -> None:
    def least(shown: Shown) -> Shown:
        envelope, texts = shown
        return envelope, tuple(text for text in texts if parse_disclosure(text).name != "body.reasons")

    assert len(least(REFUSED)[1]) == len(REFUSED[1]) - 1
    assert verify_evidence(replies(least(REFUSED), least(PACKED)), recognition()).authority == AUTHORITY


@pytest.mark.parametrize("order", [1, -1])
def test_a_reply_that_follows_the_other_corrects_it(order: int) -> None:
    later = reply("package", first=200, follows=tuple(sorted((CASE, REFUSED[0].id))))
    one, two = (REFUSED, later)[::order]
    refused(replies(one, two), "repeats or corrects the other: no misbehaviour")


def test_one_reply_signed_twice_is_not_misbehaviour() -> None:
    again = sign_envelope(SEALED_TYPE, REFUSED[0].payload, [STATEMENT]), REFUSED[1]
    assert again[0].id != REFUSED[0].id
    refused(replies(REFUSED, again), "repeats or corrects the other: no misbehaviour")
    refused(replies(REFUSED, REFUSED), "repeats or corrects the other: no misbehaviour")


@pytest.mark.parametrize("body", [answers("3"), answers("1", "2", request="ab" * 32)])
def test_replies_to_other_items_or_requests_are_not_misbehaviour(body: JsonObject) -> None:
    refused(replies(REFUSED, reply("package", first=200, body=body)), "do not answer one item: no misbehaviour")


@pytest.mark.parametrize("body", [{"reasons": "None."}, {"answers": "x"}])
def test_a_statement_without_answers_is_no_reply(body: JsonObject) -> None:
    refused(replies(REFUSED, reply("question", first=200, body=body)), "is no reply to an item")


@pytest.mark.parametrize(
    "body",
    [{"answers": {"request": CASE}}, {"answers": {"request": CASE, "items": [1]}}, {"answers": {"items": ["1"]}}],
)
def test_answers_name_a_request_and_items(body: JsonObject) -> None:
    refused(replies(REFUSED, reply("package", first=200, body=body)), "item|request", MalformedError)


def test_replies_count_only_from_keys_that_the_given_designation_lists() -> None:
    for signer in (NEXT_STATEMENT, PEER_STATEMENT, ROOT):
        refused(replies(REFUSED, reply("package", first=200, signer=signer)), "no keys statement of xaa.centre")
    refused(replies(REFUSED, reply("package", first=200, signer=SERVICE)), "service key")
    elsewhere = reply("package", first=200, issuer=PEER, to=(AUTHORITY,))
    refused(replies(REFUSED, elsewhere), "speaks for")


def test_replies_under_two_designations_are_misbehaviour() -> None:
    rotated = signed_keys(designation(2, NEXT_STATEMENT.public))
    later = reply("package", first=200, signer=NEXT_STATEMENT)
    assert verify_evidence(replies(REFUSED, later, KEYS, rotated), recognition()).type == "two-replies"


def test_a_reply_that_the_authority_did_not_log_after_the_designation_accuses_nobody() -> None:
    rotated = signed_keys(designation(2, NEXT_STATEMENT.public))
    early = reply("package", first=200, signer=NEXT_STATEMENT)
    refused(
        replies(REFUSED, early, KEYS, rotated, late=True),
        "logged at entry 3, before the keys statement at entry 4 that lists its pair",
    )


def test_a_reply_that_nobody_logged_accuses_nobody() -> None:
    one, two = logged_replies(REFUSED, PACKED, KEYS)
    for other in (
        replace(two, salt=one.salt),
        replace(two, proof=one.proof),
        replace(two, proof=two.keys_proof),
        replace(two, keys_proof=two.proof),
    ):
        refused(encode_two_replies(one, other), "does not lead")
        refused(encode_two_replies(other, one), "does not lead")


def test_a_log_without_its_witnesses_or_of_another_authority_proves_no_reply() -> None:
    refused(replies(REFUSED, PACKED, witnesses=1), "quorum")
    refused(replies(REFUSED, PACKED, log=OTHER_LOG, witnesses=0), "xab.centre/log")
    refused(replies(REFUSED, PACKED, log=pair(LOG.public.name, 77)), "xaa.centre/log")


def test_replies_of_exercise_and_reality_or_of_two_cases_are_told_apart() -> None:
    one, two = reply(exercise=True), reply("package", first=200, exercise=True)
    found = verify_evidence(replies(one, two), recognition())
    assert found.sentence == "EXERCISE: xaa.centre gave two replies, refused and package, to one item"
    refused(replies(one, PACKED), "of two cases, or one is an exercise: no misbehaviour")
    elsewhere = reply("package", first=200, subject="ab" * 32)
    refused(replies(REFUSED, elsewhere), "of two cases, or one is an exercise: no misbehaviour")


def test_two_designations_of_an_exercise_are_told_so() -> None:
    one, two = (
        sign_envelope(STATEMENT_TYPE, keys_statement(item, exercise=True).encode(), [ROOT])
        for item in (designation(4), designation(4, NEXT_STATEMENT.public))
    )
    assert verify_evidence(encode_two_keys(one, two), recognition()).sentence.startswith("EXERCISE: the root of")
    assert verify_evidence(encode_two_keys(one, OTHER_KEYS), recognition()).sentence.startswith("the root of")


def test_a_designation_that_the_root_did_not_sign_accuses_nobody() -> None:
    forged = signed_keys(designation(1), pair(ROOT.public.name, 78))
    refused(replies(REFUSED, PACKED, forged), "not signed by both keys of xaa.centre/root")
    public = sign_envelope(STATEMENT_TYPE, statement(to=()).encode(), [ROOT])
    refused(replies(REFUSED, PACKED, public), "not a public keys statement", MalformedError)


def test_a_disclosure_of_another_statement_accuses_nobody() -> None:
    refused(replies(REFUSED, (PACKED[0], REFUSED[1])), "does not belong to this statement")
    headless = PACKED[0], tuple(text for text in PACKED[1] if parse_disclosure(text).name != "follows")
    refused(replies(REFUSED, headless), "missing member follows", MalformedError)


def test_two_replies_takes_two_objects_with_everything_that_proves_them() -> None:
    value = parse_object(TWO_REPLIES)["replies"]
    assert isinstance(value, list)
    one = value[0]
    assert isinstance(one, dict)
    wrong: list[Json] = [
        [],
        [one],
        [one, one, one],
        "x",
        [one, "x"],
        [one, {}],
        [one, one | {"extra": ""}],
        [one, one | {"salt": ""}],
        [one, one | {"proof": ""}],
        [one, one | {"keys_proof": 1}],
        [one, one | {"disclosures": "x"}],
        [one, one | {"disclosures": [1]}],
        [one, one | {"envelope": 1}],
    ]
    for listed in wrong:
        with pytest.raises(MalformedError):
            verify_evidence(changed(TWO_REPLIES, replies=listed), recognition())


@pytest.mark.parametrize("data", [SAME_SIZE, TWO_KEYS, TWO_REPLIES])
def test_evidence_against_one_authority_is_none_against_another(data: bytes) -> None:
    policy = parse_policy(write_policy(OTHER_LOG.public, None, [(WITNESSES[1].public, None)], 1))
    other = recognition(authority=PEER, participant="XAB", root=PEER_ROOT.public, log=OTHER_LOG.public, policy=policy)
    with pytest.raises(VerificationError):
        verify_evidence(data, other)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        changed(SAME_SIZE, type="rumour"),
        changed(SAME_SIZE, type=1),
        changed(SAME_SIZE, type="two-keys"),
        changed(TWO_KEYS, type="two-replies"),
        changed(SAME_SIZE, comity_evidence=2),
        changed(SAME_SIZE, comity_evidence=True),
        changed(SAME_SIZE, extra=1),
        changed(SAME_SIZE, path="x"),
        changed(SAME_SIZE, path=[1]),
        changed(SAME_SIZE, path=["*"]),
        changed(SAME_SIZE, path=[""] * 129),
        changed(SAME_SIZE, older="*"),
        changed(SAME_SIZE, older=encode_base64(b"no note")),
        changed(SAME_SIZE, older=1),
        changed(SAME_SIZE, newer=None),
        changed(SAME_SIZE, older_root=None),
        changed(TWO_KEYS, envelopes=["*", "*"]),
        changed(TWO_REPLIES, keys=encode_base64(KEYS.encoded)),
        with_reply(keys=1),
        with_reply(keys=encode_base64(b"{}")),
        SAME_SIZE + b"\n",
    ],
)
def test_bytes_that_are_no_evidence_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        verify_evidence(data, recognition())


def test_evidence_has_a_largest_size() -> None:
    with pytest.raises(TooLargeError):
        verify_evidence(bytes(8 * 1024 * 1024 + 1), recognition())


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        changed(TWO_KEYS, envelopes=[]),
        changed(TWO_KEYS, envelopes={}),
        changed(TWO_KEYS, envelopes=[1]),
        changed(TWO_KEYS, envelopes=["*"]),
        changed(TWO_REPLIES, replies=[]),
        changed(TWO_REPLIES, replies=[{}]),
        changed(TWO_REPLIES, replies=[1]),
        with_reply(keys=None),
        with_reply(keys=encode_base64(REFUSED[0].encoded)),
        changed(SAME_SIZE, older=encode_base64(b"../../etc\n\n\xe2\x80\x94 a AAAAAAA=\n")),
        changed(SAME_SIZE, older=encode_base64(b"x")),
    ],
)
def test_a_file_that_names_nobody_is_refused_before_anyone_is_looked_up(data: bytes) -> None:
    with pytest.raises(MalformedError):
        evidence_authority(data)


@pytest.mark.parametrize(
    ("data", "step"), [(SAME_SIZE, 5), (rewritten(5, 11).encode(), 5), (TWO_KEYS, 7), (TWO_REPLIES, 151)]
)
def test_any_flipped_byte_is_refused(data: bytes, step: int) -> None:
    held = recognition()
    assert verify_evidence(data, held).authority == AUTHORITY
    for place, other in flipped(data, step=step):
        try:
            verify_evidence(other, held)
        except REFUSALS:
            continue
        pytest.fail(f"a bit of byte {place} made no difference")


def test_the_body_of_a_designation_is_what_is_compared() -> None:
    again = sign_envelope(STATEMENT_TYPE, keys_statement(designation(4), exercise=True).encode(), [ROOT])
    assert verify_evidence(encode_two_keys(FIRST_KEYS, again), recognition()).type == "two-keys"
