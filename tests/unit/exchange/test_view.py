from datetime import timedelta
from itertools import permutations

import pytest

from comity.errors import MalformedError, PolicyError
from comity.exchange.view import CaseView, Held, Position, fold_case, order_statements
from comity.kernel.canonical import Json, JsonObject
from support.bodies import ANSWERS, BODIES, CASE, EVENT, EXHIBIT, body, held, identity, opening, within
from support.speakers import AUTHORITY, NOW, PEER

AS_OF = NOW + timedelta(days=1)
OPENING = held("request", opening())


def fold(*others: Held) -> CaseView:
    return fold_case(CASE, [OPENING, *others], as_of=AS_OF)


def after(*names: str) -> tuple[str, ...]:
    return tuple(sorted(identity(name) for name in names))


def answers(*items: str, request: str = CASE) -> JsonObject:
    listed: list[Json] = list(items)
    return {"request": request, "items": listed}


def placed(item: Held, origin: str, index: int) -> Held:
    position = Position(origin=origin, index=index, logged_by=AS_OF)
    return Held(id=item.id, statement=item.statement, position=position)


def refused(name: str = "refused", *items: str, follows: tuple[str, ...] = (CASE,)) -> Held:
    return held(name, within("refused", body=body("refused", answers=answers(*(items or ("1",)))), follows=follows))


def test_a_case_begins_with_its_request() -> None:
    view = fold()
    assert (view.case, view.asker, view.asked, view.as_of) == (CASE, AUTHORITY, PEER, AS_OF)
    assert (view.state, view.reference, view.asked_reference, view.exercise) == ("sent", "XAA-2026-0017", None, False)
    assert [(item.request, item.item, item.outcome) for item in view.items] == [(CASE, "1", None), (CASE, "2", None)]
    assert (view.keeping, view.exhibits, view.receipts, view.left_out) == ((), (), {}, ())
    assert view.timeline == (OPENING,)


def test_a_case_without_its_request_is_no_case() -> None:
    with pytest.raises(PolicyError, match=r"opening statement of case .* is not held"):
        fold_case(CASE, [refused()], as_of=AS_OF)
    with pytest.raises(PolicyError, match="cannot open a case"):
        fold_case(CASE, [Held(id=CASE, statement=within("receipt"))], as_of=AS_OF)
    with pytest.raises(MalformedError, match="body of request"):
        fold_case(CASE, [Held(id=CASE, statement=opening(body={}))], as_of=AS_OF)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("receipt", "received"),
        ("acknowledged", "acknowledged"),
        ("question", "question"),
        ("answer", "answer"),
        ("authorised", "authorised"),
        ("preserved", "preserved"),
        ("refused", "refused"),
        ("not-executed", "not-executed"),
        ("package", "answered"),
        ("opened", "opened"),
        ("mismatch", "mismatch"),
        ("custody", "sent"),
        ("withdrawn", "withdrawn"),
        ("closed", "closed"),
        ("request", "follow-up sent"),
    ],
)
def test_the_state_is_that_of_the_last_thing_said(kind: str, state: str) -> None:
    assert fold(held("next", within(kind))).state == state


def test_a_receipt_moves_nothing_but_a_case_that_was_just_sent() -> None:
    acknowledged = held("acknowledged", within("acknowledged"))
    receipt = held("receipt", within("receipt", follows=after("acknowledged"), issuer=AUTHORITY))
    view = fold(acknowledged, receipt)
    assert view.state == "acknowledged"
    assert view.asked_reference == "XAB/88"
    assert view.receipts == {BODIES["receipt"]["received"]: identity("receipt")}


def test_an_outcome_settles_the_items_that_it_names_and_no_other() -> None:
    view = fold(refused("refused", "2", "9"))
    assert [(item.item, item.outcome, item.outcome_id) for item in view.items] == [
        ("1", None, None),
        ("2", "refused", identity("refused")),
    ]
    elsewhere = held("elsewhere", within("refused"))
    assert BODIES["refused"]["answers"] == ANSWERS
    assert [item.outcome for item in fold(elsewhere).items] == [None, None]


def test_a_later_outcome_takes_the_place_of_the_one_it_follows() -> None:
    later = held("package", within("package", body=body("package", answers=answers("1")), follows=after("refused")))
    for order in ((refused(), later), (later, refused())):
        assert fold(*order).items[0].outcome == "package"


def test_a_follow_up_request_brings_items_of_its_own() -> None:
    view = fold(held("again", within("request")))
    assert [(item.request, item.item) for item in view.items] == [
        (CASE, "1"),
        (CASE, "2"),
        (identity("again"), "1"),
        (identity("again"), "2"),
    ]


def test_what_is_kept_names_the_order_where_it_is_known() -> None:
    order = held("order", within("authorised"))
    kept = held("kept", within("preserved", body=body("preserved", order=identity("order")), follows=after("order")))
    (keeping,) = fold(order, kept).keeping
    assert (keeping.ordered_by, keeping.order_reference) == ("Judge", "O-7")
    assert (keeping.what, keeping.until) == ("Mailbox", "2026-05-31T09:00:00Z")
    (unknown,) = fold(held("kept", within("preserved"))).keeping
    assert (unknown.ordered_by, unknown.order_reference) == ("not stated in this case", "")


