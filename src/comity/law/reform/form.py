"""Files that a user fills in, as TOML: each refusal names the file and the place in it.

A form is small, written by hand and read by a person, so the reader is strict: an unknown member is refused rather than
passed over, because it is mostly a slip of the pen, and text may hold no control character or hidden direction mark.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar

from comity.errors import MalformedError, NotFoundError, TooLargeError

MAX_FORM_BYTES = 1_000_000

Choice = TypeVar("Choice", bound=StrEnum)

_SHOWN = 60
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Form:
    """A table of a form; `where` is its file and place."""

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self.where = where
        self._values = values

    def refuse(self, why: str) -> NoReturn:
        """Refuse the form.

        Raises:
            MalformedError: always, naming the place.
        """
        raise MalformedError(f"{self.where}: {why}")

    def refuse_value(self, key: str, wanted: str) -> NoReturn:
        """Refuse the value of a member, of which the beginning is shown.

        Raises:
            MalformedError: always, naming the place.
        """
        self.refuse(f"{key} is {repr(self._values.get(key))[:_SHOWN]}, wanted {wanted}")

    def only(self, *known: str) -> None:
        """Hold that nothing but the known members is there.

        Raises:
            MalformedError: another member is there.
        """
        if unknown := sorted(self._values.keys() - set(known)):
            self.refuse(f"unknown member {unknown[0][:_SHOWN]!r}; known are {', '.join(known)}")

    def has(self, key: str) -> bool:
        """Whether a member is there."""
        return key in self._values

    def is_true(self, key: str) -> bool:
        """Whether a member is there and true.

        Raises:
            MalformedError: it is neither true nor false.
        """
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self.refuse_value(key, "true or false")
        return value

    def text(self, key: str) -> str:
        """Return a text that must be there, its white space as single spaces.

        Raises:
            MalformedError: it is missing, empty, no text, or holds a hidden character.
        """
        value = self.optional_text(key)
        if value is None:
            self.refuse(f"{key} is missing or empty")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None when it is not there or empty.

        Raises:
            MalformedError: it is no text, or holds a hidden character.
        """
        value = self._values.get(key, "")
        if not isinstance(value, str):
            self.refuse_value(key, "a text in quotes")
        return self._tidy(key, value) or None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts, none when it is not there.

        Raises:
            MalformedError: it is something else, or repeats a text.
        """
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"{key} must be a list of texts")
        found = tuple(self._tidy(key, item) for item in value)
        if len(set(found)) != len(found) or "" in found:
            self.refuse(f"{key} holds an empty text or one twice")
        return found

    def whole(self, key: str) -> int:
        """Return a whole number from 1 that must be there.

        Raises:
            MalformedError: it is missing or something else.
        """
        value = self._values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.refuse_value(key, "a whole number from 1")
        return value

    def share(self, key: str) -> float:
        """Return a number between 0 and 1, without the ends.

        Raises:
            MalformedError: it is missing or something else.
        """
        value = self._values.get(key)
        if not isinstance(value, float) or not 0 < value < 1:
            self.refuse_value(key, "a number between 0 and 1, such as 0.5")
        return value

    def day(self, key: str) -> date:
        """Return a day that must be there.

        Raises:
            MalformedError: it is missing or something else.
        """
        value = self.optional_day(key)
        if value is None:
            self.refuse(f"{key} is missing; give a day such as 2027-01-31, without quotes")
        return value

    def optional_day(self, key: str) -> date | None:
        """Return a day, or None when it is not there.

        Raises:
            MalformedError: it is something else.
        """
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse_value(key, "a day such as 2027-01-31, without quotes")
        return value

    def choice(self, key: str, kind: type[Choice]) -> Choice:
        """Return a text as a member of an enumeration.

        Raises:
            MalformedError: it is missing, or not one of its members.
        """
        value = self.text(key)
        if value not in set(kind):
            self.refuse_value(key, f"one of {', '.join(kind)}")
        return kind(value)

    def table(self, key: str) -> "Form":
        """Return a table within this one, empty when it is not there.

        Raises:
            MalformedError: it is something else.
        """
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(f"{_HIDDEN.sub('?', key)[:_SHOWN]} must be a table")
        return Form(f"{self.where}: {_HIDDEN.sub('?', key)[:_SHOWN]}", value)

    def tables(self, key: str) -> tuple["Form", ...]:
        """Return a list of tables, none when it is not there; each is named by its place, counted from 1.

        Raises:
            MalformedError: it is something else.
        """
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(f"{key} must be a list of tables")
        return tuple(Form(f"{self.where}: {key} {number}", item) for number, item in enumerate(value, 1))

    def named_tables(self) -> Iterator[tuple[str, "Form"]]:
        """Yield each member of this table, which must all be tables, with its name.

        Raises:
            MalformedError: a member is something else.
        """
        for name in self._values:
            yield name, self.table(name)

    def _tidy(self, key: str, value: str) -> str:
        text = " ".join(value.split())
        if _HIDDEN.search(text):
            self.refuse(f"{key} holds a control character or a hidden direction mark")
        return text


def read_form_file(path: Path) -> bytes:
    """Return the bytes of a form's file, and of a larger one no more than it takes to refuse it.

    Raises:
        NotFoundError: it cannot be read.
    """
    try:
        with path.open("rb") as source:
            return source.read(MAX_FORM_BYTES + 1)
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be read: {exc.strerror}") from exc


def parse_form(data: bytes, *, where: str) -> Form:
    """Read a form; `where` names the file in refusals.

    Raises:
        TooLargeError: it has more than `MAX_FORM_BYTES` bytes.
        MalformedError: it is not UTF-8 or not TOML.
    """
    if len(data) > MAX_FORM_BYTES:
        raise TooLargeError(f"{where} has {len(data)} bytes, at most {MAX_FORM_BYTES} are read")
    try:
        return Form(where, tomllib.loads(data.decode()))
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{where}: not UTF-8 at byte {exc.start}") from exc
    except (ValueError, RecursionError) as exc:
        raise MalformedError(f"{where}: not TOML: {exc}") from exc
