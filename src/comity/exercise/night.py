"""Three messages in one night, the court in the morning, and a last screen: the exercise of `comity demo`.

Everything here goes through the nodes' own listeners and the command line, as officers, peers and readers would; only
the false emergency and the cheat are made by hand, because the software refuses to make them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from typing import Any, Final

import msgspec

from comity.age.recipient import parse_recipient
from comity.age.stream import encrypt_bytes
from comity.errors import Error
from comity.exchange.delivery import encode_delivery, parse_delivery, speak
from comity.exercise import cheat, material, tampering
from comity.exercise.network import APPROVER, DRAFTER, ExerciseNode, make_network, run_comity, wait_until
from comity.exercise.stage import Stage
from comity.kernel.canonical import JsonObject, format_time
from comity.kernel.key import KeyPair
from comity.kernel.statement import Statement
from comity.law.basis import legal_basis
from comity.law.measures import Measure
from comity.law.status import treaty_summary
from comity.node.context import open_stores, utc_now
from comity.node.inception import current_designation, reissue_keys
from comity.node.keyring import open_root
from comity.node.records import get_statement
from comity.node.transport import Transport

KEEP_DAYS: Final = 63
SHOWN_LINES: Final = 6


@dataclass(slots=True, kw_only=True)
class Night:
    """The night as it goes on."""

    folder: Path
    stage: Stage
    evidence: Path | None = None
    nodes: dict[str, ExerciseNode] = field(default_factory=dict)
    case: str = ""
    dossier: Path = Path()

    def run(self) -> None:
        """Play every part.

        Raises:
            Error: something did not go as it must.
        """
        try:
            self._prepare()
            self._false_emergency()
            self._real_request()
            self._cheating_state()
            self._in_court()
            self._last_screen()
        finally:
            for node in self.nodes.values():
                node.stop()

    # The parts.

    def _prepare(self) -> None:
        stage = self.stage
        stage.part("Exercise: three messages in one night")
        stage.tell("Four authorities, each a process of its own with its own keys, folder, database, log and witness:")
        self.nodes = make_network(self.folder, material.AUTHORITIES)
        for node in self.nodes.values():
            stage.tell(f"  {node.authority:<18} {node.title}")
            node.start()
        for node in self.nodes.values():
            node.wait_until_running()
        stage.expect(
            all(self._status(name)["published_size"] for name in self.nodes),
            "every log is published with the cosignatures of two of its three witnesses, none of them its own",
        )
        wait_until(self._all_know_each_other, "that every node knows the others' keys")
        stage.tell(f"ready after {stage.seconds:.0f} s")

    def _false_emergency(self) -> None:
        stage, prt = self.stage, self.nodes["prt"]
        stage.part("02:10  A false emergency")
        stage.tell(
            "A well-made request arrives in Lisbon: life at risk, hand over the data now, signed cpv.contact-point."
        )
        stage.tell("Its key is one that nobody's recognised root has designated.")
        forged = speak(
            Statement(
                kind="request",
                issuer="cpv.contact-point",
                to=("prt.contact-point",),
                issued=utc_now().replace(microsecond=0),
                exercise=True,
                body=material.emergency("CV-2026-999"),
            ),
            KeyPair.from_seeds("cpv.contact-point/statement", urandom(32), urandom(32)),
            urandom,
        )
        status, answer = self._post(prt, encode_delivery(forged))
        stage.show(f"{status} {answer['message']}")
        stage.expect(answer["error"] == "unverified", "the desk refuses it in one line that says what is wrong")
        with prt.desk(DRAFTER) as desk:
            stage.expect(desk.get("cases") == [], "nothing of it has entered a case")
            stage.expect(desk.get("refusals")[0]["message"] == answer["message"], "the refusal is noted at the desk")

    def _real_request(self) -> None:
        stage, prt, cpv = self.stage, self.nodes["prt"], self.nodes["cpv"]
        stage.part("02:20  A real request")
        self._show_basis()
        body = material.preservation("PT-2026-1118")
        incomplete = {name: value for name, value in body.items() if name != "necessity"}
        refused = self._refused(prt, lambda desk: self._draft(desk, "request", cpv, incomplete, None))
        stage.show(refused)
        stage.expect("necessity" in refused and "29(2)(e)" in refused, "a draft without a required item is refused")
        with prt.desk(APPROVER) as desk:
            own = self._draft(desk, "request", cpv, body, None)
        refused = self._refused(prt, lambda desk: desk.post("drafts", str(own), "approve"), officer=APPROVER)
        stage.show(refused)
        stage.expect("another officer" in refused, "the officer who drafted it cannot approve it")
        with prt.desk(DRAFTER) as desk:
            number = self._draft(desk, "request", cpv, body, None)
        with prt.desk(APPROVER) as desk:
            self.case = desk.post("drafts", str(number), "approve", urgent="yes")["statement"]
        stage.tell(f"approved by another officer; sealed, durable and queued as case {self.case[:12]}")
        self._wait_for_receipt(prt, self.case)
        with prt.desk(DRAFTER) as desk:
            logged = desk.get("statements", self.case)
        by = format_time(datetime.fromtimestamp(logged["logged_by"], UTC))
        stage.tell(
            f"entry {logged['log_index']} of Lisbon's log, 33 bytes of commitment; witnesses vouch for it by {by}"
        )
        stage.tell("Cabo Verde's node has opened it, derived the law again from its own tables, and given its receipt")
        stage.expect(logged["receipt"] is not None, "the receipt over the request's exact bytes is held in Lisbon")
        self._say(cpv, "acknowledged", prt, material.acknowledged(self.case, "CV-2026-077"))
        now = utc_now()
        order = self._say(cpv, "authorised", prt, material.authorised(self.case, ["1", "2"], format_time(now)))

        def keeping(days: int) -> JsonObject:
            return material.preserved(self.case, order, format_time(now), format_time(now + timedelta(days=days)))

        refused = self._refused(cpv, lambda desk: self._draft(desk, "preserved", prt, keeping(30), self.case))
        stage.show(refused)
        stage.expect("at least 60 days" in refused, "keeping it for thirty days only is refused: the floor is sixty")
        self._say(cpv, "preserved", prt, keeping(KEEP_DAYS))
        stage.tell(
            f"kept by order of the Procuradoria da República until {format_time(now + timedelta(days=KEEP_DAYS))}"
        )
        follow_up = self._say(prt, "request", cpv, material.access("PT-2026-1118/2"))
        stage.tell("the follow-up request for access has gone out")
        handing_over = material.authorised(follow_up, ["3"], format_time(utc_now()), what="hand over")
        self._say(cpv, "authorised", prt, handing_over)
        package = self._hand_over(follow_up)
        opened = self._open(package)
        view = self._view(prt)
        state = view["exhibits"][0]
        stage.expect(view["state"] == "opened" and state["opened"] == opened, "Portugal answers: opened, digests equal")
        stage.expect(all(item["custody_gap"] is None for item in view["exhibits"]), "custody is continuous")
        settled = {item["item"]: item["outcome"] for item in view["items"]}
        stage.expect(settled == {"1": "preserved", "2": "preserved", "3": "package"}, "every item has its outcome")

    def _cheating_state(self) -> None:
        stage, prt, xfa = self.stage, self.nodes["prt"], self.nodes["xfa"]
        stage.part("02:45  A state that cheats")
        with prt.desk(DRAFTER) as desk:
            number = self._draft(desk, "request", xfa, material.preservation("PT-2026-1119"), None)
        with prt.desk(APPROVER) as desk:
            case = desk.post("drafts", str(number), "approve", urgent="yes")["statement"]
        self._wait_for_receipt(prt, case)
        stage.tell("XFA's node has receipted a request. Its officers stay silent.")
        wait_until(lambda: bool(self._place(xfa, case)), "that XFA's log is quiet")
        xfa.stop()
        forged = cheat.rewrite_log(
            xfa.directory,
            xfa.passphrase(),
            officer=APPROVER,
            asker=prt.authority,
            case=case,
            items=["1", "2"],
            dated=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1),
        )
        stage.tell(f"XFA rewrites its log of {forged.size} entries: entry {forged.index} is now a backdated refusal.")
        stage.tell("It signs the new head and asks its three witnesses to cosign.")
        answers = cheat.ask_witnesses(xfa.directory, forged)
        for witness, status, text in answers:
            stage.show(f"{witness}: {status} {text}")
        stage.expect(bool(answers) and all(item[1] != 200 for item in answers), "no witness cosigns")  # noqa: PLR2004
        with prt.desk(DRAFTER) as desk:
            kept = desk.get("evidence", xfa.authority)
        stage.expect(len(kept) >= 1, f"{len(kept)} pieces of evidence are kept in Lisbon, each signed by XFA itself")
        for number, piece in enumerate(kept, 1):
            path = self.folder / f"evidence-{number}.json"
            path.write_text(piece["evidence"], encoding="utf-8")
            stage.expect(self._verify(path) == 0, f"comity verify {path.name}: proof of misbehaviour")
        honest = tampering.honest_pair(self.nodes["cpv"].directory)
        path = self.folder / "no-evidence.json"
        path.write_bytes(honest)
        stage.expect(self._verify(path) == 1, "two honest checkpoints in the same form prove nothing, and it says so")

    def _in_court(self) -> None:
        stage, prt = self.stage, self.nodes["prt"]
        stage.part("Morning, in court")
        for name in ("prt", "cpv"):
            self._refresh_keys(self.nodes[name])
        self.dossier = self.folder / "dossier.zip"
        self._command(
            "dossier", "export", "--node", str(prt.directory), "--officer", DRAFTER, "--passphrase-file",
            str(prt.passphrase_file), "--case", self.case, "--output", str(self.dossier),
        )  # fmt: skip
        stage.tell(
            f"one file: {self.dossier.name}, {self.dossier.stat().st_size} bytes. The court's expert checks it offline:"
        )
        stage.expect(self._verify(self.dossier, lines=None) == 0, "comity verify dossier.zip --trust DIR: exit 0")
        changed = self.folder / "one-byte-changed.zip"
        tampering.change_exhibit(self.dossier, changed)
        stage.expect(self._verify(changed) == 1, "with one byte of an exhibit changed: exit 1, it says what and where")
        replayed = self.folder / "replayed.zip"
        tampering.readdress(self.dossier, replayed, self.case, "xob.observer")
        stage.expect(self._verify(replayed) == 1, "with the request readdressed to another authority: exit 1")
        status, answer = self._post(self.nodes["xob"], self._delivery_of(prt, self.case))
        stage.show(f"{status} {answer['message']}")
        stage.expect("not to xob.observer" in answer["message"], "replayed to another authority's inbox: refused there")

    def _last_screen(self) -> None:
        stage, today = self.stage, utc_now().date()
        stage.part("Last screen: a pair with only the UN Convention in common")
        basis = legal_basis("PRT", "VNM", Measure.PRESERVATION, today)
        stage.tell(f"Portugal asks Viet Nam, {today}: {basis.summary}.")
        stage.expect(basis.chosen is None, "none of the instruments loaded can carry the request today")
        for reason in basis.option("hanoi").reasons:
            if reason.code == "does_not_bind_both":
                stage.tell(f"UN Convention today: {reason.text}.")
            if reason.code == "would":
                stage.tell(f"With it in force: {reason.text}. [{reason.grade_detail}]")
        summary = treaty_summary("hanoi", today)
        stage.tell(f"{summary.sentence}.")
        consents = summary.consents
        stage.tell(
            f"Ratifications: {consents.confirmed} confirmed in a register, {consents.reported} reported; "
            f"{summary.needed} are needed."
        )
        stage.expect(consents.confirmed + consents.reported < (summary.needed or 0), "the Convention is not in force")
        stage.part(f"End of the exercise: {stage.checks} checks hold, {stage.seconds:.0f} s")

    # What the parts are made of.

    def _show_basis(self) -> None:
        basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, utc_now().date(), conduct="cable_damage")
        self.stage.tell(f"Legal basis: {basis.summary}.")
        self.stage.expect(basis.chosen is not None and basis.chosen.provision == "29", "Budapest article 29 carries it")
        option = basis.option("hanoi")
        for reason in option.reasons:
            if reason.code in {"does_not_bind_both", "would"}:
                self.stage.tell(
                    f"UN Convention, article {option.provision}: {reason.text}. [{reason.grade_detail or 'status'}]"
                )

    def _hand_over(self, request: str) -> str:
        stage, prt, cpv = self.stage, self.nodes["prt"], self.nodes["cpv"]
        if self.evidence is None:
            source = self.folder / material.TRACK
            source.write_bytes(material.track())
            label = ["--label", material.LABEL]
        else:
            source, label = self.evidence, ["--label", "exercise exhibit"]
        number = self._command(
            "desk", "--node", str(cpv.directory), "--officer", DRAFTER, "--passphrase-file", str(cpv.passphrase_file),
            "package", str(source), "--case", self.case, "--request", request, "--item", "3",
            "--acquired-from", "vessel traffic service", "--why", "order PR-77/2026", *label,
        ).removeprefix("draft ")  # fmt: skip
        with cpv.desk(APPROVER) as desk:
            package: str = desk.post("drafts", str(number), "approve", urgent="yes")["statement"]
        self._wait_for_receipt(cpv, package)
        for state in self._view(prt)["exhibits"]:
            exhibit = state["exhibit"]
            stage.tell(f"exhibit {exhibit['exhibit']}, {exhibit['name']}: {exhibit['label']}")
            stage.tell(f"  plain     {exhibit['size']:>9} bytes  SHA-256 {exhibit['digest']}")
            stage.tell(f"  encrypted {exhibit['encrypted_size']:>9} bytes  SHA-256 {exhibit['encrypted_digest']}")
        wait_until(
            lambda: all(item["arrived"] for item in self._view(prt)["exhibits"]), "the exhibit's arrival", seconds=600
        )
        return package

    def _open(self, package: str) -> str:
        prt = self.nodes["prt"]
        with prt.desk(DRAFTER) as desk:
            found = desk.post("packages", package, "open")
        self.stage.expect(found["kind"] == "opened", "every digest is as the package states")
        return self._approve(prt, found["draft"])

    def _say(self, node: ExerciseNode, kind: str, to: ExerciseNode, body: dict[str, Any]) -> str:
        """Draft, approve, and wait for the receipt; return the statement's id."""
        with node.desk(DRAFTER) as desk:
            number = self._draft(desk, kind, to, body, self.case)
        return self._approve(node, number)

    def _approve(self, node: ExerciseNode, number: int) -> str:
        with node.desk(APPROVER) as desk:
            statement: str = desk.post("drafts", str(number), "approve", urgent="yes")["statement"]
        self._wait_for_receipt(node, statement)
        return statement

    @staticmethod
    def _draft(desk: Any, kind: str, to: ExerciseNode, body: dict[str, Any], case: str | None) -> int:
        wanted = {"kind": kind, "addressee": to.authority, "body": body, "case": case}
        number: int = desk.post("drafts", body=wanted)["draft"]
        return number

    @staticmethod
    def _refused(node: ExerciseNode, action: Callable[[Any], object], *, officer: str = DRAFTER) -> str:
        """Return the message with which the desk refuses."""
        with node.desk(officer) as desk:
            try:
                action(desk)
            except Error as exc:
                return exc.message
        return "accepted"

    def _wait_for_receipt(self, node: ExerciseNode, statement: str) -> None:
        def received() -> bool:
            with node.desk(DRAFTER) as desk:
                found = desk.get("statements", statement)
            failed = [duty["problem"] for duty in found["duties"] if duty["state"] == "failed"]
            if failed:
                raise Error(f"{found['kind']} was refused: {failed[0]}")
            return found["receipt"] is not None and found["log_index"] is not None

        wait_until(received, f"the receipt for {statement[:12]}…")

    @staticmethod
    def _place(node: ExerciseNode, statement: str) -> Any:
        with node.desk(DRAFTER) as desk:
            return desk.get("statements", statement)["logged_by"]

    def _view(self, node: ExerciseNode) -> Any:
        with node.desk(DRAFTER) as desk:
            return desk.get("cases", self.case)

    def _status(self, name: str) -> Any:
        with self.nodes[name].desk(DRAFTER) as desk:
            return desk.get("status")

    def _all_know_each_other(self) -> bool:
        return all(not self._status(name)["problems"] and self._keys_known(name) for name in self.nodes)

    def _keys_known(self, name: str) -> bool:
        others = [node.authority for key, node in self.nodes.items() if key != name]
        known = self._status(name)["keys_known"]
        return all(known.get(other, 0) >= 2 for other in others)  # noqa: PLR2004 - the first, and that of the approver

    def _post(self, node: ExerciseNode, delivery: bytes) -> tuple[int, Any]:
        """Deliver bytes to a node as anyone can, and return its answer."""
        _, database, _, _ = open_stores(node.directory)
        try:
            recipient = parse_recipient(current_designation(database, node.authority).recipient)
        finally:
            database.close()
        transport = Transport(loopback=True)
        try:
            status, _, answer = transport.post(f"{node.url}/deliver", encrypt_bytes(delivery, [recipient]))
        finally:
            transport.close()
        return status, msgspec.json.decode(answer)

    @staticmethod
    def _delivery_of(node: ExerciseNode, statement: str) -> bytes:
        """Return a delivery as its addressee could pass it on."""
        _, database, _, _ = open_stores(node.directory)
        try:
            with database.reading() as reader:
                data = encode_delivery(get_statement(reader, statement).spoken)
        finally:
            database.close()
        return encode_delivery(parse_delivery(data))

    def _refresh_keys(self, node: ExerciseNode) -> None:
        """Issue the weekly keys statement, and wait until both sides have it."""
        root = open_root(node.root_file, node.passphrase())
        number = reissue_keys(node.directory, root, now=utc_now()).number
        wait_until(
            lambda: all(self._status(name)["keys_known"].get(node.authority, 0) >= number for name in ("prt", "cpv")),
            f"keys statement {number} of {node.authority}",
        )

    def _verify(self, file: Path, *, lines: int | None = SHOWN_LINES) -> int:
        """Run `comity verify`, show what it prints, and return its exit code."""
        done = run_comity("verify", str(file), "--trust", str(self.folder / "court-trust"))
        text = (done.stdout or done.stderr).strip().splitlines()
        self.stage.show("\n".join(text if lines is None else text[:lines]))
        return done.returncode

    def _command(self, *arguments: str) -> str:
        done = run_comity(*arguments)
        if done.returncode != 0:
            raise Error(f"comity {arguments[0]} {arguments[1]} failed: {done.stderr.strip()}")
        return done.stdout.strip()
