"""An inquiry among whole nodes: said at desks, read from followed logs, received as records, written as a trail."""

import io
from pathlib import Path

from comity.conduct.following import held_of
from comity.conduct.inquiry.statements import KINDS
from comity.conduct.inquiry.trail import check_trail
from comity.conduct.inquiry.trail_writing import Trail, TrailStatement, write_trail
from comity.conduct.receiving import receive
from comity.node.dossiers import keys_for
from comity.node.inception import load_card
from comity.parties.trust_folder import add_recognition
from support.node_inquiries import known, publish_inquiry
from support.nodes import AUTHORITIES, Network, recognition_of


def test_an_inquiry_goes_from_desks_to_a_trail_that_a_stranger_checks(network: Network, tmp_path: Path) -> None:
    inquiry = publish_inquiry(network)

    # An observatory beside any node that follows the logs has the same records.
    for node in network.three:
        received = receive([held_of(item) for item in known(node)], exercise=True, on=network.clock.now.date())
        assert received.notes == ()
        kinds = {record.kind for record in received.records}
        assert {"operation", "claim", "reply", "finding"} <= kinds
        assert kinds - {"operation", "claim", "reply", "finding"} <= KINDS.keys()

    # And anybody who follows them can make the trail.
    for node in network.three:
        held = known(node)
        places: dict[str, list[int]] = {}
        for item in held:
            places.setdefault(item.statement.issuer, []).append(item.index)
        trail = Trail(
            inquiry=inquiry,
            made_by=node.authority,
            made_at=network.clock.now,
            statements=tuple(
                TrailStatement(envelope=item.envelope, proof=item.proof, logged_by=item.logged_by) for item in held
            ),
            keys=tuple(key for issuer, indices in places.items() for key in keys_for(node.node, issuer, indices)),
        )
        target = io.BytesIO()
        write_trail(target, trail)
        path = tmp_path / f"{node.authority}.zip"
        path.write_bytes(target.getvalue())
    for node in network.three:
        add_recognition(tmp_path / "stranger", recognition_of(load_card(node.directory)))
    reports = [check_trail(tmp_path / f"{name}.zip", tmp_path / "stranger") for name in AUTHORITIES]
    assert {report.state for report in reports} == {"published"}
    assert len({tuple(report.findings) for report in reports}) == 1
