"""Reasons as data: every answer of the law room says why, under which article, and how sure that is."""

from dataclasses import dataclass

from comity.parties.table import Grade, Sourced

CHECK_TEXT = "check against the certified text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One stated ground of an answer; `code` is stable, `text` is for people, `grade` says what it rests on."""

    code: str
    text: str
    provision: str | None = None
    source: str | None = None
    grade: Grade | None = None
    grade_detail: str | None = None

    @property
    def line(self) -> str:
        """The reason for a page: text and grade, and the notice where it rests on memory."""
        if self.grade is None:
            return self.text
        notice = f"; {CHECK_TEXT}" if self.grade is Grade.MEMORY and "certified text" not in self.text else ""
        return f"{self.text} [{self.grade_detail}{notice}]"

    def to_json(self) -> dict[str, str]:
        """Return the members that are known."""
        members = {
            "code": self.code,
            "text": self.text,
            "provision": self.provision,
            "source": self.source,
            "grade": self.grade_detail,
            "notice": CHECK_TEXT if self.grade is Grade.MEMORY else None,
        }
        return {name: value for name, value in members.items() if value is not None}


def graded(row: Sourced, *, code: str, text: str, provision: str | None) -> Reason:
    """Return a reason that rests on a row of a table."""
    return Reason(
        code=code,
        text=text,
        provision=provision,
        source=row.source,
        grade=row.grade,
        grade_detail=row.grade_detail,
    )
