"""Random ledgers about fictitious states, in which records copy, correct and reach into each other."""

import random

from comity.conduct.record import Record
from comity.conduct.statements import Period, Target
from support.conduct_records import (
    claim,
    company,
    correction,
    finding,
    imported,
    operation,
    provenance,
    reply,
    retraction,
    source,
)


def random_records(chance: random.Random) -> list[Record]:
    """Return records of four operations that correct, copy and reach into each other, some of them twice."""
    deeds = [
        operation(
            f"Deed {number}",
            occurred=chance.choice([None, Period(begin="2025"), Period(begin="2025-03", end="2025-03-04")]),
            hit=[Target(name="State XHA", kind="state", participant="XHA")] if chance.random() < 0.5 else [],
            entered=provenance(f"2026-0{chance.randint(1, 4)}-01"),
        )
        for number in range(4)
    ]
    claims: list[Record] = []
    for number in range(16):
        origins = [chance.choice(claims).id] if claims and chance.random() < 0.3 else []
        claims.append(
            claim(
                chance.choice(deeds),
                chance.choice(["XBB", "XCA", "Lantern Labs", "Beacon"]),
                chance.choice(["XAA", "XAC"]),
                said=f"2026-01-{number + 1:02}",
                polarity=chance.choice(["asserts", "asserts", "denies", "reassigns"]),
                basis_tier=chance.choice([None, 1, 3]),
                derives_from=origins,
                entered=chance.choice([provenance(day := f"2026-0{chance.randint(4, 6)}-01"), imported("row 1", day)]),
                sources=[
                    source(url=f"https://r.example/{chance.randrange(9)}", publisher=chance.choice([None, "Pool"]))
                ],
            )
        )
    more: list[Record] = [reply(chance.choice(deeds), chance.sample(claims, 2), "XAA") for _ in "12"]
    more += [reply(deeds[0]), finding(deeds[1], claims[:2])]
    by = company("Coder One")
    more += [correction(chance.choice(claims[:8]), chance.choice(claims[8:])) for _ in "123"]
    more += [retraction(chance.choice(claims)), retraction(chance.choice(deeds), by)]
    more += [retraction(more[4]), correction(deeds[1], deeds[2], by)]
    again = [
        Record(kind=each.kind, body=each.body, provenance=imported("row 9", "2026-08-01", source="other.csv"))
        for each in chance.sample([*deeds, *claims], 5)
    ]
    return [*deeds, *claims, *more, *again]
