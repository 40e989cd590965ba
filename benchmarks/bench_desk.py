# ruff: noqa: INP001 - a script, no package
"""Measures the desk and the inbox: an officer's approval until it is durable, and deliveries accepted a second.

Bounds are measured in the same run on the same machine. An approval cannot be faster than its two signatures and one
durable commit; a delivery cannot be faster than its cryptography: opening the age file, verifying the two signatures,
signing the receipt with two keys, encrypting it. `reached` says how much of the bound is reached.

    python benchmarks/bench_desk.py [--approvals 300] [--deliveries 300] [--folder DIR]
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from comity.age.recipient import parse_recipient
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.exchange.delivery import Spoken, encode_delivery, speak
from comity.kernel.canonical import JsonObject
from comity.kernel.envelope import authenticated_bytes
from comity.kernel.statement import Statement
from comity.kernel.trust import Checked
from comity.node import desk, records
from comity.node.context import SERVICE_KEYS, TRUST, Node, open_stores, utc_now
from comity.node.inbox import accept_delivery
from comity.node.inception import add_officer, create_node, load_card, name_witnesses, recognition_of
from comity.node.keyring import OfficerKeys, open_service
from comity.node.settings import Settings
from comity.parties.trust_folder import add_recognition
from comity.store.sqlite import SqliteDatabase

ASKER, ASKED = "xaa.bench", "xab.bench"
SECRET = "a benchmark protects nothing"  # noqa: S105 - and says so
BODY: JsonObject = {
    "measure": "preservation",
    "instrument": "budapest",
    "article": "29",
    "reference": "XAA-2026-0001",
    "items": [{"item": "1", "description": "Mailbox of account 4471"}, {"item": "2", "description": "Its log-ins"}],
    "urgency": "urgent",
    "requesting_authority": "Public prosecutor",
    "subject_matter": "Investigation 4",
    "offence": "Illegal access",
    "facts": "An account was entered with stolen credentials, and what lay in it was sent abroad. " * 10,
    "data": "account 4471",
    "link": "The account was used for the offence.",
    "location": "mail.example",
    "necessity": "The provider deletes after 30 days.",
    "intention": "A request for disclosure follows.",
    "purpose": "Prosecution",
}


@dataclass(frozen=True, kw_only=True)
class Party:
    """A node with its two officers."""

    node: Node
    drafter: OfficerKeys
    approver: OfficerKeys


def make_parties(folder: Path) -> tuple[Party, Party]:
    """Make two nodes that know each other's keys as if both had followed the other's log."""
    officers = {}
    for number, authority in enumerate((ASKER, ASKED)):
        settings = Settings(
            authority=authority,
            participant=authority[:3].upper(),
            title=authority,
            competences=("contact_point",),
            exercise=True,
            public_url=f"https://{authority}.example",
            public_port=9000 + 2 * number,
            desk_port=9001 + 2 * number,
        )
        root = folder / "safe" / f"{authority}.age"
        create_node(folder / authority, settings, root_file=root, root_passphrase=SECRET, service_passphrase=SECRET)
        officers[authority] = (
            add_officer(folder / authority, "maria", SECRET),
            add_officer(folder / authority, "joao", SECRET, root_file=root, root_passphrase=SECRET),
        )
    cards = {authority: load_card(folder / authority) for authority in (ASKER, ASKED)}
    name_witnesses(folder / ASKER, [cards[ASKED]], 1)
    name_witnesses(folder / ASKED, [cards[ASKER]], 1)
    parties = []
    for own, other in ((ASKER, ASKED), (ASKED, ASKER)):
        card = load_card(folder / other)
        add_recognition(
            folder / own / TRUST,
            recognition_of(card, checked=Checked.MEETING, checked_on=utc_now()),
        )
        settings, database, blobs, log_folder = open_stores(folder / own)
        blobs.prepare()
        keys = open_service(folder / own / SERVICE_KEYS, SECRET)
        node = Node(
            directory=folder / own,
            settings=settings,
            keys=keys,
            database=database,
            blobs=blobs,
            log_folder=log_folder,
        )
        drafter, approver = officers[own]
        parties.append(Party(node=node, drafter=drafter, approver=approver))
    make_known(parties[0].node, parties[1].node)
    make_known(parties[1].node, parties[0].node)
    return parties[0], parties[1]


def make_known(node: Node, peer: Node) -> None:
    """Note a node's keys statements as logged, and have the peer know them."""
    with node.database.transaction() as tx:
        issued = records.designations(tx, node.authority)
        for index, record in enumerate(issued):
            placed = {"log_index": index, "proof": b"", "statement_id": record.envelope.id}
            tx.run("designation_set_place", placed)  # type: ignore[arg-type]
    with peer.database.transaction() as tx:
        for index, record in enumerate(issued):
            records.add_designation(tx, record.designation, record.envelope, log_index=index, proof=b"")


