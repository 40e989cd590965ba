import dataclasses
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.checkpoint import (
    Checkpoint,
    cosign_checkpoint,
    find_signature,
    only_lines_of,
    parse_checkpoint,
    sign_checkpoint,
    verify_cosignature,
    verify_log_signatures,
    verify_signature,
    verify_signed_by,
    with_signatures,
)
from comity.kernel.key import MLDSA44, VerifierKey
from comity.kernel.merkle import EMPTY_ROOT
from comity.kernel.note import Note, NoteSignature, parse_note
from support.log_keys import CHECKPOINT, LOG, OTHER_LOG, OWN_WITNESS, TIME, WITNESSES, pair, signed_note, witnessed_note

# The example of C2SP tlog-checkpoint and tlog-cosignature.
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
WITNESS = WITNESSES[0]
TEXT = CHECKPOINT.encode()


def struct_of_the_specification(name: bytes, time: int, checkpoint: Checkpoint) -> bytes:
    origin = checkpoint.origin.encode()
    return b"subtree/v1\n\0" + struct.pack(
        f">B{len(name)}sQB{len(origin)}sQQ32s",
        *(len(name), name, time, len(origin), origin, 0, checkpoint.size, checkpoint.root),
    )


def test_the_example_of_the_specification_is_read_and_written_back() -> None:
    checkpoint = parse_checkpoint(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.encode() == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE + "extension\n",
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        EXAMPLE.replace("example.com/behind-the-sofa", "a" * 256),
        EXAMPLE.replace("example.com/behind-the-sofa", "a\tb"),
        EXAMPLE.replace("example.com/behind-the-sofa", "\ud800"),
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("20852163", str(2**63)),
        EXAMPLE.replace("q2I=", "q2J="),
        EXAMPLE.replace("q2I=", "q2I"),
        EXAMPLE.replace("CsUY", ""),
        "\n".join(EXAMPLE.split("\n")[1:]),
    ],
)
def test_no_other_text_is_a_checkpoint(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_checkpoint(text)


@pytest.mark.parametrize("size", [-1, 2**63])
def test_a_checkpoint_of_impossible_size_cannot_exist(size: int) -> None:
    with pytest.raises(MalformedError, match="no size"):
        dataclasses.replace(CHECKPOINT, size=size)


def test_the_log_signs_the_text_and_the_struct_of_the_specification() -> None:
    note = signed_note()
    ed25519, mldsa44 = note.signatures
    assert note.text == TEXT
    assert {ed25519.name, mldsa44.name} == {LOG.public.name}
    Ed25519PublicKey.from_public_bytes(LOG.public.ed25519).verify(ed25519.blob, TEXT.encode())
    assert mldsa44.blob[:8] == struct.pack(">Q", TIME)
    message = struct_of_the_specification(b"xaa.centre/log", TIME, CHECKPOINT)
    MLDSA44PublicKey.from_public_bytes(LOG.public.mldsa44).verify(mldsa44.blob[8:], message)


def test_a_witness_signs_the_lines_and_the_struct_of_the_specification() -> None:
    ed25519, mldsa44 = cosign_checkpoint(CHECKPOINT, WITNESS, TIME)
    assert ed25519.blob[:8] == mldsa44.blob[:8] == struct.pack(">Q", TIME)
    lines = f"cosignature/v1\ntime {TIME}\n{TEXT}".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.public.ed25519).verify(ed25519.blob[8:], lines)
    message = struct_of_the_specification(b"xab.centre/witness", TIME, CHECKPOINT)
    MLDSA44PublicKey.from_public_bytes(WITNESS.public.mldsa44).verify(mldsa44.blob[8:], message)


def test_both_signatures_of_the_log_make_the_checkpoint_its_word() -> None:
    assert verify_log_signatures(signed_note(), LOG.public) == CHECKPOINT
    assert verify_log_signatures(witnessed_note(), LOG.public) == CHECKPOINT


@pytest.mark.parametrize("missing", [0, 1])
def test_one_signature_of_the_log_is_not_enough(missing: int) -> None:
    kept = tuple(line for number, line in enumerate(witnessed_note().signatures) if number != missing)
    with pytest.raises(VerificationError, match=r"lacks the signature of xaa\.centre/log"):
        verify_log_signatures(Note(text=TEXT, signatures=kept), LOG.public)


