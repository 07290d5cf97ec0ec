"""``emulate clean``: show and delete what runs have left at an external backend."""

import click

from emulator.cli.options import BACKEND, Refused
from emulator.cli.terminal import Terminal, count_text


@click.command()
@BACKEND
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Repeatable.  [default: us-east-1]")
@click.option("--dry-run", is_flag=True, help="Show it, and delete nothing.")
@click.option("--all", "of_all", is_flag=True, help="Also delete the resources of runs that may still be active.")
def clean(backend: tuple[str, ...], regions: tuple[str, ...], dry_run: bool, of_all: bool) -> int:
    """Show what runs of the emulator have left at an external backend, and delete it.

    A run that is killed leaves its queues and rules behind, and the tables, buses, topics and buckets that it created.
    They are recognised by their names and by the tag asl-emulator-run; nothing else is touched. Resources of a run
    that is still active, or of a run on another machine within seven days, are shown but kept, unless --all is given.

    Exit code 0, or 1 if something could not be deleted.
    """
    from emulator.aws import leftovers
    from emulator.aws.backends import parse
    from emulator.core import Emulator

    terminal = Terminal()
    backends = parse(backend or None)
    services = [service for service in leftovers.SERVICES if backends.of(service) is not None]
    if not services:
        raise Refused("clean needs an external backend: emulate clean --backend localstack, or --backend URL")
    removed = kept = 0
    failed: list[str] = []
    with Emulator(backend=backends) as emulator:
        for region in regions or ("us-east-1",):

            def client(service: str, region: str = region) -> object:
                return emulator.assembly.internal_client(service, region=region)

            for each in leftovers.find(client, services):
                stays = each.state != "ended" and not of_all
                terminal.data(f"{'kept' if stays else 'found' if dry_run else 'deleted'}: {each.text()}")
                if stays:
                    kept += 1
                elif not dry_run and (reasons := leftovers.delete([each])):
                    failed.append(f"{each.label}: {reasons[0][1]}")
                else:
                    removed += 1
    said = f"{count_text(removed, 'resource')} {'to delete' if dry_run else 'deleted'}"
    terminal.warn(said + (f", {kept} kept: runs that may go on (--all deletes them, too)" if kept else ""))
    for reason in failed:
        terminal.warn(f"error: {reason}")
    return 1 if failed else 0
