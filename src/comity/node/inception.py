"""How a node begins and how its keys change: folder, root, service keys, officers, `keys` statements.

The root pair is used here and nowhere else. A `keys` statement is logged like any other; it counts from its place in
the log on, so a new officer signs nothing before the next checkpoint.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, VerificationError
from comity.exchange.delivery import speak
from comity.kernel.canonical import check_members, check_version, encode_json, parse_object, text_member
from comity.kernel.key import PublicPair, Role, fingerprint_digits
from comity.kernel.policy import parse_policy, write_policy
from comity.kernel.statement import Statement
from comity.kernel.trust import KEYS_KIND, Checked, Designation, Recognition
from comity.log.designations import add_designation, kept_designations, own_keys_places
from comity.log.state import append_pending, create_log
from comity.node import records
from comity.node.context import (
    BLOBS,
    DATABASE,
    LOCK,
    LOG,
    POLICY,
    SERVICE_KEYS,
    TRUST,
    open_stores,
    read_policy,
    utc_now,
)
from comity.node.keyring import (
    EXERCISE_WORK_FACTOR,
    WORK_FACTOR,
    OfficerKeys,
    RootKey,
    check_passphrase,
    create_officer,
    create_root,
    create_service,
    officer_path,
    open_root,
    rotate_service,
)
from comity.node.settings import FILE_NAME, Settings, load_settings
from comity.store.blobs import Blobs
from comity.store.database import Database, Transaction
from comity.store.files import Folder
from comity.store.lock import ProcessLock
from comity.store.migration import migrate
from comity.store.sqlite import SqliteDatabase

CARD_VERSION: Final = 1
_FINGERPRINT_DOMAIN: Final = b"comity card fingerprint v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an authority hands to others so that they can recognise it; a card proves nothing by itself.

    Nothing in a card is signed. The receiver checks the fingerprint of the whole card, not just of its root, by another
    way and then writes a recognition: with the log, policy and URL of somebody else the right root would be of no use.
    """

    authority: str
    participant: str
    title: str
    url: str
    root: PublicPair
    log: PublicPair
    witness: PublicPair
    policy: str

    def encode(self) -> bytes:
        """Return the card's file."""
        return encode_json(
            {
                "authority": self.authority,
                "comity_card": CARD_VERSION,
                "log": self.log.to_json(),
                "participant": self.participant,
                "policy": self.policy,
                "root": self.root.to_json(),
                "title": self.title,
                "url": self.url,
                "witness": self.witness.to_json(),
            }
        )

    def fingerprint(self) -> str:
        """Return 40 digits in groups of five, over everything in the card, to read out on the telephone."""
        return fingerprint_digits(_FINGERPRINT_DOMAIN + self.encode())


def parse_card(data: bytes) -> Card:
    """Read a card.

    Raises:
        MalformedError: it is anything else, or names keys of another authority.
    """
    value = parse_object(data)
    names = {"authority", "comity_card", "log", "participant", "policy", "root", "title", "url", "witness"}
    check_members(value, required=frozenset(names))
    check_version(value, "comity_card", CARD_VERSION)
    card = Card(
        authority=text_member(value, "authority"),
        participant=text_member(value, "participant"),
        title=text_member(value, "title"),
        url=text_member(value, "url"),
        root=PublicPair.from_json(value["root"]),
        log=PublicPair.from_json(value["log"]),
        witness=PublicPair.from_json(value["witness"]),
        policy=text_member(value, "policy"),
    )
    for pair, role in ((card.root, Role.ROOT), (card.log, Role.LOG), (card.witness, Role.WITNESS)):
        if pair.name != f"{card.authority}/{role}":
            raise MalformedError(f"the card of {card.authority} holds the key {pair.name} in place of its {role} key")
    return card


def recognition_of(card: Card, *, checked: Checked, checked_on: datetime, remark: str = "") -> Recognition:
    """Return the recognition that a card leads to once its fingerprint was checked.

    Raises:
        MalformedError: the card has no policy yet, or its parts do not fit each other.
        PolicyError: its policy counts the log's own authority.
    """
    return Recognition(
        authority=card.authority,
        participant=card.participant,
        root=card.root,
        log=card.log,
        policy=parse_policy(_policy_text(card)),
        url=card.url,
        checked=checked,
        checked_on=checked_on.replace(microsecond=0),
        remark=remark,
    )


def check_witness_keys(card: Card, known: Mapping[str, PublicPair]) -> list[str]:
    """Refuse a card whose policy gives a witness another key than that witness's own card does.

    `known` has the witness pairs from those cards by authority. Returned are the witnesses that it does not have, in
    sorted order: an authority's name, or the name of a key that is no authority's witness key.

    Raises:
        VerificationError: a key differs; one of the two cards is not what its authority made.
        MalformedError: the card has no policy yet, or none that can be read.
        PolicyError: its policy counts the log's own authority.
    """
    unknown = set()
    for key in (witness.key for witness in parse_policy(_policy_text(card)).witnesses):
        name = key.name.removesuffix(f"/{Role.WITNESS}")
        pair = known.get(name)
        if pair is None or key.name != pair.name:
            unknown.add(name)
        elif key not in pair.verifier_keys():
            raise VerificationError(
                f"the card of {card.authority} names another key for its witness {name} than the card of {name}; "
                f"one of the two is not what its authority made"
            )
    return sorted(unknown)