def exhibits(first: JsonObject, *later: JsonObject, opened: bool = True) -> CaseView:
    package = held("package", within("package", body=body("package", custody=[first])))
    others = []
    if opened:
        listed: list[Json] = list(later)
        others = [
            held(
                "opened",
                within("opened", body=body("opened", package=package.id, custody=listed), follows=(package.id,)),
            )
        ]
    return fold(package, *others)


def test_an_exhibit_gathers_its_custody_and_who_opened_it() -> None:
    received = EVENT | {"action": "received", "holder_before": "XAB contact point", "holder_after": "XAA"}
    (exhibit,) = exhibits(EVENT, received).exhibits
    assert (exhibit.package, exhibit.opened) == (identity("package"), identity("opened"))
    assert [event.action for event in exhibit.custody] == ["acquired", "received"]
    assert exhibit.custody_gap is None
    (unopened,) = exhibits(EVENT, opened=False).exhibits
    assert (unopened.opened, unopened.custody_gap) == (None, None)


def test_a_gap_in_custody_is_shown_and_hides_nothing() -> None:
    stray = EVENT | {"action": "received", "holder_before": "nobody"}
    (exhibit,) = exhibits(EVENT, stray).exhibits
    assert exhibit.custody_gap is not None
    assert "taken up from 'nobody'" in exhibit.custody_gap
    assert len(exhibit.custody) == 2
    (other,) = exhibits(EVENT | {"digest": "ab" * 32}, opened=False).exhibits
    assert other.custody_gap == "custody of exhibit E1 speaks of another digest than the package"
    foreign = held("package", within("package", body=body("package", custody=[EVENT | {"exhibit": "E2"}])))
    assert fold(foreign).exhibits[0].custody_gap == "no custody event is recorded"


def test_a_later_custody_statement_extends_the_chain() -> None:
    package = held("package", within("package"))
    moved = EVENT | {"action": "examined", "holder_before": "XAB contact point", "holder_after": "Laboratory"}
    custody = held("custody", within("custody", body={"custody": [moved]}, follows=(package.id,)))
    (exhibit,) = fold(package, custody).exhibits
    assert [event.action for event in exhibit.custody] == ["acquired", "examined"]
    assert exhibit.custody_gap is None


@pytest.mark.parametrize(
    ("stray", "reason"),
    [
        (within("acknowledged", subject=identity("other")), "names case"),
        (within("acknowledged", issuer="xac.centre"), "is no party"),
        (within("acknowledged", follows=(identity("unknown"),)), "not in this case here"),
        (within("acknowledged", exercise=True), "never mix"),
        (within("acknowledged", issuer=AUTHORITY), "only the asked"),
        (within("acknowledged", body={}), "body of acknowledged"),
        (within("closed", kind="greeting"), "unknown"),
    ],
)
def test_what_does_not_belong_is_left_out_with_its_reason(stray: object, reason: str) -> None:
    view = fold(Held(id=identity("stray"), statement=stray), refused())  # type: ignore[arg-type]
    ((left, why),) = view.left_out
    assert left == identity("stray")
    assert reason in why
    assert view.state == "refused"


def test_what_follows_something_left_out_is_left_out_too() -> None:
    stray = held("stray", within("acknowledged", exercise=True))
    view = fold(stray, refused(follows=after("stray")))
    assert [left for left, _ in view.left_out] == [identity("stray"), identity("refused")]
    assert view.timeline == (OPENING,)


def test_the_view_does_not_depend_on_the_order_in_which_statements_came() -> None:
    chain = [
        OPENING,
        held("receipt", within("receipt")),
        held("acknowledged", within("acknowledged", follows=after("receipt"))),
        refused(follows=after("acknowledged")),
        held("closed", within("closed", follows=after("refused"))),
    ]
    views = [fold_case(CASE, order, as_of=AS_OF) for order in permutations(chain)]
    assert len(views) == 120
    assert all(view == views[0] for view in views)
    assert views[0].timeline == tuple(chain)


def test_a_statement_held_twice_counts_once() -> None:
    assert fold(refused(), refused()) == fold(refused())


def test_ties_go_by_log_and_index_then_by_time_and_id() -> None:
    names = ["a", "b", "c"]
    items = [held(name, within("closed", issued=NOW + timedelta(minutes=n))) for n, name in enumerate(names)]
    late, middle, early = (
        placed(items[0], "xaa/log", 9),
        placed(items[1], "xaa/log", 3),
        placed(items[2], "waa/log", 50),
    )
    assert order_statements([late, middle, early]) == [early, middle, late]
    assert order_statements(items[::-1]) == items
    # What has no place in a log yet comes after what has one.
    assert order_statements([items[0], middle]) == [middle, items[0]]
    same = [held(name, within("closed")) for name in names]
    assert order_statements(same) == sorted(same, key=lambda item: item.id)


def test_following_goes_before_any_tie() -> None:
    first = placed(held("first", within("closed")), "xzz/log", 99)
    second = placed(held("second", within("closed", follows=after("first"))), "xaa/log", 1)
    assert order_statements([second, first]) == [first, second]


def test_parts_of_an_exhibit_show_as_the_package_states_them() -> None:
    (exhibit,) = exhibits(EVENT, opened=False).exhibits
    assert (exhibit.exhibit.name, exhibit.exhibit.size) == (EXHIBIT["name"], EXHIBIT["size"])
