"""The matrix: who claims something about whom, with the voice that each claim belongs to and the replies below.

Rows and columns stand in the order of names. Claims that copy each other bear one number, so that ten reports of one
source look like one source. The rows of replies are as high as those of claims.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from comity.conduct.admission import folded
from comity.conduct.corrections import Stated, is_about
from comity.conduct.report.markup import Markup, join, quote, say, table, tag
from comity.conduct.report.page import figure
from comity.conduct.report.svg import circle, label, rect, svg
from comity.conduct.report.telling import NO_REPLY, Voices, claim_line, reply_line, title_of
from comity.conduct.sentences import claim_sentence, reply_sentence
from comity.conduct.statements import Claim, Reply, Subject
from comity.conduct.view import ClaimView, OperationView, shown_name

_NAME: Final = 200
_CELL: Final = 124
_HIGH: Final = 30
_HEAD: Final = 46
# What a page can show; the table has the rest, which is that which comes last by name.
_MOST_ROWS: Final = 60
_MOST_COLUMNS: Final = 12
_MOST_MARKS: Final = 4
_SIGNS: Final = {
    "denial": "D",
    "counter_claim": "C",
    "partial_admission": "P",
    "acceptance": "A",
    "other": "O",
    "silence": "S",
}
_REPLY_ROW: Final = "Replies"

_Cell = tuple[str, str]
_Said = tuple[ClaimView, OperationView, Subject]


def matrix(key: str, claims: Iterable[tuple[ClaimView, OperationView]], voices: Voices) -> Markup:
    """Return the chart with its table; nothing where there are no claims."""
    cells: dict[_Cell, list[_Said]] = defaultdict(list)
    for claim, operation in claims:
        for subject in _subjects(claim):
            cells[shown_name(claim.body.claimant), shown_name(subject)].append((claim, operation, subject))
    if not cells:
        return Markup("")
    rows, columns = _by_name(row for row, _ in cells), _by_name(column for _, column in cells)
    caption = say(
        "A mark is a claim, and its number the voice that it belongs to: claims that copy each other have one number. "
        "Open marks deny, dashed ones were retracted or corrected. Below are the replies of whomever a column names: "
        "D denial, C claim of its own, P partial admission, A acceptance, O other, S silence that was searched for."
    )
    return figure(caption, _draw(key, cells, rows, columns, voices), _table(cells, rows, columns, voices))


def _subjects(claim: ClaimView) -> Sequence[Subject]:
    """Return whom a claim names; a group without a state is left to the text where the claim names others too."""
    about = claim.body.about
    return [each for each in about if each.participant is not None or each.level in {"place", "state"}] or about


def _by_name(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=lambda name: (folded(name), name))


def _draw(key: str, cells: dict[_Cell, list[_Said]], rows: list[str], columns: list[str], voices: Voices) -> Markup:
    shown_rows, shown_columns = rows[:_MOST_ROWS], columns[:_MOST_COLUMNS]
    width = _NAME + _CELL * len(shown_columns) + 2
    height = _HEAD + _HIGH * (len(shown_rows) + 1) + 26
    parts = [rect(0.5, 0.5, _NAME, _HEAD, "head"), label(8, 28, "Claimant, and about whom", class_="lane", width=30)]
    for place, column in enumerate(shown_columns):
        x = _NAME + place * _CELL
        parts += [rect(x + 0.5, 0.5, _CELL, _HEAD, "head"), label(x + 6, 28, column, class_="lane", width=17)]
    for number, row in enumerate(shown_rows):
        y = _HEAD + number * _HIGH
        parts += [rect(0.5, y + 0.5, _NAME, _HIGH, "head"), label(8, y + 20, row, width=28)]
        for place, column in enumerate(shown_columns):
            x = _NAME + place * _CELL
            parts.append(rect(x + 0.5, y + 0.5, _CELL, _HIGH, "cell"))
            parts += _marks(cells.get((row, column), []), x, y, voices)
    y = _HEAD + len(shown_rows) * _HIGH
    parts += [rect(0.5, y + 0.5, _NAME, _HIGH, "head"), label(8, y + 20, _REPLY_ROW, class_="lane")]
    for place, column in enumerate(shown_columns):
        x = _NAME + place * _CELL
        parts.append(rect(x + 0.5, y + 0.5, _CELL, _HIGH, "cell"))
        parts += _replies(_column(cells, column), x, y)
    left = (len(rows) - len(shown_rows), len(columns) - len(shown_columns))
    if any(left):
        note = f"Not drawn, in the table: {left[0]} claimants and {left[1]} of those named, the last by name."
        parts.append(label(0, height - 8, note, class_="small", width=120))
    description = f"{len(rows)} claimants, {len(columns)} named by claims; the table beside has every claim."
    return svg(key, (width, height), parts, title="Claimants and whom they name", description=description)


def _marks(said: Sequence[_Said], x: float, y: float, voices: Voices) -> list[Markup]:
    parts: list[Markup] = []
    for place, (claim, operation, _) in enumerate(said[:_MOST_MARKS]):
        centre = x + 15 + place * 22
        open_ = claim.body.polarity == "denies" or not claim.stands
        class_ = "gone" if not claim.stands else "denies" if open_ else "claim"
        parts.append(circle(centre, y + 15, 9, class_, hint=claim_sentence(claim, operation, None)))
        number = str(voices.number(claim))
        # Longer numbers are written smaller, so that they stay within their mark.
        size = f"{'out' if open_ else 'in'} digits-{min(len(number), 4)}"
        parts.append(label(centre, y + 19, number, anchor="middle", class_=size, width=4))
    if len(said) > _MOST_MARKS:
        parts.append(label(x + _CELL - 3, y + 19, f"+{len(said) - _MOST_MARKS}", anchor="end", class_="small"))
    return parts


def _column(cells: dict[_Cell, list[_Said]], column: str) -> list[_Said]:
    return [said for (_, name), found in cells.items() if name == column for said in found]


def _answers(said: Iterable[_Said]) -> list[Stated[Reply]]:
    """Return the replies to claims of a column by whomever it names, or in its name, each once."""
    found: dict[str, Stated[Reply]] = {}
    for claim, _, subject in said:
        for reply in claim.replies:
            if is_about(subject, reply.body.by):
                found[reply.id] = reply
    return list(found.values())


def _replies(said: Sequence[_Said], x: float, y: float) -> list[Markup]:
    answers = _answers(said)
    if not answers:
        return [label(x + 6, y + 19, "none on record", class_="small")]
    parts: list[Markup] = []
    for place, reply in enumerate(answers[:_MOST_MARKS]):
        centre = x + 15 + place * 22
        class_, inner = ("reply", "in") if reply.stands else ("gone", "out")
        parts.append(circle(centre, y + 15, 9, class_, hint=reply_sentence(reply)))
        parts.append(label(centre, y + 19, _SIGNS[reply.body.kind], anchor="middle", class_=inner))
    if len(answers) > _MOST_MARKS:
        parts.append(label(x + _CELL - 3, y + 19, f"+{len(answers) - _MOST_MARKS}", anchor="end", class_="small"))
    return parts


def _table(cells: dict[_Cell, list[_Said]], rows: list[str], columns: list[str], voices: Voices) -> Markup:
    lines: list[tuple[Markup, Markup, Markup]] = []
    for row in rows:
        for column in columns:
            said = cells.get((row, column), [])
            if said:
                lines.append(
                    (quote(row), quote(column), tag("ul", *(_item(each, voices) for each in said), class_="more"))
                )
    for column in columns:
        told = [_reply_item(reply) for reply in _answers(_column(cells, column))]
        lines.append((quote(column), quote(_REPLY_ROW), join(told or [say(NO_REPLY)], "; ")))
    return table(
        ("Who", "About whom", "Claims, or replies"), lines, say("Every claim with its voice, then the replies.")
    )


def _fate(stated: Stated[Claim] | Stated[Reply]) -> str:
    return "" if stated.stands else " (retracted)" if stated.retracted else " (corrected)"


def _reply_item(reply: Stated[Reply]) -> Markup:
    return join([reply_line(reply), _fate(reply)])


def _item(said: _Said, voices: Voices) -> Markup:
    claim, operation, subject = said
    told = claim_line(claim, subject)
    return tag(
        "li",
        say("voice {number}{fate}: ", number=voices.number(claim), fate=_fate(claim)),
        told,
        ": ",
        title_of(operation),
    )
