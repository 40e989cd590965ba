"""Writes docs/formats/conduct.md and its schemas: `PYTHONPATH=tests python -m support.conduct_formats`."""

import inspect
import json
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from comity.conduct import statements as ledger
from comity.conduct.commitments import statements as commitments
from comity.conduct.inquiry import statements as inquiry
from comity.conduct.kinds import KINDS
from comity.conduct.statements import Body, body_schema
from support.paths import ROOT

PAGE = ROOT / "docs" / "formats" / "conduct.md"
SCHEMAS = ROOT / "docs" / "formats" / "conduct.schemas.json"

# The named types of members, with how the page writes their values; the first that fits is used.
TYPES: tuple[tuple[str, Any, str], ...] = (
    ("text", ledger.Text, "1 to 20 000 characters"),
    ("line", ledger.Line, "1 to 400 characters, none below U+0020 and no U+007F"),
    ("web address", ledger.Url, "`http` or `https`, 8 to 2 000 characters without spaces"),
    ("record id", ledger.RecordId, "64 lower-case hexadecimal digits; a record's, unless the text says otherwise"),
    ("statement id", inquiry.StatementId, "64 lower-case hexadecimal digits"),
    ("digest", inquiry.Digest, "64 lower-case hexadecimal digits: the SHA-256 or id of what is cited"),
    ("participant", ledger.Participant, "three capital letters of the table of participants"),
    ("authority", inquiry.Authority, "as [keys.md](keys.md) has it, at most 60 characters"),
    ("language", ledger.Language, "a language tag such as `en` or `zh-Hans`"),
    ("code", ledger.Code, "`[a-z][a-z0-9_]{0,59}`"),
    ("technique", ledger.TechniqueCode, "a vocabulary, `:`, and a code of it, such as `disarm:T0022`"),
    ("day", ledger.Day, "`YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as far as it is known"),
    ("time", inquiry.Time, "as [README.md](README.md) has it"),
    ("item number", commitments.ItemNumber, "`[A-Za-z0-9][A-Za-z0-9().-]{0,29}`"),
    ("commitment", commitments.CommitmentKey, "a code, `:`, an item number, such as `gge_norms:f`"),
    ("nonce", commitments.Nonce, "16 to 64 bytes in lower-case hexadecimal"),
    ("seconds", commitments.Seconds, "60 to 31 622 400"),
    ("months", commitments.Months, "1 to 120"),
    ("hours", commitments.Hours, "1 to 8 784"),
    ("days", inquiry.AnswerDays, "1 to 3 650"),
    ("tier", ledger.Tier, "0 to 7: on which kind of basis a claim rests; an order of kinds, never a number to add up"),
)
HEAD = """# Records of the observatory

A **record** is what somebody says about conduct: an operation, a claim, a reply, a finding, a correction, a
commitment, a drill, a step of an inquiry. It is immutable and goes by its content. This page is made from the program
by `tests/support/conduct_formats.py`; a test compares it. The JSON Schemas of all bodies are in
[conduct.schemas.json](conduct.schemas.json), by kind.

## Records

- The id of a record is the SHA-256, in hexadecimal, of `comity conduct record v1`, one byte 0x0A, and the JSON object
  with the members `body` and `kind` in its one spelling ([README.md](README.md)). Who entered a record, from where
  and when is no part of it: the same words from two sides are one record with two provenances.
- A body has the members below and no others. An optional member without a value is left out, and so is one at its
  default.
- A record refers to others by id, and they exist before it, so that references have no circle.
- Whoever is spoken about is named in the words of whoever speaks. A code says who is meant, and must be one of the
  table of participants. An exercise names fictitious participants only, anything else none of them.
- A speaker whom whoever reports does not name has the name `not named` and the kind `unknown`. Two such claimants are
  two voices; a named one is one voice with itself, also where its kind is unknown.
- What was said, or begun, is not later than the day of entry, give or take a day.
- As a statement, the kind and body of a record are those of the statement ([statement.md](statement.md)), to the
  public.
- A correction takes effect when it comes from whoever said the record, or from whoever entered or published it. One
  from a log is the word of the authority whose log it is, whatever name it gives: it takes effect on what its own
  participant says, and on what came from nobody else. Any other is shown beside the record. What is corrected or
  retracted stays.

As JSON, one record a line:

```json
{"body":{…},"id":"…","kind":"claim","provenance":{"on":"2026-06-01","origin":"hand","source":"Coder One"}}
```

`origin` is `statement`, `import` or `hand`; `source` is the issuer, the file or whoever entered it; `digest` the
statement's id or the file's SHA-256; `place` the entry, row or label; `on` the day of entry. An export adds
`standing`: `state` (`standing`, `corrected` or `retracted`), `disputed`, `corrected_by` and `replaced_by`, and a
`notice` that the record is a reported claim and no finding of whoever exports it; reading passes over both, for the
first follows from the corrections. It also says whether the ledger was an `exercise`, as a marking on every object in
STIX; a ledger of the other world refuses what says so. As CSV there is one table a kind, with the columns `record id`,
`record number`, `record state`, `record notice` and others about the record, then one for each member: `claimant.name`
for a member of a member, JSON for lists. As STIX 2.1 each record is an object, with the whole record in an extension.

By hand, records are entered as TOML: a table for each record under a label of its own, `is` for the kind, and
`@label` for the id of another record of the file ([how](../howto/read-claims.md)).

## Types

| Type | Value |
|---|---|
"""

