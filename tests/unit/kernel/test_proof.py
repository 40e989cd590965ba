import dataclasses

import pytest

from comity.errors import MalformedError, TooLargeError, VerificationError
from comity.kernel.canonical import encode_base64
from comity.kernel.merkle import inclusion_path, tree_root
from comity.kernel.proof import MAX_EXTRA_BYTES, MAX_PROOF_BYTES, LoggedEntry, TlogProof, parse_proof, verify_proof
from support.log_keys import CHECKPOINT, ENTRIES, LEAVES, TIME, policy, witnessed_note

NOTE = witnessed_note().encode()


def proof(index: int = 4, extra: bytes | None = None) -> TlogProof:
    path = inclusion_path(
        index, len(LEAVES), lambda level, node: tree_root(LEAVES[node << level : (node + 1) << level])
    )
    return TlogProof(index=index, path=tuple(path), checkpoint_note=NOTE, extra=extra)


TEXT = proof().encode()


@pytest.mark.parametrize("index", range(11))
def test_every_entry_is_proven_from_a_file(index: int) -> None:
    data = proof(index, extra=b"hint").encode()
    read = parse_proof(data)
    assert read.encode() == data
    assert verify_proof(read, ENTRIES[index], policy(2)) == LoggedEntry(
        index=index, size=11, root=CHECKPOINT.root, logged_by=TIME + 2, origin="xaa.centre/log"
    )


def test_the_file_has_the_lines_of_the_specification() -> None:
    lines = proof(10, extra=b"hint").encode().split(b"\n")
    assert lines[:3] == [b"c2sp.org/tlog-proof@v1", b"extra aGludA==", b"index 10"]
    assert lines[3:6] == [encode_base64(node).encode() for node in proof(10).path] + [b""]
    assert lines[6] == b"xaa.centre/log"


def test_another_entry_index_or_path_is_refused() -> None:
    good = proof()
    for wrong, entry in (
        (good, ENTRIES[5]),
        (dataclasses.replace(good, index=5), ENTRIES[4]),
        (dataclasses.replace(good, index=11), ENTRIES[4]),
        (dataclasses.replace(good, path=good.path[::-1]), ENTRIES[4]),
        (dataclasses.replace(good, path=good.path[:-1]), ENTRIES[4]),
    ):
        with pytest.raises(VerificationError):
            verify_proof(wrong, entry, policy(2))


def test_a_proof_without_the_quorum_proves_nothing() -> None:
    lonely = dataclasses.replace(proof(), checkpoint_note=witnessed_note(1).encode())
    assert verify_proof(lonely, ENTRIES[4], policy(1)).logged_by == TIME + 1
    with pytest.raises(VerificationError, match="has not cosigned"):
        verify_proof(lonely, ENTRIES[4], policy(2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        TEXT.replace(b"@v1", b"@v2"),
        TEXT.replace(b"\n", b"\r\n", 1),
        TEXT.replace(b"index 4", b"index 04"),
        TEXT.replace(b"index 4", b"index -4"),
        TEXT.replace(b"index 4", b"Index 4"),
        TEXT.replace(b"index 4", b"index 9223372036854775808"),
        TEXT.replace(b"index 4", b"extra \nindex 4"),
        TEXT.replace(b"index 4", b"extra aGludA\nindex 4"),
        TEXT.replace(b"index 4", b"extra aGludA==\nextra aGludA==\nindex 4"),
        TEXT.replace(b"index 4\n", b""),
        TEXT.replace(b"index 4\n", b"index 4\nAAAA\n"),
        TEXT.replace(b"index 4\n", b"index 4\n\n"),
        TEXT.replace(b"index 4\n", b"index 4\n" + (encode_base64(bytes(32)) + "\n").encode() * 60),
        TEXT.replace(b"index 4", "index 4é".encode()),
        TEXT[:-1],
        TEXT + b"\n",
        TEXT.partition(b"\n\n")[0] + b"\n\n" + b"a\n\n" + NOTE.partition(b"\n\n")[2],
        NOTE,
        b"c2sp.org/tlog-proof@v1\n\n" + NOTE,
    ],
)
def test_no_other_bytes_are_a_proof(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_proof(data)


def test_a_proof_beyond_its_limits_cannot_exist() -> None:
    with pytest.raises(TooLargeError, match=f"at most {MAX_PROOF_BYTES}"):
        parse_proof(b"a" * (MAX_PROOF_BYTES + 1))
    for index in (-1, 2**63):
        with pytest.raises(MalformedError, match="no index"):
            dataclasses.replace(proof(), index=index)
    for path in ((bytes(31),), (bytes(32),) * 64):
        with pytest.raises(MalformedError, match="path"):
            dataclasses.replace(proof(), path=path)
    for extra in (b"", bytes(MAX_EXTRA_BYTES + 1)):
        with pytest.raises(MalformedError, match="extra data"):
            dataclasses.replace(proof(), extra=extra)
    largest = dataclasses.replace(proof(), extra=bytes(MAX_EXTRA_BYTES))
    assert parse_proof(largest.encode()) == largest