def timed(action: Callable[[], object]) -> float:
    """Return how many seconds an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def percentile(seconds: Sequence[float], part: float) -> float:
    """Return a percentile in milliseconds."""
    return round(sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * part))] * 1000, 2)


def durable_commit(folder: Path, data: bytes, count: int) -> list[float]:
    """Return the seconds that one row in one durable commit takes, in a database of its own."""
    database = SqliteDatabase(folder / "bound.sqlite", queries={"make": MAKE, "add": ADD})
    with database.transaction() as tx:
        tx.run("make")

    def commit() -> None:
        with database.transaction() as tx:
            tx.run("add", {"data": data})

    found = [timed(commit) for _ in range(count)]
    database.close()
    return found


MAKE = "CREATE TABLE bound (id INTEGER PRIMARY KEY, data BLOB) STRICT"
ADD = "INSERT INTO bound (data) VALUES (:data)"


def measure_approvals(asker: Party, count: int, folder: Path) -> dict[str, float]:
    """Return the figures of approvals."""
    numbers = [
        desk.draft(asker.node, asker.drafter, kind="request", addressee=ASKED, body=BODY | {"reference": f"XAA-{n}"})
        for n in range(count)
    ]
    taken = [timed(lambda n=number: desk.approve(asker.node, asker.approver, n)) for number in numbers]  # type: ignore[misc]
    pair = asker.approver.statement
    assert pair is not None
    signing = [timed(lambda: pair.sign(os.urandom(2000))) for _ in range(count)]
    committing = durable_commit(folder, os.urandom(12_000), count)
    bound = [sign + commit for sign, commit in zip(signing, committing, strict=True)]
    return {
        "approvals": count,
        "approval_p50_ms": percentile(taken, 0.5),
        "approval_p99_ms": percentile(taken, 0.99),
        "bound_two_signatures_p50_ms": percentile(signing, 0.5),
        "bound_durable_commit_p50_ms": percentile(committing, 0.5),
        "bound_p50_ms": percentile(bound, 0.5),
        "bound_p99_ms": percentile(bound, 0.99),
        "approval_reached_of_bound_p50": round(statistics.median(bound) / statistics.median(taken), 2),
    }


def measure_deliveries(asker: Party, asked: Party, count: int, folder: Path) -> dict[str, float]:
    """Return the figures of deliveries."""
    spoken = [speak_request(asker, number) for number in range(count)]
    recipient = parse_recipient(asked.node.keys.delivery.recipient.encode())
    back = parse_recipient(asker.node.keys.delivery.recipient.encode())
    arriving = [encrypt_bytes(encode_delivery(item), [recipient]) for item in spoken]

    def accept(data: bytes) -> bytes:
        return accept_delivery(asked.node, data, follow=lambda _: None, is_fresh=lambda _: True)

    half = count // 2
    answers: list[bytes] = []
    alone = timed(lambda: answers.extend(accept(data) for data in arriving[:half])) / half
    with ThreadPoolExecutor(2) as pool:
        two = timed(lambda: list(pool.map(accept, arriving[half:]))) / (count - half)
    public = asker.approver.statement
    assert public is not None
    receipt = decrypt_bytes(answers[0], [asker.node.keys.delivery], max_bytes=1_000_000)
    parts = {
        "bound_decrypt_ms": [timed(lambda d=data: open_file(asked.node, d)) for data in arriving],  # type: ignore[misc]
        "bound_verify_ms": [timed(lambda s=item: verify(public.public.verify, s)) for item in spoken],  # type: ignore[misc]
        "bound_sign_ms": [timed(lambda: asked.node.keys.service.sign(os.urandom(1000))) for _ in spoken],
        "bound_encrypt_ms": [timed(lambda: encrypt_bytes(receipt, [back])) for _ in spoken],
    }
    bound = sum(statistics.fmean(seconds) for seconds in parts.values())
    commit = statistics.fmean(durable_commit(folder / "two", os.urandom(20_000), count))
    return {
        "deliveries": count,
        "accepted_per_second": round(1 / alone),
        "accepted_per_second_two_threads": round(1 / two),
        **{name: round(statistics.fmean(seconds) * 1000, 3) for name, seconds in parts.items()},
        "bound_cryptography_per_second": round(1 / bound),
        "durable_commit_ms": round(commit * 1000, 3),
        "delivery_reached_of_bound": round(bound / alone, 2),
        "delivery_reached_of_bound_with_commit": round((bound + commit) / alone, 2),
        "delivery_reached_of_bound_two_threads": round(bound / two, 2),
    }


def speak_request(asker: Party, number: int) -> Spoken:
    """Sign a request that the asked has not seen."""
    statement = Statement(
        kind="request",
        issuer=ASKER,
        to=(ASKED,),
        issued=utc_now().replace(microsecond=0),
        exercise=True,
        body=BODY | {"reference": f"XAA-D-{number}"},
    )
    assert asker.approver.statement is not None
    return speak(statement, asker.approver.statement, os.urandom)


def open_file(node: Node, data: bytes) -> bytes:
    """Open an age file as the inbox does."""
    return decrypt_bytes(data, [node.keys.delivery], max_bytes=1_000_000)


def verify(check: Callable[[bytes, bytes, bytes], None], spoken: Spoken) -> None:
    """Verify the two signatures of a statement; which is which shows in their lengths."""
    message = authenticated_bytes(spoken.envelope.payload_type, spoken.envelope.payload)
    ed25519, mldsa44 = sorted((item.value for item in spoken.envelope.signatures), key=len)
    check(message, ed25519, mldsa44)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--approvals", type=int, default=300)
    parser.add_argument("--deliveries", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        (folder / "two").mkdir()
        asker, asked = make_parties(folder)
        figures = measure_approvals(asker, options.approvals, folder)
        figures |= measure_deliveries(asker, asked, options.deliveries, folder)
        asker.node.database.close()
        asked.node.database.close()
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
