"""What every part of a running node is handed: settings, keys, stores, clock and randomness, in one frozen value."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from comity.age.recipient import Recipient, parse_recipient
from comity.errors import MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.kernel.key import KeyPair, parse_authority
from comity.kernel.policy import Policy, parse_policy
from comity.kernel.trust import Designation, KeyHistory, Recognition
from comity.law.folder import LawFolder
from comity.law.register import Register, load_register
from comity.log.designations import key_history
from comity.node.keyring import ServiceKeys
from comity.node.settings import Settings, load_settings
from comity.parties.trust_folder import SUFFIX, find_recognition, load_trust
from comity.store.blobs import Blobs
from comity.store.files import Folder
from comity.store.migration import migrate
from comity.store.sqlite import SqliteDatabase

DATABASE: Final = "node.db"
LOG: Final = "log"
BLOBS: Final = "blobs"
TRUST: Final = "trust"
LAW: Final = "law"
SERVICE_KEYS: Final = Path("keys") / "service.age"
POLICY: Final = "policy"
LOCK: Final = "node.lock"


def utc_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class _Trust:
    """The trust folder as it was read last."""

    state: tuple[tuple[str, int, int], ...] | None = None
    recognitions: Mapping[str, Recognition] = field(default_factory=dict)
    # Each by its file's time and size.
    single: dict[str, tuple[tuple[int, int], Recognition]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One authority's node."""

    directory: Path
    settings: Settings
    keys: ServiceKeys
    database: SqliteDatabase
    blobs: Blobs
    log_folder: Folder
    now: Callable[[], datetime] = utc_now
    random: Callable[[int], bytes] = field(default=os.urandom)
    # The law tables by which this node judges: read once, so that a case is not judged by two of them.
    register: Register = field(default_factory=load_register, repr=False, compare=False)
    _trust: _Trust = field(default_factory=_Trust, repr=False, compare=False)

    @property
    def authority(self) -> str:
        """The authority that this node acts for."""
        return self.settings.authority

    def trust(self) -> Mapping[str, Recognition]:
        """Return this node's recognitions as they are on disk now; they are parsed again only after a change.

        Raises:
            StoreError: the trust folder cannot be read; whoever asks is not to blame for it.
        """
        folder = self.directory / TRUST
        try:
            state = tuple(
                sorted((item.name, item.stat().st_mtime_ns, item.stat().st_size) for item in folder.iterdir())
            )
            if self._trust.state != state:
                self._trust.recognitions = load_trust(folder)
                self._trust.state = state
        except (MalformedError, NotFoundError, PolicyError) as exc:
            raise StoreError(exc.message) from exc
        except OSError as exc:
            raise StoreError(f"trust folder {folder} cannot be read: {exc.strerror}") from exc
        return self._trust.recognitions

    def recognition(self, authority: str) -> Recognition:
        """Return what this node holds to be an authority's root.

        Raises:
            PolicyError: the authority is not recognised here.
            MalformedError: `authority` is no authority's name.
            StoreError: its file in the trust folder cannot be read.
        """
        folder = self.directory / TRUST
        try:
            found = (folder / f"{parse_authority(authority)}{SUFFIX}").stat()
        except FileNotFoundError as exc:
            raise PolicyError(
                f"{authority} is not recognised here; add it with 'comity trust add' after checking its card"
            ) from exc
        except OSError as exc:
            raise StoreError(f"trust folder {folder} cannot be read: {exc.strerror}") from exc
        # Every delivery asks; the file is parsed again only after a change.
        state = (found.st_mtime_ns, found.st_size)
        kept = self._trust.single.get(authority)
        if kept is None or kept[0] != state:
            try:
                recognition = find_recognition(folder, authority)
            except (MalformedError, PolicyError) as exc:
                raise StoreError(exc.message) from exc
            if recognition is None:
                raise PolicyError(f"{authority} is no longer recognised here")
            self._trust.single[authority] = kept = (state, recognition)
        return kept[1]

    def history(self, authority: str) -> KeyHistory:
        """Return the logged `keys` statements of an authority that this node knows.

        Raises:
            VerificationError: their numbers have a gap, or do not fit their places.
        """
        with self.database.reading() as reader:
            return key_history(reader, authority)

    def designation(self, authority: str) -> Designation:
        """Return the newest logged designation of an authority that this node knows.

        Raises:
            PolicyError: none is known yet.
        """
        try:
            return self.history(authority).latest()[1]
        except VerificationError as exc:
            raise PolicyError(exc.message) from exc

    def competences(self, authority: str) -> tuple[str, ...]:
        """Return what an authority's newest logged `keys` statement names it competent for; none is not having said.

        Before the first one is logged, this node's own competences are those of its settings.
        """
        try:
            return self.designation(authority).competences
        except PolicyError:
            return self.settings.competences if authority == self.authority else ()

    def recipient(self, authority: str) -> Recipient:
        """Return whom deliveries and exhibits for an authority are encrypted to.

        Raises:
            PolicyError: no designation is known yet, or it names no usable recipient.
        """
        try:
            return _parse_recipient(self.designation(authority).recipient)
        except MalformedError as exc:
            raise PolicyError(f"the keys statement of {authority} names no usable recipient: {exc.message}") from exc

    def service_pair(self) -> KeyPair:
        """Return the newest service pair that peers can know: one that the newest logged `keys` statement lists.

        Raises:
            PolicyError: none of this node's service pairs is designated.
        """
        designated = self.designation(self.authority).pairs
        for pair in self.keys.services:
            if pair.public in designated:
                return pair
        raise PolicyError(f"no service key of {self.authority} is designated; issue a keys statement with its root")


@lru_cache(maxsize=256)
def _parse_recipient(text: str) -> Recipient:
    """Read a recipient; a hybrid one takes milliseconds and is the same for every delivery."""
    return parse_recipient(text)


def open_stores(directory: Path) -> tuple[Settings, SqliteDatabase, Blobs, Folder]:
    """Open what lies in a node's folder, bringing the database's tables up to date.

    Raises:
        NotFoundError: there is no node in that folder.
        MalformedError: its settings are wrong.
        StoreError: its database cannot be opened.
    """
    settings = load_settings(directory)
    database = SqliteDatabase(directory / DATABASE)
    migrate(database)
    return settings, database, Blobs(Folder(directory / BLOBS)), Folder(directory / LOG)


def read_law(directory: Path) -> Register:
    """Return the law tables of a node: the installed ones, with those of its folder `law` where it has one.

    Raises:
        StoreError: a table cannot be read.
        MalformedError: a table does not follow its format, or repeats or lacks what another one holds.
        NotFoundError: a row names an unknown participant.
    """
    folder = directory / LAW
    return LawFolder(folder).register() if folder.is_dir() else load_register()


def read_policy(directory: Path) -> Policy:
    """Return the policy of a node's own log.

    Raises:
        PolicyError: no witnesses were named yet, or the log's own authority would count.
        MalformedError: the file is no policy.
        StoreError: it cannot be read.
    """
    path = directory / POLICY
    try:
        return parse_policy(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise PolicyError(f"the log in {directory} has no witnesses yet; name them with 'comity witnesses'") from exc
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{path} is no UTF-8 text") from exc
    except OSError as exc:
        raise StoreError(f"{path} cannot be read: {exc.strerror}") from exc
