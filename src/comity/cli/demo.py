"""`comity demo`: the exercise 'three messages in one night' between real nodes on this machine."""

import shutil
import tempfile
from pathlib import Path

import click

from comity.cli.options import DIRECTORY, say
from comity.errors import ConflictError


@click.command()
@click.option("--keep", type=DIRECTORY, default=None, help="Keep the nodes' folders, evidence and dossier there.")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, exists=True),
    default=None,
    help="File or folder to hand over instead.",
)
def demo(keep: Path | None, evidence: Path | None) -> None:
    """Run the exercise: a false emergency, a real request, a state that cheats, a court in the morning."""
    from comity.exercise.night import Night
    from comity.exercise.stage import Stage

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise ConflictError(f"{keep} is not empty; give a new folder")
    folder = keep or Path(tempfile.mkdtemp(prefix="comity-demo-"))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        Night(folder=folder, stage=Stage(click.echo), evidence=evidence).run()
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if keep is not None:
        say(f"kept in {keep}: node folders, court-trust, evidence, dossier.zip")
