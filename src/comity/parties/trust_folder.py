"""A viewer's trust folder on disk: one file `<authority>.json` for each recognised authority.

The folder answers "whose key is this" for its owner and nobody else, so what lies in it unread would be as dangerous
as what is read wrongly: a file that is no recognition is refused, never skipped. Only hidden files are ignored, since
editors, file managers and the crash-safe writer leave those behind.
"""

import stat
from pathlib import Path
from typing import Final

from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError, StoreError
from comity.kernel.key import parse_authority
from comity.kernel.trust import Recognition, parse_recognition
from comity.store.files import Folder

SUFFIX: Final = ".json"


def load_trust(path: Path) -> dict[str, Recognition]:
    """Read every recognition in the folder, by authority in sorted order.

    Raises:
        NotFoundError: there is no such folder.
        MalformedError: a file is no recognition, or is not named after its authority; the message names the file.
        PolicyError: a recognition's policy counts the log's own authority.
        StoreError: the folder or a file cannot be read.
    """
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except FileNotFoundError as exc:
        raise NotFoundError(f"there is no trust folder {path}; add a recognition first") from exc
    except OSError as exc:
        raise StoreError(f"trust folder {path} cannot be read: {exc}") from exc
    loaded = [_load(path / name) for name in names if not name.startswith(".")]
    return {recognition.authority: recognition for recognition in loaded}


def find_recognition(path: Path, authority: str) -> Recognition | None:
    """Return the recognition of one authority, or None where the folder has none or does not exist.

    Raises:
        MalformedError: `authority` is no authority's name, or its file no recognition.
        PolicyError: its policy counts the log's own authority.
        StoreError: the file cannot be read.
    """
    file = path / f"{parse_authority(authority)}{SUFFIX}"
    try:
        file.lstat()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StoreError(f"{file} cannot be read: {exc}") from exc
    return _load(file)


def add_recognition(path: Path, recognition: Recognition, *, replace: bool = False) -> None:
    """Write a recognition into the folder, which is made if need be.

    The same again, or with another remark or check, takes the place of the older one. Another root, log key, policy or
    URL does so only with `replace`: with any of them an attacker could imitate the authority or silence it.

    Raises:
        ConflictError: the folder recognises this authority by another root, log key, policy or URL.
        MalformedError: the file that is there is no recognition.
        PolicyError: the policy of the file that is there counts the log's own authority.
        StoreError: the folder cannot be read or written.
    """
    if not replace:
        held = find_recognition(path, recognition.authority)
        if held is not None:
            _check_same(held, recognition)
    Folder(path).replace(f"{recognition.authority}{SUFFIX}", recognition.encode())


def _check_same(held: Recognition, new: Recognition) -> None:
    changed = [
        f"by the {what} {old.fingerprint()}, the new one is {other.fingerprint()}"
        for what, old, other in (("root", held.root, new.root), ("log key", held.log, new.log))
        if old != other
    ]
    if held.policy.text != new.policy.text:
        changed.append("by another policy")
    if held.url != new.url:
        changed.append(f"by the URL {held.url[:200]!r}, the new one is {new.url[:200]!r}")
    if changed:
        raise ConflictError(
            f"{held.authority} is recognised {'; '.join(changed)}; "
            f"check with the authority itself, then replace it explicitly"
        )


def _load(file: Path) -> Recognition:
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            raise MalformedError(f"{file} is no regular file; a trust folder holds <authority>{SUFFIX} files only")
        data = file.read_bytes()
    except OSError as exc:
        raise StoreError(f"{file} cannot be read: {exc}") from exc
    try:
        recognition = parse_recognition(data)
    except MalformedError as exc:
        raise MalformedError(f"{file} is no recognition: {exc.message}") from exc
    except PolicyError as exc:
        raise PolicyError(f"{file}: {exc.message}") from exc
    if file.name != f"{recognition.authority}{SUFFIX}":
        raise MalformedError(f"{file} holds the recognition of {recognition.authority} and must be named after it")
    return recognition
