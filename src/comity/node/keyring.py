"""Private keys at rest: age files under passphrases, opened late and kept as short as can be.

Three kinds of file. `root.age` lies wherever its keeper says, never in the node's folder. `keys/service.age` holds what
a node needs without a person: log, witness, service pair and the delivery identity; it is unlocked once, at start.
`officers/<name>.age` holds an officer's roles and, for an approver, the statement pair that only this officer signs
with; it is unlocked for a session. No passphrase or seed is ever logged, printed or taken from the environment.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from comity.age.identity import HybridIdentity, ScryptIdentity, generate_hybrid, parse_identity
from comity.age.recipient import ScryptRecipient
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    PolicyError,
    UnauthenticatedError,
    VerificationError,
)
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    decode_base64,
    encode_base64,
    encode_json,
    parse_object,
    text_member,
)
from comity.kernel.key import SEED_BYTES, KeyPair, Role, parse_authority
from comity.store.files import Folder

Random = Callable[[int], bytes]

# age's own default is 2^18; a laptop derives that in about a second, once a start or session.
WORK_FACTOR: Final = 18
# An exercise starts many nodes at once and protects nothing.
EXERCISE_WORK_FACTOR: Final = 12
MAX_WORK_FACTOR: Final = 20
MAX_FILE_BYTES: Final = 64 * 1024
MIN_PASSPHRASE: Final = 8
DRAFTER: Final = "drafter"
APPROVER: Final = "approver"
_OFFICER = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The two seeds that a pair is derived from."""

    ed25519: bytes = field(repr=False)
    mldsa44: bytes = field(repr=False)

    def pair(self, authority: str, role: Role) -> KeyPair:
        """Return the pair for one role of an authority."""
        return KeyPair.from_seeds(f"{authority}/{role}", self.ed25519, self.mldsa44)

    def to_json(self) -> Json:
        """Return the seeds for a file that is encrypted next."""
        return [encode_base64(self.ed25519), encode_base64(self.mldsa44)]


def generate_seeds(random: Random = os.urandom) -> Seeds:
    """Return fresh seeds."""
    return Seeds(ed25519=random(SEED_BYTES), mldsa44=random(SEED_BYTES))


