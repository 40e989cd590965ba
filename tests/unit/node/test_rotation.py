"""Rotating service pair and delivery identity: nothing on its way is lost, and the old pair can be revoked."""

import pytest

from comity.errors import ConflictError, UnauthenticatedError, VerificationError
from comity.node.context import LOCK, SERVICE_KEYS
from comity.node.inception import reissue_keys, rotate_service_keys
from comity.node.keyring import open_service
from comity.store.lock import ProcessLock
from support.nodes import SECRET, Network, RunningNode


def rotate(node: RunningNode) -> RunningNode:
    """Stop a node, rotate, and start it with what its key file then holds."""
    node.close()
    rotate_service_keys(node.directory, node.root, SECRET, now=node.now())
    node.keys = open_service(node.directory / SERVICE_KEYS, SECRET)
    node.open()
    return node.start()


def receipt_signer(node: RunningNode, statement: str) -> frozenset[str]:
    receipt = node.record(statement).receipt
    assert receipt is not None
    return node.record(receipt).spoken.envelope.key_ids


def test_receipts_are_signed_with_the_old_pair_until_the_new_one_is_logged(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    old = asked.keys.service.public.key_ids()
    rotate(asked)
    first = asker.ask(asked)
    network.settle()
    assert receipt_signer(asker, first) == set(old)
    network.checkpoint()
    second = asker.ask(asked)
    network.settle()
    assert receipt_signer(asker, second) == set(asked.keys.service.public.key_ids()) != set(old)


def test_what_was_encrypted_to_the_old_identity_is_still_opened(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    before = asker.node.designation(asked.authority).recipient
    rotate(asked)
    case = asker.ask(asked)
    assert asker.node.designation(asked.authority).recipient == before
    network.settle()
    assert asked.case(case)
    network.checkpoint()
    assert asker.node.designation(asked.authority).recipient != before


def test_the_old_pair_counts_for_nothing_once_it_is_revoked(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    old = asked.keys.service
    rotate(asked)
    network.checkpoint()
    reissue_keys(asked.directory, asked.root, revoke=old.public.key_ids()[0][:12], now=asked.now())
    network.checkpoint()
    assert old.public not in asker.node.designation(asked.authority).pairs
    case = asker.ask(asked)
    network.settle()
    assert receipt_signer(asker, case) == set(asked.keys.service.public.key_ids())


def test_a_running_node_is_not_rotated(asked: RunningNode) -> None:
    with ProcessLock(asked.directory / LOCK), pytest.raises(ConflictError, match="stop it first"):
        rotate_service_keys(asked.directory, asked.root, SECRET, now=asked.now())


def test_a_wrong_passphrase_changes_nothing(asked: RunningNode) -> None:
    before = (asked.directory / SERVICE_KEYS).read_bytes()
    with pytest.raises(UnauthenticatedError, match="wrong passphrase"):
        rotate_service_keys(asked.directory, asked.root, "not the passphrase", now=asked.now())
    assert (asked.directory / SERVICE_KEYS).read_bytes() == before


def test_a_history_names_the_revoked_pair(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    old = asked.keys.service
    rotate(asked)
    network.checkpoint()
    reissue_keys(asked.directory, asked.root, revoke=old.public.key_ids()[0][:12], now=asked.now())
    network.checkpoint()
    case = asker.ask(asked)
    network.settle()
    index = asker.record(asker.record(case).receipt or "").log_index
    history = asker.node.history(asked.authority)
    assert old.public in history.at(3)[1].pairs
    with pytest.raises(VerificationError, match="not yet valid"):
        history.at(0)
    assert index is None or old.public not in history.at(index)[1].pairs
