"""The edge cases of C2SP/CCTV under the one rule of `comity.kernel.key`.

The expected verdict comes from the flags alone. Rule 2 refuses `non_canonical`, rule 3 `low_order`; rule 5 has no
factor of 8, so it refuses `low_order_residue`, and it hashes the bytes as they came, so it refuses `reencoded_k`.
Points with a low-order component beside a prime-order one are ordinary and are accepted where nothing else is wrong.
"""

import json
from typing import Any

from comity.errors import MalformedError, VerificationError
from comity.kernel.key import check_ed25519_key, verify_ed25519
from support.paths import shared

REFUSED = {"non_canonical_A", "non_canonical_R", "low_order_A", "low_order_R", "low_order_residue", "reencoded_k"}
# A change of this number is a change of the rule, and every deployed verifier would have to change with it.
ACCEPTED = 43


def _vectors() -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads(shared("vectors/ed25519/ed25519vectors.json").read_bytes())
    return vectors


def _accepted(vector: dict[str, Any]) -> bool:
    try:
        verify_ed25519(bytes.fromhex(vector["key"]), vector["msg"].encode(), bytes.fromhex(vector["sig"]))
    except VerificationError:
        return False
    return True


def test_every_vector_has_the_verdict_of_the_written_rule() -> None:
    vectors = _vectors()
    wrong = [
        vector["number"] for vector in vectors if _accepted(vector) is not REFUSED.isdisjoint(vector["flags"] or ())
    ]
    assert wrong == []
    assert len(vectors) == 914


def test_the_rule_accepts_a_fixed_number_of_the_vectors() -> None:
    assert sum(map(_accepted, _vectors())) == ACCEPTED


def test_enrolment_refuses_exactly_the_keys_that_rules_2_and_3_refuse() -> None:
    for vector in _vectors():
        try:
            check_ed25519_key(bytes.fromhex(vector["key"]))
            refused = False
        except MalformedError:
            refused = True
        assert refused is not {"non_canonical_A", "low_order_A"}.isdisjoint(vector["flags"] or ())
