"""The vectors of transparency-dev/merkle: every valid proof verifies, every mutation is refused."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from comity.errors import VerificationError
from comity.kernel.merkle import verify_consistency, verify_inclusion
from support.paths import shared


def _vectors(kind: str) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, json.loads(path.read_bytes())) for path in sorted(shared(f"vectors/merkle/{kind}").rglob("*.json"))]


def _bytes(value: str | None) -> bytes:
    return b64decode(value or "")


def _path(vector: dict[str, Any]) -> list[bytes]:
    return [_bytes(node) for node in vector["proof"] or []]


def _refused(vector: dict[str, Any]) -> bool:
    try:
        if "leafIdx" in vector:
            verify_inclusion(
                index=vector["leafIdx"],
                size=vector["treeSize"],
                leaf=_bytes(vector["leafHash"]),
                path=_path(vector),
                root=_bytes(vector["root"]),
            )
        else:
            verify_consistency(
                old_size=vector["size1"],
                new_size=vector["size2"],
                path=_path(vector),
                old_root=_bytes(vector["root1"]),
                new_root=_bytes(vector["root2"]),
            )
    except VerificationError:
        return True
    return False


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_every_vector_has_the_verdict_its_makers_gave_it(kind: str) -> None:
    vectors = _vectors(kind)
    wrong = [str(path) for path, vector in vectors if _refused(vector) is not vector["wantErr"]]
    assert wrong == []
    assert len(vectors) == 98


def test_there_are_196_vectors_and_12_of_them_are_valid() -> None:
    vectors = _vectors("inclusion") + _vectors("consistency")
    assert len(vectors) == 196
    assert sum(not vector["wantErr"] for _, vector in vectors) == 12
