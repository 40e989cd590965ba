from dataclasses import replace

import pytest

from comity.errors import VerificationError
from comity.exchange.dossier_log import ShownLog
from comity.kernel.policy import parse_policy
from support.world import ASKED, ASKER, MemoryLog, World

TIME = 1_800_000_000


@pytest.fixture
def world() -> World:
    world = World()
    world.cover(ASKER, 6)
    return world


def test_an_entry_is_told_with_its_place_and_every_witness_that_cosigned(world: World) -> None:
    log = world.authorities[ASKER].log
    shown = ShownLog(world.recognition(ASKER)).verify_entry(log.proof(2, TIME), log.entries[2])
    assert (shown.origin, shown.index, shown.size) == (f"{ASKER}/log", 2, 7)
    assert [(time - shown.logged_by).total_seconds() for _, time in shown.witnesses] == [-1, 0, 1]


def test_a_log_of_another_authority_is_refused_even_if_the_policy_accepts_it(world: World) -> None:
    both = world.policies[ASKER].text
    theirs = [line for line in world.policies[ASKED].text.splitlines() if line.startswith("log ")]
    # The policy of both logs may count neither authority; the two others alone make the quorum here.
    kept = [line for line in both.splitlines() if ASKED not in line]
    recognition = world.recognition(ASKER)
    wanted = "group witnesses 2 xac.contact-point/witness xad.contact-point/witness"
    lines = [*kept[:2], *theirs, *kept[2:-1], wanted, kept[-1]]
    policy = parse_policy("".join(f"{line}\n" for line in dict.fromkeys(lines)))
    shown = ShownLog(replace(recognition, policy=policy))
    log = world.authorities[ASKED].log
    with pytest.raises(VerificationError, match=f"a proof of log {ASKED}/log, expected {ASKER}/log"):
        shown.verify_entry(log.proof(0, TIME), log.entries[0])


def test_two_entries_at_one_index_are_refused(world: World) -> None:
    log = world.authorities[ASKER].log
    fork = MemoryLog(log.pair, log.witnesses)
    for entry in (*log.entries[:2], b"another", b"and more"):
        fork.append(entry)
    shown = ShownLog(world.recognition(ASKER))
    shown.verify_entry(log.proof(2, TIME), log.entries[2])
    with pytest.raises(VerificationError, match="shows two entries at index 2: a split view"):
        shown.verify_entry(fork.proof(2, TIME), b"another")


def test_a_time_that_no_calendar_holds_is_refused(world: World) -> None:
    log = world.authorities[ASKER].log
    with pytest.raises(VerificationError, match="has not cosigned"):
        ShownLog(world.recognition(ASKER)).verify_entry(log.proof(2, 1 << 60), log.entries[2])