def _policy_text(card: Card) -> str:
    if not card.policy:
        raise MalformedError(f"the card of {card.authority} has no policy yet; its node must name witnesses first")
    return card.policy


def create_node(
    directory: Path,
    settings: Settings,
    *,
    root_file: Path,
    root_passphrase: str,
    service_passphrase: str,
    now: Callable[[], datetime] = utc_now,
) -> Card:
    """Make a node's folder with its keys, an empty log and the first `keys` statement, and return its card.

    Raises:
        ConflictError: the folder has a node already, or the root file is there.
        PolicyError: the root file would lie in the node's folder.
        MalformedError: a passphrase is too short.
    """
    if (directory / FILE_NAME).exists():
        raise ConflictError(f"{directory} holds a node already")
    if root_file.resolve().is_relative_to(directory.resolve()):
        raise PolicyError(f"the root key must not lie in the node's folder {directory}; keep it offline")
    for passphrase in (root_passphrase, service_passphrase):
        check_passphrase(passphrase)
    for folder in (directory, directory / TRUST, root_file.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The settings come last: a folder without them is no node, and a second try says what is in its way.
    work_factor = work_factor_of(settings)
    root = create_root(root_file, settings.authority, root_passphrase, work_factor=work_factor)
    service = create_service(directory / SERVICE_KEYS, settings.authority, service_passphrase, work_factor=work_factor)
    Folder(directory).prepare()
    database = SqliteDatabase(directory / DATABASE)
    try:
        migrate(database)
        Blobs(Folder(directory / BLOBS)).prepare()
        Folder(directory / LOG).prepare()
        create_log(database, service.log, int(now().timestamp()))
        first = partial(
            Designation,
            authority=settings.authority,
            participant=settings.participant,
            number=1,
            title=settings.title,
            competences=settings.competences,
            pairs=(service.log.public, service.witness.public, service.service.public),
            recipient=service.delivery.recipient.encode(),
            url=settings.public_url,
        )
        issue_keys(database, root, lambda previous: first(previous=previous), exercise=settings.exercise, now=now())
    finally:
        database.close()
    card = Card(
        authority=settings.authority,
        participant=settings.participant,
        title=settings.title,
        url=settings.public_url,
        root=root.pair.public,
        log=service.log.public,
        witness=service.witness.public,
        policy="",
    )
    Folder(directory).write_once("card.json", card.encode())
    Folder(directory).write_once(FILE_NAME, settings.encode().encode())
    return card


def work_factor_of(settings: Settings) -> int:
    """Return how hard passphrases of this node are stretched."""
    return EXERCISE_WORK_FACTOR if settings.exercise else WORK_FACTOR


def load_card(directory: Path) -> Card:
    """Return a node's card, with the policy of its log once witnesses were named.

    Raises:
        NotFoundError: there is no node in that folder.
    """
    load_settings(directory)
    try:
        card = parse_card((directory / "card.json").read_bytes())
    except FileNotFoundError as exc:
        raise NotFoundError(f"{directory / 'card.json'} is missing; restore it from the backup") from exc
    return replace(card, policy=read_policy(directory).text if (directory / POLICY).exists() else "")


def name_witnesses(directory: Path, cards: Iterable[Card], quorum: int) -> str:
    """Write the policy of the node's own log: who witnesses it, and how many of them must.

    Raises:
        PolicyError: a witness belongs to the log's own authority.
        MalformedError: the quorum is no number between 1 and that of the witnesses.
    """
    own = load_card(directory)
    witnesses = [(card.witness, f"{card.url}/witness") for card in cards]
    if not 1 <= quorum <= len(witnesses):
        raise MalformedError(f"the quorum is {quorum}, wanted 1 to {len(witnesses)}, the number of witnesses")
    policy = write_policy(own.log, f"{own.url}/log", witnesses, quorum)
    Folder(directory).replace(POLICY, policy.encode())
    return policy


def issue_keys(
    database: Database, root: RootKey, draft: Callable[[int | None], Designation], *, exercise: bool, now: datetime
) -> Designation:
    """Sign a `keys` statement with the root pair, queue it for the log and return what it says.

    `draft` is given the log index that the newest own `keys` statement has or will have, or None before the first.
    The transaction that queues the statement settles that place, so the root signs within it.

    Raises:
        ConflictError: one with this number was issued already.
        PolicyError: the root pair is another authority's.
    """
    with database.transaction() as tx:
        designation = draft(_newest_keys_place(tx, root.authority))
        if root.authority != designation.authority:
            raise PolicyError(f"the root key is that of {root.authority}, not of {designation.authority}")
        statement = Statement(
            kind=KEYS_KIND,
            issuer=designation.authority,
            to=(),
            issued=now.replace(microsecond=0),
            exercise=exercise,
            body=designation.body(),
        )
        spoken = speak(statement, root.pair, os.urandom)
        add_designation(tx, designation, spoken.envelope)
        arrival = append_pending(tx, spoken.entry, spoken.envelope.encoded)
        records.add_statement(tx, spoken, statement, own=True, arrival=arrival, now=now)
    return designation


def _newest_keys_place(tx: Transaction, authority: str) -> int | None:
    places = own_keys_places(tx, authority)
    return places[-1][1] if places else None


def current_designation(database: Database, authority: str) -> Designation:
    """Return the newest own designation, logged or not.

    Raises:
        NotFoundError: none was ever issued.
    """
    with database.reading() as reader:
        known = kept_designations(reader, authority)
    if not known:
        raise NotFoundError(f"no keys statement of {authority} was ever issued here")
    return known[-1].designation


def reissue_keys(
    directory: Path,
    root: RootKey,
    *,
    add: PublicPair | None = None,
    recipient: str | None = None,
    revoke: str | None = None,
    now: datetime,
) -> Designation:
    """Issue the next full `keys` statement: unchanged, with one pair more, another recipient, or without one pair.

    `revoke` is the beginning of the id of one of the pair's keys. Log and witness pair stay.

    Raises:
        NotFoundError: no designated statement or service pair begins so.
        PolicyError: the root pair is not the one on the node's card.
    """
    _check_root(directory, root)
    settings, database, _, _ = open_stores(directory)
    try:
        current = current_designation(database, settings.authority)
        pairs = list(current.pairs)
        if add is not None:
            pairs.append(add)
        if revoke is not None:
            kept = [pair for pair in pairs if not _begins(pair, revoke)]
            if len(kept) != len(pairs) - 1:
                raise NotFoundError(f"{len(pairs) - len(kept)} designated keys begin with {revoke!r}; give one's id")
            pairs = kept
        following = partial(
            replace,
            current,
            number=current.number + 1,
            pairs=tuple(pairs),
            recipient=current.recipient if recipient is None else recipient,
            url=settings.public_url,
        )
        return issue_keys(
            database, root, lambda previous: following(previous=previous), exercise=settings.exercise, now=now
        )
    finally:
        database.close()


def _check_root(directory: Path, root: RootKey) -> None:
    """Refuse a root pair that peers do not recognise: what it signs would be logged and count for nothing."""
    card = load_card(directory)
    if root.authority != card.authority:
        raise PolicyError(f"the root key is that of {root.authority}, not of {card.authority}")
    if root.pair.public != card.root:
        raise PolicyError(f"this is another root key than that on the card of {card.authority}")


def _begins(pair: PublicPair, beginning: str) -> bool:
    revocable = pair.role in {Role.STATEMENT, Role.SERVICE}
    return revocable and bool(beginning) and any(key_id.startswith(beginning) for key_id in pair.key_ids())


def rotate_service_keys(directory: Path, root: RootKey, passphrase: str, *, now: datetime) -> Designation:
    """Rotate service pair and delivery identity of a node that does not run, and issue the `keys` statement for it.

    The older service pair stays designated until it is revoked, so that receipts on their way still count.

    Raises:
        ConflictError: the node runs: it would refuse what peers encrypt to the new identity.
        PolicyError: the root pair is not the one on the node's card.
        UnauthenticatedError: wrong passphrase.
    """
    settings = load_settings(directory)
    _check_root(directory, root)
    with ProcessLock(directory / LOCK):
        keys = rotate_service(directory / SERVICE_KEYS, passphrase, work_factor=work_factor_of(settings))
        recipient = keys.delivery.recipient.encode()
        return reissue_keys(directory, root, add=keys.service.public, recipient=recipient, now=now)


def add_officer(
    directory: Path,
    officer: str,
    passphrase: str,
    *,
    root_file: Path | None = None,
    root_passphrase: str = "",
    now: Callable[[], datetime] = utc_now,
) -> OfficerKeys:
    """Add an officer; with the root file an approver, whose new statement pair the root designates.

    Raises:
        ConflictError: the officer is there already.
        PolicyError: the root pair is not the one on the node's card.
        UnauthenticatedError: the root's passphrase is wrong.
    """
    settings = load_settings(directory)
    root = open_root(root_file, root_passphrase) if root_file is not None else None
    if root is not None:
        _check_root(directory, root)
    path = officer_path(directory, officer)
    keys = create_officer(
        path,
        settings.authority,
        officer,
        passphrase,
        approver=root is not None,
        work_factor=work_factor_of(settings),
    )
    if root is not None and keys.statement is not None:
        try:
            reissue_keys(directory, root, add=keys.statement.public, now=now())
        except BaseException:
            # A pair that the root did not designate is of no use, and its file would be in the way of a second try.
            path.unlink()
            raise
    return keys
