import dataclasses
from itertools import combinations

import pytest

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.checkpoint import cosign_checkpoint, with_signatures
from comity.kernel.key import ED25519, ED25519_COSIGNATURE, MLDSA44, encode_vkey
from comity.kernel.note import Note, NoteSignature
from comity.kernel.policy import (
    PolicyGroup,
    answers_wanted,
    parse_policy,
    quorum_count,
    verify_policy_log,
    verify_witnessed,
    write_policy,
)
from support.log_keys import (
    CHECKPOINT,
    LOG,
    OTHER_LOG,
    OWN_WITNESS,
    TIME,
    WITNESSES,
    pair,
    policy,
    signed_note,
    witnessed_note,
)

LOG_KEY = encode_vkey("log.example/sofa", ED25519, LOG.public.ed25519)
KEYS = [
    encode_vkey(f"example.com/w{i}", ED25519_COSIGNATURE, pair("xaz.a/witness", 20 + i).public.ed25519)
    for i in range(6)
]
X1, X2, X3, Y1, Y2, Y3 = KEYS
# The example of C2SP tlog-policy, with keys, a comment and odd white space.
EXAMPLE = f"""
# two organisations
log {LOG_KEY}

\twitness X1 {X1}  https://x1.example/
witness X2\t{X2}
witness X3 {X3}
group X-witnesses 2 X1 X2 X3

  # the second
witness Y1 {Y1}
witness Y2 {Y2}
witness Y3 {Y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification_is_read() -> None:
    read = parse_policy(EXAMPLE)
    assert read.text == EXAMPLE
    assert [(log.key.name, log.url) for log in read.logs] == [("log.example/sofa", None)]
    assert [(witness.name, witness.url) for witness in read.witnesses][:2] == [
        ("X1", "https://x1.example/"),
        ("X2", None),
    ]
    assert read.groups == (
        PolicyGroup(name="X-witnesses", threshold=2, members=("X1", "X2", "X3")),
        PolicyGroup(name="Y-witnesses", threshold=1, members=("Y1", "Y2", "Y3")),
        PolicyGroup(name="X-and-Y", threshold=2, members=("X-witnesses", "Y-witnesses")),
    )
    assert read.quorum == "X-and-Y"


def test_a_policy_without_witnesses_or_logs_is_read() -> None:
    read = parse_policy("quorum none\n")
    assert (read.logs, read.witnesses, read.groups, read.quorum) == ((), (), (), None)


def test_names_are_opaque_and_may_be_any_unicode() -> None:
    read = parse_policy(f"witness \u212a {X1}\nwitness K {X2}\ngroup é all \u212a K\nquorum é\n")
    assert [witness.name for witness in read.witnesses] == ["\u212a", "K"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends in a newline"),
        ("quorum none", "ends in a newline"),
        ("quorum none\r\n", "control characters"),
        ("# \x7f\nquorum none\n", "control characters"),
        ("# \ud800\nquorum none\n", "not Unicode"),
        ("# " + "a" * 524_288 + "\nquorum none\n", "at most 524288"),
        ("\n", "this has none"),
        ("quorum none\nquorum none\n", "line 2 of the policy: a second quorum"),
        ("quorum X1\n", "not defined before"),
        (f"quorum X1\nwitness X1 {X1}\n", "not defined before"),
        ("quorum\n", "is no log, witness, group or quorum line"),
        ("quorum none none\n", "is no log, witness, group or quorum line"),
        ("Quorum none\n", "is no log, witness, group or quorum line"),
        ("log\nquorum none\n", "is no log"),
        (f"log {LOG_KEY} https://a/ b\nquorum none\n", "is no log"),
        (f"witness X1 {X1} https://a/ b\nquorum none\n", "is no log"),
        ("witness X1\nquorum none\n", "is no log"),
        (f"witness X1 {X1}\ngroup a all\nquorum none\n", "is no log"),
        ("log a+b\nquorum none\n", "a verifier key is"),
        (f"log {X1}\nquorum none\n", "0x04 is not one of a log"),
        (f"witness X1 {LOG_KEY}\nquorum none\n", "0x01 is not one of a witness"),
        (f"log {LOG_KEY}\nlog {LOG_KEY}\nquorum none\n", "listed twice"),
        (f"witness X1 {X1}\nwitness X2 {X1}\nquorum none\n", "listed twice"),
        (f"witness X1 {X1}\nwitness X1 {X2}\nquorum none\n", "is taken"),
        (f"witness none {X1}\nquorum none\n", "is taken"),
        (f"witness X1 {X1}\ngroup X1 all X1\nquorum X1\n", "is taken"),
        (f"witness X1 {X1}\ngroup g all g\nquorum g\n", "not defined before"),
        (f"witness X1 {X1}\ngroup g all none X1\nquorum g\n", "not defined before"),
        (f"witness X1 {X1}\ngroup g all X1 X1\nquorum g\n", "a member twice"),
        (f"witness X1 {X1}\ngroup g all X1\ngroup h all X1\nquorum g\n", "a member twice"),
        (f"witness X1 {X1}\ngroup g 0 X1\nquorum g\n", "wants 0 of 1"),
        (f"witness X1 {X1}\ngroup g 2 X1\nquorum g\n", "wants 2 of 1"),
        (f"witness X1 {X1}\ngroup g 01 X1\nquorum g\n", "leading zeros"),
        (f"witness X1 {X1}\ngroup g some X1\nquorum g\n", "no decimal number"),
        (f"witness X1\u00a0{X1}\nquorum none\n", "is no log"),
    ],
)
def test_a_broken_policy_is_malformed_and_says_where(text: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        parse_policy(text)


def test_there_may_be_128_lines_of_a_kind_and_no_more() -> None:
    keys = [LOG.public.mldsa44[:-2] + number.to_bytes(2) for number in range(129)]
    logs = [f"log {encode_vkey('example.com/log', MLDSA44, key)}\n" for key in keys]
    witnesses = [f"witness w{i} {encode_vkey('example.com/w', MLDSA44, key)}\n" for i, key in enumerate(keys)]
    groups = [f"group g{i} all w{i}\n" for i in range(128)]
    assert len(parse_policy("".join([*witnesses[:128], *groups, "quorum g0\n"])).groups) == 128
    assert len(parse_policy("".join([*logs[:128], "quorum none\n"])).logs) == 128
    for lines in (logs, witnesses, [*witnesses[:128], *groups, "group h all g0\n"]):
        with pytest.raises(MalformedError, match="more than 128"):
            parse_policy("".join([*lines, "quorum none\n"]))


def test_the_written_policy_has_two_lines_and_a_group_for_each_witness() -> None:
    read = policy(2)
    assert [(log.key.type_byte, log.url) for log in read.logs] == [
        (0x01, "https://xaa.example/log/"),
        (0x06, "https://xaa.example/log/"),
    ]
    assert [(witness.name, witness.key.type_byte) for witness in read.witnesses][:2] == [
        ("xab.centre/witness-ed", 0x04),
        ("xab.centre/witness-pq", 0x06),
    ]
    assert read.groups[0] == PolicyGroup(
        name="xab.centre/witness", threshold=2, members=("xab.centre/witness-ed", "xab.centre/witness-pq")
    )
    assert read.groups[-1] == PolicyGroup(
        name="witnesses", threshold=2, members=tuple(witness.public.name for witness in WITNESSES)
    )
    assert read.quorum == "witnesses"
    assert policy(0).quorum is None


def test_a_policy_that_makes_no_sense_is_not_written() -> None:
    good = [(witness.public, None) for witness in WITNESSES]
    for k in (-1, 4):
        with pytest.raises(MalformedError, match="does not exist"):
            write_policy(LOG.public, None, good, k)
    with pytest.raises(MalformedError, match="log key and witness keys"):
        write_policy(WITNESSES[0].public, None, good, 1)
    with pytest.raises(MalformedError, match="log key and witness keys"):
        write_policy(LOG.public, None, [(OTHER_LOG.public, None)], 1)
    with pytest.raises(MalformedError, match="listed twice"):
        write_policy(LOG.public, None, good[:1] * 2, 1)
    for url in ("", "https://a/ b", "https://a/\n"):
        with pytest.raises(MalformedError, match="is no URL"):
            write_policy(LOG.public, url, good, 1)
    with pytest.raises(MalformedError, match="control characters"):
        write_policy(LOG.public, "https://a/\x7f", good, 1)


def test_the_log_s_own_authority_never_counts() -> None:
    with pytest.raises(PolicyError, match=r"xaa\.centre/witness belongs to the authority of a log"):
        write_policy(LOG.public, None, [(OWN_WITNESS.public, None)], 1)
    with pytest.raises(PolicyError, match=r"example\.com/w0 belongs to the authority of a log"):
        parse_policy(f"log {encode_vkey('example.com/a', ED25519, LOG.public.ed25519)}\nwitness w {X1}\nquorum w\n")
    same_key = encode_vkey("example.com/w", ED25519_COSIGNATURE, LOG.public.ed25519)
    with pytest.raises(PolicyError, match="belongs to the authority of a log"):
        parse_policy(f"witness w {same_key}\nlog {LOG_KEY}\nquorum w\n")


def test_a_quorum_bounds_the_time_by_the_witness_that_completed_it() -> None:
    assert dict(verify_witnessed(witnessed_note(), policy(3)).times) == {
        "xab.centre/witness": TIME + 1,
        "xac.centre/witness": TIME + 2,
        "xad.centre/witness": TIME + 3,
    }
    for quorum in (1, 2, 3):
        witnessed = verify_witnessed(witnessed_note(), policy(quorum))
        assert (witnessed.checkpoint, witnessed.logged_by) == (CHECKPOINT, TIME + quorum)


def test_fewer_witnesses_than_the_quorum_are_refused() -> None:
    assert verify_witnessed(witnessed_note(2), policy(2)).logged_by == TIME + 2
    for count, quorum in ((0, 1), (1, 2), (2, 3)):
        with pytest.raises(VerificationError, match="the quorum witnesses has not cosigned"):
            verify_witnessed(witnessed_note(count), policy(quorum))


def test_half_a_witness_does_not_count() -> None:
    for kept in (0, 1):
        half = cosign_checkpoint(CHECKPOINT, WITNESSES[0], TIME)[kept]
        note = with_signatures(signed_note(), [half])
        with pytest.raises(VerificationError, match="has not cosigned"):
            verify_witnessed(note, policy(1))
        whole = with_signatures(note, cosign_checkpoint(CHECKPOINT, WITNESSES[1], TIME + 9))
        assert dict(verify_witnessed(whole, policy(1)).times) == {"xac.centre/witness": TIME + 9}


def test_the_later_of_two_times_of_a_witness_counts() -> None:
    early, late = (
        cosign_checkpoint(CHECKPOINT, WITNESSES[0], TIME),
        cosign_checkpoint(CHECKPOINT, WITNESSES[0], TIME + 7),
    )
    witnessed = verify_witnessed(with_signatures(signed_note(), (early[0], late[1])), policy(1))
    assert (witnessed.logged_by, witnessed.times["xab.centre/witness"]) == (TIME + 7, TIME + 7)


def test_a_cosignature_without_a_time_bounds_nothing() -> None:
    key = WITNESSES[0].public.verifier_keys()[0]
    value = WITNESSES[0].sign_ed25519(f"cosignature/v1\ntime 0\n{CHECKPOINT.encode()}".encode())
    timeless = NoteSignature(name=key.name, key_id4=key.key_id4, blob=bytes(8) + value)
    whole = (timeless, cosign_checkpoint(CHECKPOINT, WITNESSES[0], TIME)[1])
    with pytest.raises(VerificationError, match="has not cosigned"):
        verify_witnessed(with_signatures(signed_note(), whole), policy(1))


def test_a_wrong_line_of_a_known_witness_refuses_even_with_a_quorum() -> None:
    note = witnessed_note()
    broken = dataclasses.replace(note.signatures[-1], blob=note.signatures[-1].blob[:-1])
    with pytest.raises(VerificationError, match=r"xad\.centre/witness did not sign"):
        verify_witnessed(Note(text=note.text, signatures=(*note.signatures[:-1], broken)), policy(1))


def test_an_unknown_line_is_ignored_whatever_it_holds() -> None:
    stranger = NoteSignature(name="xad.centre/witness", key_id4=bytes(4), blob=b"anything")
    assert verify_witnessed(with_signatures(witnessed_note(), [stranger]), policy(3)).logged_by == TIME + 3


@pytest.mark.parametrize("missing", [0, 1])
def test_every_listed_key_of_the_log_must_have_signed(missing: int) -> None:
    lines = tuple(line for number, line in enumerate(witnessed_note().signatures) if number != missing)
    with pytest.raises(VerificationError, match=r"lacks the signature of xaa\.centre/log"):
        verify_witnessed(Note(text=CHECKPOINT.encode(), signatures=lines), policy(1))


def test_a_log_outside_the_policy_is_refused() -> None:
    other = parse_policy(write_policy(OTHER_LOG.public, None, [(WITNESSES[1].public, None)], 1))
    with pytest.raises(VerificationError, match=r"no log xaa\.centre/log"):
        verify_witnessed(witnessed_note(), other)


def test_without_a_wanted_witness_nothing_bounds_the_time() -> None:
    with pytest.raises(VerificationError, match="wants no witness"):
        verify_witnessed(witnessed_note(), policy(0))


def test_a_text_that_is_no_checkpoint_is_malformed() -> None:
    with pytest.raises(MalformedError, match="three lines"):
        verify_witnessed(Note(text="a\n", signatures=signed_note().signatures), policy(1))


def test_one_witness_alone_can_be_the_quorum() -> None:
    log = [encode_vkey(key.name, key.type_byte, key.key) for key in LOG.public.verifier_keys()]
    key = WITNESSES[1].public.verifier_keys()[1]
    text = f"log {log[0]}\nlog {log[1]}\nwitness w {encode_vkey(key.name, key.type_byte, key.key)}\nquorum w\n"
    assert verify_witnessed(witnessed_note(), parse_policy(text)).logged_by == TIME + 2


@pytest.mark.parametrize("wanted", [1, 2, 3])
def test_so_many_answers_include_a_witness_of_whatever_was_published(wanted: int) -> None:
    answers = answers_wanted(policy(wanted))
    assert quorum_count(policy(wanted)) == wanted <= answers
    for cosigned in combinations(range(3), wanted):
        assert all(set(cosigned) & set(answered) for answered in combinations(range(3), answers))
    assert answers == wanted or any(
        not set(range(wanted)) & set(answered) for answered in combinations(range(3), answers - 1)
    )


def test_a_quorum_that_is_no_plain_count_wants_every_witness() -> None:
    half = parse_policy(policy(2).text.replace(" all ", " any "))
    assert (quorum_count(half), answers_wanted(half)) == (1, 3)
    assert (quorum_count(parse_policy(EXAMPLE)), answers_wanted(parse_policy(EXAMPLE))) == (1, 6)
    lone = parse_policy(f"witness X1 {X1}\nwitness X2 {X2}\nquorum X2\n")
    assert (quorum_count(lone), answers_wanted(lone)) == (1, 2)


def test_a_log_that_asks_nobody_still_wants_an_answer() -> None:
    assert (quorum_count(policy(0)), answers_wanted(parse_policy("quorum none\n"))) == (1, 1)


def test_the_log_s_keys_alone_are_verified_where_no_witness_is_wanted() -> None:
    assert verify_policy_log(signed_note(), policy(0)) == CHECKPOINT
    with pytest.raises(VerificationError, match="the policy has no log"):
        verify_policy_log(signed_note(), parse_policy("quorum none\n"))
    note = signed_note()
    for missing in (0, 1):
        rest = dataclasses.replace(note, signatures=(note.signatures[1 - missing],))
        with pytest.raises(VerificationError, match="lacks the signature"):
            verify_policy_log(rest, policy(0))