def _parse_seeds(value: Json) -> Seeds:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - Ed25519 and ML-DSA-44
        raise MalformedError("a key file holds two seeds for a pair")
    ed25519, mldsa44 = (decode_base64(text_member({"seed": item}, "seed")) for item in value)
    return Seeds(ed25519=ed25519, mldsa44=mldsa44)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKeys:
    """What a node holds while it runs."""

    authority: str
    log: KeyPair
    witness: KeyPair
    services: tuple[KeyPair, ...]
    """The service pairs, newest first; a rotated one signs until the new one is designated and logged."""
    deliveries: tuple[HybridIdentity, ...]
    """The delivery identities, newest first; what was encrypted to an older one stays readable."""

    @property
    def service(self) -> KeyPair:
        """The newest service pair."""
        return self.services[0]

    @property
    def delivery(self) -> HybridIdentity:
        """The newest delivery identity."""
        return self.deliveries[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerKeys:
    """An officer whose file was opened."""

    officer: str
    roles: frozenset[str]
    statement: KeyPair | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """The root pair, offline but for the minute in which it signs."""

    authority: str
    pair: KeyPair


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is too short to protect anything.

    Raises:
        MalformedError: it has fewer than eight characters.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise MalformedError(f"the passphrase has {len(passphrase)} characters, at least {MIN_PASSPHRASE} wanted")


def check_officer(name: str) -> str:
    """Return an officer's name if it is one.

    Raises:
        MalformedError: it is not a lower-case word.
    """
    if not _OFFICER.fullmatch(name):
        raise MalformedError(
            f"officer {name[:50]!r} is not a lower-case word of at most 40 letters, digits and hyphens"
        )
    return name


def _write(path: Path, value: JsonObject, passphrase: str, work_factor: int) -> None:
    check_passphrase(passphrase)
    if path.exists():
        raise ConflictError(f"{path} is there already; keys are never overwritten")
    folder = Folder(path.parent)
    folder.prepare()
    folder.write_once(path.name, _encrypt(value, passphrase, work_factor))
    path.chmod(0o600)


def _encrypt(value: JsonObject, passphrase: str, work_factor: int) -> bytes:
    return encrypt_bytes(encode_json(value), [ScryptRecipient(passphrase, work_factor)])


def _read(path: Path, passphrase: str, what: str) -> JsonObject:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise NotFoundError(f"{what}: {path} cannot be read") from exc
    try:
        plain = decrypt_bytes(data, [ScryptIdentity(passphrase, MAX_WORK_FACTOR)], max_bytes=MAX_FILE_BYTES)
    except (VerificationError, PolicyError) as exc:
        raise UnauthenticatedError(f"{what}: wrong passphrase, or {path.name} is damaged") from exc
    return parse_object(plain)


def create_root(path: Path, authority: str, passphrase: str, *, work_factor: int = WORK_FACTOR) -> RootKey:
    """Make a root pair and write it to `path`.

    Raises:
        ConflictError: the file is there already.
        MalformedError: the passphrase is too short.
    """
    seeds = generate_seeds()
    value: JsonObject = {"authority": parse_authority(authority), "root": seeds.to_json()}
    _write(path, value, passphrase, work_factor)
    return RootKey(authority=authority, pair=seeds.pair(authority, Role.ROOT))


def open_root(path: Path, passphrase: str) -> RootKey:
    """Read a root pair.

    Raises:
        NotFoundError: no such file.
        UnauthenticatedError: wrong passphrase.
        MalformedError: not a root file.
    """
    value = _read(path, passphrase, "root key")
    check_members(value, required=frozenset({"authority", "root"}))
    authority = text_member(value, "authority")
    return RootKey(authority=authority, pair=_parse_seeds(value["root"]).pair(authority, Role.ROOT))


def create_service(path: Path, authority: str, passphrase: str, *, work_factor: int = WORK_FACTOR) -> ServiceKeys:
    """Make a node's service keys and write them to `path`.

    Raises:
        ConflictError: the file is there already.
        MalformedError: the passphrase is too short.
    """
    value: JsonObject = {
        "authority": parse_authority(authority),
        "deliveries": [generate_hybrid().encode()],
        "log": generate_seeds().to_json(),
        "services": [generate_seeds().to_json()],
        "witness": generate_seeds().to_json(),
    }
    _write(path, value, passphrase, work_factor)
    return _service(value)


def rotate_service(path: Path, passphrase: str, *, work_factor: int = WORK_FACTOR) -> ServiceKeys:
    """Put a new service pair and a new delivery identity before the present ones, which stay in the file.

    Raises:
        NotFoundError: no such file.
        UnauthenticatedError: wrong passphrase.
        MalformedError: not a service file.
    """
    value = _read(path, passphrase, "service keys")
    _service(value)
    services, deliveries = value["services"], value["deliveries"]
    assert isinstance(services, list)
    assert isinstance(deliveries, list)
    services.insert(0, generate_seeds().to_json())
    deliveries.insert(0, generate_hybrid().encode())
    Folder(path.parent).replace(path.name, _encrypt(value, passphrase, work_factor))
    path.chmod(0o600)
    return _service(value)


def open_service(path: Path, passphrase: str) -> ServiceKeys:
    """Read a node's service keys.

    Raises:
        NotFoundError: no such file.
        UnauthenticatedError: wrong passphrase.
        MalformedError: not a service file.
    """
    return _service(_read(path, passphrase, "service keys"))


def _service(value: JsonObject) -> ServiceKeys:
    check_members(value, required=frozenset({"authority", "deliveries", "log", "services", "witness"}))
    authority, services, deliveries = text_member(value, "authority"), value["services"], value["deliveries"]
    if not isinstance(services, list) or not isinstance(deliveries, list) or not services or not deliveries:
        raise MalformedError("services and deliveries are lists with at least one key")
    identities = [parse_identity(text_member({"delivery": item}, "delivery")) for item in deliveries]
    hybrid = tuple(identity for identity in identities if isinstance(identity, HybridIdentity))
    if len(hybrid) != len(identities):
        raise MalformedError("a delivery identity is not a hybrid one")
    return ServiceKeys(
        authority=authority,
        log=_parse_seeds(value["log"]).pair(authority, Role.LOG),
        witness=_parse_seeds(value["witness"]).pair(authority, Role.WITNESS),
        services=tuple(_parse_seeds(item).pair(authority, Role.SERVICE) for item in services),
        deliveries=hybrid,
    )


def officer_path(directory: Path, officer: str) -> Path:
    """Return where an officer's file lies in a node's folder."""
    return directory / "officers" / f"{check_officer(officer)}.age"


def create_officer(
    path: Path, authority: str, officer: str, passphrase: str, *, approver: bool, work_factor: int = WORK_FACTOR
) -> OfficerKeys:
    """Write an officer's file; an approver gets a statement pair of their own, which the root must then designate.

    Raises:
        ConflictError: the officer is there already.
        MalformedError: the name or passphrase is unfit.
    """
    seeds = generate_seeds() if approver else None
    roles: list[Json] = [APPROVER, DRAFTER] if approver else [DRAFTER]
    value: JsonObject = {
        "authority": parse_authority(authority),
        "officer": check_officer(officer),
        "roles": roles,
        "statement": seeds.to_json() if seeds else None,
    }
    _write(path, value, passphrase, work_factor)
    return _officer(value)


def open_officer(path: Path, passphrase: str) -> OfficerKeys:
    """Read an officer's file; this is what logging in means.

    Raises:
        UnauthenticatedError: no such officer, or a wrong passphrase; the two are not told apart.
        MalformedError: not an officer's file.
    """
    try:
        return _officer(_read(path, passphrase, "officer"))
    except (NotFoundError, UnauthenticatedError) as exc:
        raise UnauthenticatedError(f"officer {path.stem}: unknown here, or wrong passphrase") from exc


def _officer(value: JsonObject) -> OfficerKeys:
    check_members(value, required=frozenset({"authority", "officer", "roles", "statement"}))
    authority, listed = text_member(value, "authority"), value["roles"]
    if not isinstance(listed, list):
        raise MalformedError("roles is a list")
    seeds = _parse_seeds(value["statement"]) if value["statement"] is not None else None
    return OfficerKeys(
        officer=text_member(value, "officer"),
        roles=frozenset(str(role) for role in listed),
        statement=seeds.pair(authority, Role.STATEMENT) if seeds else None,
    )
