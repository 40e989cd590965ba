"""Brings a restored node up to what it signed since its backup, so that it may sign again.

Run while the node is stopped. As a log: its witnesses tell the newest head that it signed, and whoever followed it
serves the entries in between; own files that survived serve as well. As a witness: the other nodes tell the newest
heads of the logs that it witnesses, and it takes these as what it cosigned last, so that nobody can have an older state
cosigned beside a newer one. Only then the mark of the restored node goes. Nothing is signed on the way.

What stays possible: a head that nobody but the lost node and its own log ever saw is not known to anyone here.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from comity.errors import (
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    UnavailableError,
    VerificationError,
)
from comity.exchange.delivery import Spoken
from comity.kernel.envelope import parse_envelope, verify_envelope
from comity.kernel.key import PublicPair
from comity.kernel.note import Note, parse_note
from comity.kernel.policy import Policy, parse_policy
from comity.kernel.statement import parse_statement
from comity.kernel.trust import KEYS_KIND, Recognition, parse_designation
from comity.log.reader import Fetch, verify_log_keys
from comity.log.refetch import Refetched, SignedHead, refetch, refetched_arrival, root_in_tree, verify_signed_head
from comity.log.sequencer import read_head
from comity.log.witness import DatabaseWitnessState, WitnessHead
from comity.node import records
from comity.node.backup import clear_mark
from comity.node.context import LOCK, POLICY, TRUST, open_stores, utc_now
from comity.node.inception import Card, load_card
from comity.node.peers import FOLLOWED
from comity.node.transport import Transport
from comity.node.witnesses import quorum_of, witness_peers
from comity.parties.trust_folder import load_trust
from comity.store.database import Transaction
from comity.store.files import Folder
from comity.store.lock import ProcessLock
from comity.store.sqlite import SqliteDatabase

Get = Callable[[str], bytes]
Say = Callable[[str], None]