def test_a_line_of_an_unknown_key_is_ignored() -> None:
    stranger = NoteSignature(name="xaa.centre/log", key_id4=bytes(4), blob=b"anything")
    assert verify_log_signatures(with_signatures(signed_note(), [stranger]), LOG.public) == CHECKPOINT


def test_a_wrong_line_of_a_known_key_refuses_the_note() -> None:
    lines = signed_note().signatures
    for number, line in enumerate(lines):
        for blob in (
            line.blob[:-1],
            line.blob + b"\0",
            line.blob[:-1] + bytes([line.blob[-1] ^ 1]),
            b"\xff" * 72,
            b"\0",
        ):
            forged = [*lines]
            forged[number] = dataclasses.replace(line, blob=blob)
            with pytest.raises(VerificationError, match=r"xaa\.centre/log did not sign"):
                verify_log_signatures(Note(text=TEXT, signatures=tuple(forged)), LOG.public)


def test_another_log_does_not_speak_for_the_origin() -> None:
    with pytest.raises(VerificationError, match=r"is not one of xab\.centre/log"):
        verify_log_signatures(signed_note(), OTHER_LOG.public)
    with pytest.raises(VerificationError, match=r"is not one of xab\.centre/witness"):
        verify_log_signatures(signed_note(), WITNESS.public)
    with pytest.raises(PolicyError, match="does not sign checkpoints"):
        sign_checkpoint(CHECKPOINT, OTHER_LOG, TIME)
    with pytest.raises(PolicyError, match="does not sign checkpoints"):
        sign_checkpoint(dataclasses.replace(CHECKPOINT, origin="xaa.centre/root"), pair("xaa.centre/root", 1), TIME)


def test_a_note_that_is_no_checkpoint_is_malformed() -> None:
    with pytest.raises(MalformedError, match="extension lines"):
        verify_log_signatures(Note(text=TEXT + "more\n", signatures=signed_note().signatures), LOG.public)


def test_no_log_witnesses_and_no_authority_witnesses_itself() -> None:
    for key in (OTHER_LOG, OWN_WITNESS):
        with pytest.raises(PolicyError, match=r"does not witness xaa\.centre/log"):
            cosign_checkpoint(CHECKPOINT, key, TIME)


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_nothing_is_signed_without_a_time(time: int) -> None:
    with pytest.raises(MalformedError, match="no time"):
        sign_checkpoint(CHECKPOINT, LOG, time)
    with pytest.raises(MalformedError, match="no time"):
        cosign_checkpoint(CHECKPOINT, WITNESS, time)


def test_an_empty_log_has_the_root_of_the_empty_tree() -> None:
    empty = Checkpoint(origin=LOG.public.name, size=0, root=EMPTY_ROOT)
    assert verify_log_signatures(parse_note(sign_checkpoint(empty, LOG, TIME)), LOG.public) == empty
    wrong = dataclasses.replace(empty, root=CHECKPOINT.root)
    with pytest.raises(MalformedError, match="size 0"):
        sign_checkpoint(wrong, LOG, TIME)
    with pytest.raises(MalformedError, match="size 0"):
        cosign_checkpoint(wrong, WITNESS, TIME)


def test_a_cosignature_is_both_lines_and_nothing_else_of_the_answer() -> None:
    lines = cosign_checkpoint(CHECKPOINT, WITNESS, TIME)
    answer = (*cosign_checkpoint(CHECKPOINT, WITNESSES[1], TIME), *reversed(lines))
    cosignature = verify_cosignature(CHECKPOINT, answer, WITNESS.public.verifier_keys())
    assert (cosignature.time, cosignature.lines) == (TIME, lines)
    later = cosign_checkpoint(CHECKPOINT, WITNESS, TIME + 5)
    assert verify_cosignature(CHECKPOINT, (lines[0], later[1]), WITNESS.public.verifier_keys()).time == TIME + 5


def test_a_missing_or_wrong_cosignature_is_refused() -> None:
    ed25519, mldsa44 = cosign_checkpoint(CHECKPOINT, WITNESS, TIME)
    for line in (ed25519, mldsa44):
        with pytest.raises(VerificationError, match="no cosignature of"):
            verify_cosignature(CHECKPOINT, (line,), WITNESS.public.verifier_keys())
    for size in (CHECKPOINT.size - 1, CHECKPOINT.size + 1):
        with pytest.raises(VerificationError, match="did not sign"):
            verify_cosignature(
                dataclasses.replace(CHECKPOINT, size=size), (ed25519, mldsa44), WITNESS.public.verifier_keys()
            )
    with pytest.raises(VerificationError, match="without keys"):
        verify_cosignature(CHECKPOINT, (ed25519, mldsa44), ())
    moved = dataclasses.replace(ed25519, blob=(TIME + 1).to_bytes(8) + ed25519.blob[8:])
    with pytest.raises(VerificationError, match="did not sign"):
        verify_cosignature(CHECKPOINT, (moved, mldsa44), WITNESS.public.verifier_keys())


