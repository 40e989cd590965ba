"""Reads the project's documents: their fenced blocks, what of them is to be run, and what it should print.

Four kinds of fence matter. A block that opens with `sh run` is run, all such blocks of a page in one shell and in
order, and one that opens with `python run` is run by Python. A block that opens with `text output` says what the block
before it prints. In a `console` block lines that begin with `$ ` are run and the others say what is printed. In what is
printed, `…` stands for any text, a line of its own that is `…` for any lines, and ids, times, fingerprints, ports and
places in a log for any of their kind. In a block whose opening ends in `exact` only `…` stands for anything else: days
and numbers have to be those.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from support.paths import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[a-z][a-z ]*)?\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_GAP = "…"
# What differs from run to run, each with the pattern that stands for it; earlier rows win.
_VARIABLE = (
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    (r"[0-9]{5}(?: [0-9]{5}){7}", r"[0-9]{5}(?: [0-9]{5}){7}"),
    (r"\b[0-9a-f]{8,64}\b", r"[0-9a-f]{8,64}"),
    (r"(?<=127\.0\.0\.1:)[0-9]+", r"[0-9]+"),
    (r"(?<=entry )[0-9]+", r"[0-9]+"),
    (r"\b[0-9]+(?= s\b)", r"[0-9]+"),
    (_GAP, r".*"),
)
_ANY_VARIABLE = re.compile("|".join(f"({row[0]})" for row in _VARIABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    info: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Commands that a page asks to be run, and the lines that it says are printed, if it says so."""

    where: str
    script: str
    output: tuple[str, ...] | None
    exact: bool = False


def pages() -> list[Path]:
    """Return every document of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def name_of(page: Path) -> str:
    """Return a page's name for people."""
    return str(page.relative_to(ROOT))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links; what stands in code is none."""
    prose = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    return [match["target"] for match in _LINK.finditer(prose)]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, match.start()) + 1,
            info=match["info"] or "",
            text=re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
        )
        for match in _FENCE.finditer(text)
    ]


def examples(page: Path) -> list[Example]:
    """Return what a page asks to be run, in order."""
    return list(_examples(blocks(page)))


def _examples(found: list[Block]) -> Iterator[Example]:
    for block, after in zip_longest(found, found[1:]):
        assert block is not None
        where = f"{name_of(block.page)}:{block.line}"
        if block.info == "sh run":
            output = after.text if after is not None and after.info == "text output" else None
            yield Example(where=where, script=block.text, output=None if output is None else _lines(output))
        elif block.info == "python run":
            yield Example(where=where, script=f"python - <<'PYTHON'\n{block.text}PYTHON\n", output=None)
        elif block.info in {"console", "console exact"}:
            yield from _session(where, block.text, exact=block.info.endswith("exact"))


def _session(where: str, text: str, *, exact: bool) -> Iterator[Example]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Example(where=where, script=f"{command}\n", output=_lines(output), exact=exact)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.rstrip("\n").split("\n")) if text.strip() else ()


def commands(block: Block) -> list[str]:
    """Return the lines of a block's shell commands, continued lines joined, documents within them left out."""
    text = re.sub(r"<<'?END'?(.*?)\n.*?\nEND$", r"\1", block.text, flags=re.DOTALL | re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    if block.info.startswith("console"):
        return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line.strip() for line in lines]


def difference(expected: tuple[str, ...], printed: str, *, exact: bool = False) -> str | None:
    """Return where `printed` leaves what was expected, or None if it does not."""
    rest = printed.strip("\n").split("\n") if printed.strip("\n") else []
    gap = False
    for line in expected:
        if line == _GAP:
            gap = True
            continue
        pattern = _exact_pattern(line) if exact else _pattern(line)
        at = next((n for n, item in enumerate(rest) if pattern.fullmatch(item)), None)
        if at is None or (at > 0 and not gap):
            return f"expected {line!r}, then came {rest[:3]}"
        rest = rest[at + 1 :]
        gap = False
    return None if gap or not rest else f"nothing more was expected, then came {rest[:3]}"


def _exact_pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.split(_GAP)).rstrip())


def _pattern(line: str) -> re.Pattern[str]:
    parts, end = [], 0
    for match in _ANY_VARIABLE.finditer(line):
        assert match.lastindex is not None
        parts += [re.escape(line[end : match.start()]), _VARIABLE[match.lastindex - 1][1]]
        end = match.end()
    return re.compile("".join([*parts, re.escape(line[end:])]).rstrip())
