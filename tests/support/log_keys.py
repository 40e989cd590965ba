"""Fixed keys of fictitious authorities, a log in memory, and a policy over both, for tests of the log's formats."""

from comity.kernel.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint, with_signatures
from comity.kernel.key import KeyPair
from comity.kernel.merkle import leaf_hash, tree_root
from comity.kernel.note import Note, parse_note
from comity.kernel.policy import Policy, parse_policy, write_policy


def pair(name: str, number: int) -> KeyPair:
    """Return the pair of this name that grows from `number`."""
    return KeyPair.from_seeds(name, bytes([number]) * 32, bytes([number + 100]) * 32)


LOG = pair("xaa.centre/log", 1)
OTHER_LOG = pair("xab.centre/log", 2)
WITNESSES = tuple(pair(f"xa{letter}.centre/witness", 3 + i) for i, letter in enumerate("bcd"))
OWN_WITNESS = pair("xaa.centre/witness", 9)
ENTRIES = tuple(b"entry %d" % number for number in range(11))
LEAVES = tuple(leaf_hash(entry) for entry in ENTRIES)
CHECKPOINT = Checkpoint(origin=LOG.public.name, size=len(LEAVES), root=tree_root(LEAVES))
TIME = 1_679_315_147


def policy(quorum: int) -> Policy:
    """Return a policy for the log that wants this many of the three witnesses."""
    witnesses = [(witness.public, None) for witness in WITNESSES]
    return parse_policy(write_policy(LOG.public, "https://xaa.example/log/", witnesses, quorum))


def signed_note() -> Note:
    """Return the checkpoint with its log's two signatures."""
    return parse_note(sign_checkpoint(CHECKPOINT, LOG, TIME))


def witnessed_note(count: int = 3) -> Note:
    """Return the checkpoint with the cosignatures of the first `count` witnesses, one second apart."""
    note = signed_note()
    for later, witness in enumerate(WITNESSES[:count], start=1):
        note = with_signatures(note, cosign_checkpoint(CHECKPOINT, witness, TIME + later))
    return note