def test_a_cosignature_without_a_time_or_beyond_63_bits_does_not_count() -> None:
    lines = []
    for key, time in zip(WITNESS.public.verifier_keys(), (0, 0), strict=True):
        message = struct_of_the_specification(b"xab.centre/witness", time, CHECKPOINT)
        if key.type_byte == MLDSA44:
            value = WITNESS.sign_mldsa44(message)
        else:
            value = WITNESS.sign_ed25519(f"cosignature/v1\ntime 0\n{TEXT}".encode())
        lines.append(NoteSignature(name=key.name, key_id4=key.key_id4, blob=bytes(8) + value))
        assert verify_signature(CHECKPOINT, key, lines[-1]) == 0
    with pytest.raises(VerificationError, match="has no time"):
        verify_cosignature(CHECKPOINT, lines, WITNESS.public.verifier_keys())
    key = WITNESS.public.verifier_keys()[1]
    value = WITNESS.sign_mldsa44(struct_of_the_specification(b"xab.centre/witness", 2**63, CHECKPOINT))
    far = NoteSignature(name=key.name, key_id4=key.key_id4, blob=(2**63).to_bytes(8) + value)
    with pytest.raises(VerificationError, match="2\\^63 or more"):
        verify_signature(CHECKPOINT, key, far)


def test_every_given_key_of_a_log_must_have_signed() -> None:
    note = signed_note()
    ed25519_key, mldsa44_key = LOG.public.verifier_keys()
    assert verify_signed_by(note, [ed25519_key]) == verify_signed_by(note, [ed25519_key, mldsa44_key]) == CHECKPOINT
    for keys in ([], [OTHER_LOG.public.verifier_keys()[0]]):
        with pytest.raises(VerificationError, match="no known log key"):
            verify_signed_by(note, keys)
    with pytest.raises(VerificationError, match="lacks the signature"):
        verify_signed_by(only_lines_of(note, [ed25519_key]), [ed25519_key, mldsa44_key])


def test_a_note_is_cut_to_the_lines_of_some_keys() -> None:
    signed = signed_note()
    note = with_signatures(signed, cosign_checkpoint(CHECKPOINT, WITNESS, TIME))
    assert only_lines_of(note, LOG.public.verifier_keys()) == signed
    with pytest.raises(MalformedError):
        only_lines_of(note, OTHER_LOG.public.verifier_keys())


def test_a_line_of_another_key_does_not_verify_as_this_one() -> None:
    first, second = signed_note().signatures
    key = LOG.public.verifier_keys()[0]
    with pytest.raises(VerificationError, match="is not of key"):
        verify_signature(CHECKPOINT, key, second)
    renamed = VerifierKey(name="xaa.other/log", type_byte=key.type_byte, key=key.key)
    with pytest.raises(VerificationError, match="is not of key"):
        verify_signature(CHECKPOINT, renamed, first)
    assert find_signature((first, second), renamed) is None


def test_an_mldsa_cosignature_names_its_cosigner() -> None:
    # The Ed25519 form does not, which is why a key serves one name only.
    line = cosign_checkpoint(CHECKPOINT, WITNESS, TIME)[1]
    renamed = VerifierKey(name="xab.other/witness", type_byte=MLDSA44, key=WITNESS.public.mldsa44)
    moved = NoteSignature(name=renamed.name, key_id4=renamed.key_id4, blob=line.blob)
    with pytest.raises(VerificationError, match="did not sign"):
        verify_signature(CHECKPOINT, renamed, moved)


def test_more_lines_go_behind_the_first_and_never_twice() -> None:
    note, lines = signed_note(), cosign_checkpoint(CHECKPOINT, WITNESS, TIME)
    longer = with_signatures(note, lines)
    assert longer.signatures == (*note.signatures, *lines)
    with pytest.raises(MalformedError, match="one key name and key id"):
        with_signatures(longer, lines)
