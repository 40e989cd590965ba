"""Records of the conduct room as hypothesis draws them: any body of a kind, hanging together, spelled awkwardly.

Texts begin like formulas, hold line ends, quotes and other scripts; days do not exist or are only years; addresses are
web addresses for us and not for everybody. What refers to a record refers to one that came before it.
"""

from datetime import date
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from comity.conduct.record import Origin, Provenance, Record, parse_record
from comity.conduct.statements import KINDS, Body

_BEGINNINGS: Final = [
    "",
    "=1+1",
    "+4",
    "-",
    "@x",
    "'",
    "''",
    "＝a",
    " =b",
    "{}",
    "[]",
    "true",
    '"',
    "朝鲜",
    "Ж",
    "cve",
    "٣",
    ",",
]
_WORDS: Final = st.sampled_from(_BEGINNINGS)
_MARKS: Final = st.characters(exclude_categories=["Cs", "Cc"])
LINES: Final = st.builds(lambda a, b: (a + b) or "x", _WORDS, st.text(_MARKS, max_size=8))
TEXTS: Final = st.builds(
    lambda a, b: (a + b) or "x", st.sampled_from([*_BEGINNINGS, "\t=1", "\r\n", "\x00", "\r"]), st.text(max_size=8)
)
_DAYS: Final = st.sampled_from(
    ["2026", "2026-02", "2026-02-30", "0000-01-01", "9999-12-31", "2026-03-02", "2025-12-31", "2026-03-03"]
)
_URLS: Final = st.sampled_from(
    [
        "https://a.example",
        "https://a.example/page?x=1#y",
        "https://a.example/Атака",
        "https://ä.example/",
        'http://a.example/"<>|\\^`{}',
        "https://a.example/%zz",
        "https://a.example:99999/[x]#a#b",
        "http://=cmd|x",
        "https://user@a.example/",
        "http:////",
    ]
)
_BY_PATTERN: Final[tuple[tuple[str, st.SearchStrategy[str]], ...]] = (
    ("^https?", _URLS),
    ("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", st.sampled_from(["2026-03-02T08:00:00Z", "0000-02-30T24:61:61Z"])),
    ("^([0-9a-f]{2}){16", st.sampled_from(["0a" * 16, "ff" * 64])),
    ("^[a-z]{3}\\.", st.sampled_from(["xaa.ministry", "xbb.harbour-desk"])),
    ("^[A-Za-z0-9][A-Za", st.sampled_from(["f", "10", "3(b).i", "1-2"])),
    ("^[0-9a-f]{64}", st.sampled_from([f"{digit}" * 64 for digit in "0af"])),
    ("^[A-Z]{3}", st.sampled_from(["XAA", "XBB", "XZZ", "FRA", "EUE", "QQQ"])),
    ("^[a-z]{2,3}(-", st.sampled_from(["en", "zh-Hant", "qaa", "de-CH-1901"])),
    ("^[a-z][a-z0-9_]{0,59}$", st.sampled_from(["open_data", "cve", "capec", "stix", "a"])),
    ("^[a-z][a-z0-9_]{0,29}:", st.sampled_from(["disarm:T0022", "attack:T1566.001", "a:-"])),
    ("^[a-z][a-z0-9_]{0,59}:", st.sampled_from(["gge_norms:f", "hanoi:10"])),
    ("^[0-9]{4}", _DAYS),
    ("^[^\\x00", LINES),
)
# Members that name records: which kinds they may name, None for any.
_REFERRING: Final[dict[str, dict[str, str | None]]] = {
    "claim": {"operation": "operation", "derives_from": None},
    "reply": {"operation": "operation", "to_claims": "claim", "counter_claim": "claim"},
    "finding": {"operation": "operation", "cites": None},
    "correction": {"corrects": None, "replacement": None},
    "grading": {"claim": "claim"},
    "match": {"claim": "claim"},
}
PROVENANCES: Final = st.builds(
    Provenance,
    origin=st.sampled_from(Origin),
    source=LINES,
    on=st.dates(date(2020, 1, 1), date(2026, 6, 1)),
    digest=st.none() | st.just("a" * 64),
    place=st.none() | LINES,
)


def members(shape: type[Body]) -> st.SearchStrategy[dict[str, Any]]:
    """Return the JSON members of any body of a shape."""
    found = msgspec.inspect.type_info(shape)
    assert isinstance(found, msgspec.inspect.StructType)
    return _struct(found)


def _struct(struct: msgspec.inspect.StructType) -> st.SearchStrategy[dict[str, Any]]:
    required = {field.encode_name: _value(field.type) for field in struct.fields if field.required}
    optional = {field.encode_name: _value(field.type) for field in struct.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def _value(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    found: st.SearchStrategy[Any]
    match kind:
        case msgspec.inspect.Metadata():
            found = _value(kind.type)
        case msgspec.inspect.UnionType():
            found = st.one_of([_value(each) for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)])
        case msgspec.inspect.StructType():
            found = _struct(kind)
        case msgspec.inspect.LiteralType():
            found = st.sampled_from(kind.values)
        case msgspec.inspect.IntType():
            found = st.integers(kind.ge or 0, kind.le or 9)
        case msgspec.inspect.BoolType():
            found = st.booleans()
        case msgspec.inspect.ListType():
            found = st.lists(_value(kind.item_type), min_size=kind.min_length or 1, max_size=3)
        case msgspec.inspect.DictType():
            found = st.dictionaries(_value(kind.key_type), _value(kind.value_type), min_size=1, max_size=3)
        case msgspec.inspect.StrType():
            pattern = kind.pattern or ""
            found = next((texts for start, texts in _BY_PATTERN if pattern.startswith(start)), TEXTS)
        case _:
            raise AssertionError(f"no strategy for {kind}")
    return found


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Record, ...]:
    """Draw records that hang together, each after those to which it refers."""
    records: list[Record] = []
    for kind in ["operation", "claim", *draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=8))]:
        body = draw(members(KINDS[kind]))
        for name, wanted in _REFERRING.get(kind, {}).items():
            ids = sorted({record.id for record in records if wanted in {None, record.kind}})
            if name in {"operation", "claim", "corrects"}:
                body[name] = draw(st.sampled_from(ids))
            elif name in body:
                chosen = draw(st.sampled_from(ids)) if ids else None
                body[name] = [chosen] if isinstance(body[name], list) else chosen
        record = parse_record(kind, body, draw(PROVENANCES), KINDS)
        if record.id not in {held.id for held in records}:
            records.append(record)
    return tuple(records)
