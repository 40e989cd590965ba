import hashlib
import threading
from dataclasses import replace

import pytest

from comity.errors import MalformedError, TooLargeError
from comity.kernel.checkpoint import Checkpoint, verify_cosignature, with_signatures
from comity.kernel.evidence import verify_evidence
from comity.kernel.merkle import EMPTY_ROOT, tree_root
from comity.kernel.note import Note, NoteSignature, parse_note, parse_signatures
from comity.log.contradiction import read_evidence
from comity.log.witness import (
    SIZE,
    DatabaseWitnessState,
    Reply,
    WitnessUpdate,
    encode_submission,
    handle_add_checkpoint,
    handle_get_checkpoint,
    parse_submission,
)
from support.logs import LOG, START, WITNESSES, Clock, WitnessNode, pair
from support.recognitions import recognition_of
from support.trees import LEAVES, OTHERS, path_between, signed


def body(old_size: int, size: int, leaves: list[bytes] = LEAVES) -> bytes:
    path = path_between(old_size, size, leaves) if old_size < size else []
    return encode_submission(old_size, path, signed(size, leaves))


def evidence(node: WitnessNode) -> list[bytes]:
    with node.database.reading() as tx:
        return [data for _, data in read_evidence(tx, LOG.public.name)]


@pytest.fixture
def witness() -> WitnessNode:
    return WitnessNode(WITNESSES[0], Clock())


def test_a_first_checkpoint_and_its_extension_are_cosigned_with_both_keys(witness: WitnessNode) -> None:
    for old_size, size in ((0, 5), (5, 5), (5, 8), (8, 20)):
        reply = witness.post(body(old_size, size))
        assert reply.status == 200, reply.body
        checkpoint = Checkpoint(origin=LOG.public.name, size=size, root=tree_root(LEAVES[:size]))
        cosignature = verify_cosignature(checkpoint, parse_signatures(reply.body), WITNESSES[0].public.verifier_keys())
        assert cosignature.time == witness.clock.now
        assert len(parse_signatures(reply.body)) == 2


def test_an_empty_log_is_cosigned_and_grows(witness: WitnessNode) -> None:
    assert witness.post(body(0, 0)).status == 200
    assert witness.post(body(0, 3)).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0\n",
        b"old 0",
        b"old -1\n\n",
        b"old 01\n\nx\n\n",
        b"new 0\n\n",
        b"old 0\nAAAA\n\n",
        b"old 0\n\xff\n\n",
        b"old 0\n\nnot a note",
    ],
)
def test_400_malformed(witness: WitnessNode, data: bytes) -> None:
    assert witness.post(data).status == 400


def test_400_a_proof_of_64_lines_an_extension_line_and_an_old_size_above_the_new(witness: WitnessNode) -> None:
    note = signed(5)
    assert witness.post(encode_submission(3, [bytes(32)] * 64, note)).status == 400
    assert witness.post(encode_submission(0, [], replace(note, text=note.text + "extension\n"))).status == 400
    assert witness.post(encode_submission(6, [], note)).status == 400


def test_413_a_body_above_the_limit(witness: WitnessNode) -> None:
    assert witness.post(bytes(65_537)).status == 413


def test_404_an_unknown_origin(witness: WitnessNode) -> None:
    witness.logs = (pair("xdd.centre/log"),)
    assert witness.post(body(0, 5)).status == 404


@pytest.mark.parametrize("at", [0, 1])
def test_403_a_missing_or_wrong_signature_of_either_key(witness: WitnessNode, at: int) -> None:
    note = signed(5)
    missing = replace(note, signatures=(note.signatures[1 - at],))
    assert witness.post(encode_submission(0, [], missing)).status == 403
    line = note.signatures[at]
    wrong = replace(line, blob=line.blob[:-1] + bytes([line.blob[-1] ^ 1]))
    lines = tuple(wrong if number == at else one for number, one in enumerate(note.signatures))
    assert witness.post(encode_submission(0, [], replace(note, signatures=lines))).status == 403


def test_403_the_log_of_the_witnesss_own_authority() -> None:
    own = WitnessNode(pair("xaa.centre/witness"), Clock())
    assert own.post(body(0, 5)).status == 403


def test_409_with_the_size_at_which_the_witness_stands(witness: WitnessNode) -> None:
    assert witness.post(body(3, 5)) == Reply(status=409, content_type=SIZE, body=b"0\n")
    witness.post(body(0, 5))
    for old_size, size in ((0, 8), (4, 8), (0, 5), (3, 3)):
        assert witness.post(body(old_size, size)) == Reply(status=409, content_type=SIZE, body=b"5\n")


def test_422_an_empty_tree_with_a_root_and_a_proof_from_nothing(witness: WitnessNode) -> None:
    checkpoint = Checkpoint(origin=LOG.public.name, size=0, root=bytes(32))
    text = checkpoint.encode().encode()
    # No key pair signs such a checkpoint, so its Ed25519 line alone makes a known log of one key.
    key = LOG.public.verifier_keys()[0]
    note = Note(
        text=text.decode(),
        signatures=(NoteSignature(name=key.name, key_id4=key.key_id4, blob=LOG.sign_ed25519(text)),),
    )
    single = WitnessNodeOfOneKey(WITNESSES[0], Clock())
    assert single.post(encode_submission(0, [], note)).status == 422
    assert witness.post(encode_submission(0, [EMPTY_ROOT], signed(5))).status == 422


