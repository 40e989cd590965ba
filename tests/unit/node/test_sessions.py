"""Sessions: a token for a passphrase, in memory, for half an hour."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from comity.errors import MalformedError, UnauthenticatedError, UnavailableError
from comity.node import sessions
from comity.node.keyring import officer_path
from comity.node.sessions import LIFETIME, MAX_SESSIONS, Sessions
from support.nodes import APPROVER, DRAFTER, SECRET, WRONG, Network, RunningNode


def test_a_token_names_its_officer_until_the_session_ends(network: Network, asker: RunningNode) -> None:
    token, until = asker.service.sessions.open(APPROVER, SECRET)
    assert until == asker.now() + LIFETIME
    opened = asker.service.sessions.officer(token)
    assert (opened.officer, opened.statement) == (APPROVER, asker.approver.statement)
    network.clock.advance(seconds=LIFETIME.total_seconds())
    with pytest.raises(UnauthenticatedError, match="no session, or it has ended"):
        asker.service.sessions.officer(token)
    assert not asker.service.sessions._open


def test_a_closed_session_is_gone_at_once_and_others_stay(asker: RunningNode) -> None:
    held = asker.service.sessions
    first, second = held.open(DRAFTER, SECRET)[0], held.open(DRAFTER, SECRET)[0]
    assert first != second
    held.close(first)
    held.close(first)
    held.close("unknown")
    with pytest.raises(UnauthenticatedError):
        held.officer(first)
    assert held.officer(second).officer == DRAFTER


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é" * 1000])
def test_a_token_that_was_never_given_opens_nothing(asker: RunningNode, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        asker.service.sessions.officer(token)


@pytest.mark.parametrize(
    ("officer", "passphrase"), [(DRAFTER, WRONG), ("nobody", SECRET), (DRAFTER, ""), (DRAFTER, "\ud800")]
)
def test_a_wrong_name_or_passphrase_opens_nothing(asker: RunningNode, officer: str, passphrase: str) -> None:
    with pytest.raises(UnauthenticatedError, match=f"officer {officer}: unknown here, or wrong passphrase"):
        asker.service.sessions.open(officer, passphrase)
    assert not asker.service.sessions._open


def test_a_name_never_leads_out_of_the_folder(asker: RunningNode) -> None:
    for name in ("../keys/service", "/etc/passwd", "maria/../joao", "maria\x00"):
        with pytest.raises(MalformedError):
            asker.service.sessions.open(name, SECRET)


def test_a_foreign_officers_file_is_refused(asker: RunningNode) -> None:
    path = officer_path(asker.directory, "ana")
    path.write_bytes(b"age-encryption.org/v1\nnot one")
    with pytest.raises(MalformedError):
        asker.service.sessions.open("ana", SECRET)


def test_there_are_only_so_many_sessions(asker: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "open_officer", lambda path, passphrase: asker.drafter)
    held = asker.service.sessions
    tokens = [held.open(DRAFTER, SECRET)[0] for _ in range(MAX_SESSIONS)]
    with pytest.raises(UnavailableError, match="too many sessions"):
        held.open(DRAFTER, SECRET)
    held.close(tokens[0])
    assert held.open(DRAFTER, SECRET)


def test_only_so_many_passphrases_are_tried_at_once(asker: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = [0], [0], threading.Lock()
    enough = threading.Event()

    def slow(path: object, passphrase: str) -> object:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        enough.wait(0.02)
        with lock:
            at_once[0] -= 1
        raise UnauthenticatedError("officer maria: unknown here, or wrong passphrase")

    monkeypatch.setattr(sessions, "open_officer", slow)

    def attempt(_: int) -> None:
        with pytest.raises(UnauthenticatedError):
            asker.service.sessions.open(DRAFTER, WRONG)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))
    assert most[0] == sessions.MAX_LOGINS_AT_ONCE


def test_the_table_of_sessions_names_no_token(asker: RunningNode) -> None:
    held: Sessions = asker.service.sessions
    token, _ = held.open(DRAFTER, SECRET)
    assert token not in repr(held._open)
    assert token.encode() not in held._open