Rooms = tuple[tuple[str, str, dict[str, type[Body]]], ...]
ROOMS: Rooms = (
    (
        "Kinds of the ledger",
        "Who claims, replies, finds and corrects what, and how a claim was graded or matched.",
        ledger.KINDS,
    ),
    ("Kinds of commitments", "What states committed themselves to, and practice between them.", commitments.KINDS),
    (
        "Kinds of an inquiry",
        (
            "The statements of an inquiry name each other by statement id; each but the mandate has it as `subject`, "
            "and follows at least one of them. A finding, a reply and a correction carry the ledger's own body, and "
            "are records of both kinds."
        ),
        inquiry.KINDS,
    ),
)


def write_page() -> str:
    """Return the text of the page."""
    inner = inner_shapes()
    lines = [HEAD + "".join(f"| {name} | {value} |\n" for name, _, value in TYPES)]
    for title, text, kinds in ROOMS:
        lines += [f"## {title}", "", *_wrapped(text), ""]
        for kind, shape in kinds.items():
            lines += _section(f"`{kind}`", shape)
    lines += ["## Objects within", "", "Objects that bodies hold, by name.", ""]
    for shape in inner:
        lines += _section(_title(shape), shape)
    return "\n".join(lines)


def write_schemas() -> str:
    """Return the JSON Schemas of all kinds."""
    schemas = {kind: body_schema(kind, KINDS) for kind in sorted(KINDS)}
    return json.dumps(schemas, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def inner_shapes() -> list[type[Body]]:
    """Return the shapes that bodies hold and that are no kind themselves, by name."""
    found: dict[str, type[Body]] = {}
    waiting = list(KINDS.values())
    while waiting:
        for hint in get_type_hints(waiting.pop(), include_extras=True).values():
            for shape in _shapes(hint):
                if shape not in KINDS.values() and shape.__name__ not in found:
                    found[shape.__name__] = shape
                    waiting.append(shape)
    return [found[name] for name in sorted(found)]


def _shapes(hint: Any) -> list[type[Body]]:
    if isinstance(hint, type) and issubclass(hint, Body):
        return [hint]
    return [shape for part in get_args(hint) for shape in _shapes(part)]


def _section(title: str, shape: type[Body]) -> list[str]:
    doc = inspect.getdoc(shape) or ""
    text = re.sub(r"^`[a-z-]+`: ", "", " ".join(doc.split("\n\n")[0].split()))
    rest = [" ".join(part.split()) for part in doc.split("\n\n")[1:]]
    lines = [f"### {title}", "", *_wrapped(text[0].upper() + text[1:])]
    for part in rest:
        lines += ["", *_wrapped(part)]
    lines += ["", "| Member | Type | |", "|---|---|---|"]
    hints = get_type_hints(shape, include_extras=True)
    for field in msgspec.structs.fields(shape):
        needed = "" if field.required else "optional"
        lines.append(f"| `{field.name}` | {_words(hints[field.name])} | {needed}".rstrip() + " |")
    return [*lines, ""]


def _words(hint: Any) -> str:
    named = next((name for name, known, _ in TYPES if hint == known), None)
    if named is not None:
        return named
    if hint is bool:
        return "`true` or `false`"
    if isinstance(hint, type) and issubclass(hint, Body):
        return _of_shape(hint)
    return _of_parts(get_origin(hint), get_args(hint))


def _of_shape(shape: type[Body]) -> str:
    for kind, held in KINDS.items():
        if held is shape:
            return f"body of [`{kind}`](#{kind})"
    return f"[{_title(shape)}](#{_anchor(shape)})"


def _of_parts(origin: Any, parts: tuple[Any, ...]) -> str:
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in {Union, types.UnionType}:
        return _words(next(part for part in parts if part is not type(None)))
    if origin is Annotated:
        return f"{_words(parts[0])}{_limits(parts[1:])}"
    if origin is list:
        return f"list of {_words(parts[0])}"
    if origin is dict:
        return f"object from {_words(parts[0])} to {_words(parts[1])}"
    raise TypeError(origin)


def _limits(metas: tuple[Any, ...]) -> str:
    for meta in metas:
        if meta.max_length is not None:
            return f", {meta.min_length or 0} to {meta.max_length}"
    return ""


def _title(shape: type[Body]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", shape.__name__).lower().capitalize()


def _anchor(shape: type[Body]) -> str:
    return _title(shape).lower().replace(" ", "-")


def _wrapped(text: str, width: int = 120) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
    SCHEMAS.write_text(write_schemas(), encoding="utf-8")