class WitnessNodeOfOneKey(WitnessNode):
    """Knows the log by its Ed25519 key only, as that of a log outside this project."""

    def post(self, body: bytes) -> Reply:
        return handle_add_checkpoint(
            body,
            state=DatabaseWitnessState(self.database),
            known_logs={LOG.public.name: LOG.public.verifier_keys()[:1]},
            witness=self.key,
            now=self.clock(),
        )


def test_a_log_with_one_known_key_is_cosigned_on_that_key() -> None:
    node = WitnessNodeOfOneKey(WITNESSES[0], Clock())
    assert node.post(encode_submission(0, [], replace(signed(5), signatures=signed(5).signatures[:1]))).status == 200


def test_422_a_proof_that_fails_leaves_no_evidence(witness: WitnessNode) -> None:
    witness.post(body(0, 5))
    path = path_between(5, 8)
    for wrong in ([], path[:-1], [*path, bytes(32)], [bytes(32), *path[1:]]):
        assert witness.post(encode_submission(5, wrong, signed(8))).status == 422
    assert witness.post(encode_submission(5, [bytes(32)], signed(5))).status == 422
    assert evidence(witness) == []
    assert witness.post(body(5, 8)).status == 200


def test_two_roots_for_one_size_are_refused_and_kept_as_evidence_once(witness: WitnessNode) -> None:
    witness.post(body(0, 5))
    for old_size, status in ((5, 422), (0, 409), (5, 422)):
        assert witness.post(body(old_size, 5, OTHERS)).status == status
    (kept,) = evidence(witness)
    assert "two roots for size 5" in verify_evidence(kept, recognition_of(LOG)).sentence


def test_a_rewritten_history_is_refused_and_kept_as_evidence(witness: WitnessNode) -> None:
    witness.post(body(0, 5))
    assert witness.post(body(5, 9, OTHERS)).status == 422
    (kept,) = evidence(witness)
    assert "had signed at size 5" in verify_evidence(kept, recognition_of(LOG)).sentence
    assert witness.post(body(5, 8)).status == 200


def test_the_kept_note_has_only_verified_lines_and_the_cosignature(witness: WitnessNode) -> None:
    stranger = NoteSignature(name="stranger", key_id4=b"abcd", blob=b"unverified")
    forged = replace(stranger, name=WITNESSES[0].public.name, key_id4=WITNESSES[0].public.verifier_keys()[0].key_id4)
    assert witness.post(encode_submission(0, [], with_signatures(signed(5), (stranger, forged)))).status == 200
    reply = handle_get_checkpoint(
        hashlib.sha256(LOG.public.name.encode()).hexdigest(),
        state=DatabaseWitnessState(witness.database),
        known_logs={LOG.public.name: LOG.public.verifier_keys()},
    )
    assert reply.status == 200
    note = parse_note(reply.body)
    assert [line.name for line in note.signatures] == [LOG.public.name] * 2 + [WITNESSES[0].public.name] * 2
    verify_cosignature(
        Checkpoint(origin=LOG.public.name, size=5, root=tree_root(LEAVES[:5])),
        note.signatures,
        WITNESSES[0].public.verifier_keys(),
    )


def test_404_at_the_monitoring_address_before_anything_was_cosigned(witness: WitnessNode) -> None:
    state = DatabaseWitnessState(witness.database)
    known = {LOG.public.name: LOG.public.verifier_keys()}
    digest = hashlib.sha256(LOG.public.name.encode()).hexdigest()
    assert handle_get_checkpoint(digest, state=state, known_logs=known).status == 404
    assert handle_get_checkpoint("0" * 64, state=state, known_logs=known).status == 404


def test_cosignature_times_of_one_log_do_not_go_back(witness: WitnessNode) -> None:
    witness.post(body(0, 5))
    witness.clock.now -= 100
    reply = witness.post(body(5, 8))
    checkpoint = Checkpoint(origin=LOG.public.name, size=8, root=tree_root(LEAVES[:8]))
    assert (
        verify_cosignature(checkpoint, parse_signatures(reply.body), WITNESSES[0].public.verifier_keys()).time == START
    )


def test_an_answer_is_given_only_after_it_is_kept(witness: WitnessNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: WitnessUpdate, head: object) -> None:
        raise RuntimeError("the disk failed")

    monkeypatch.setattr("comity.log.witness._DatabaseUpdate.keep", fail)
    with pytest.raises(RuntimeError):
        witness.post(body(0, 5))
    monkeypatch.undo()
    assert witness.post(body(0, 5)).status == 200


def test_of_two_requests_at_once_from_one_size_only_one_wins(witness: WitnessNode) -> None:
    witness.post(body(0, 5))
    replies: list[int] = []
    threads = [
        threading.Thread(target=lambda size=size: replies.append(witness.post(body(5, size)).status))
        for size in range(8, 14)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200, 409, 409, 409, 409, 409]


def test_a_submission_round_trips() -> None:
    data = body(5, 8)
    submission = parse_submission(data)
    assert encode_submission(submission.old_size, submission.path, submission.note) == data
    with pytest.raises(TooLargeError):
        parse_submission(bytes(70_000))
    with pytest.raises(MalformedError, match="'old' line"):
        parse_submission(b"\n\n")
