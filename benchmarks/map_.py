"""An inline Map: 1,000 tasks, and as many items as AWS's 25,000 history events leave room for."""

from benchmarks import bars
from benchmarks.machines import PASS, PASSES_THAT_FIT, PEER_ITEMS, TASK, TASKS_THAT_FIT, Definition, echo, over_items
from benchmarks.measure import Effort, Figure, bare_seconds, seconds
from emulator import Emulator

BAR_ITEMS = 10_000


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of the whole Map. The bar is for 10,000 items, whose history would not fit: its share counts."""
    tasks, passes = over_items(TASK), over_items(PASS)
    sizes = [effort.size(size) for size in (1000, TASKS_THAT_FIT, PASSES_THAT_FIT)]
    peer = ("map", 1000.0, f"{PEER_ITEMS} items, scaled")
    full = f"{BAR_ITEMS:,} need more than the 25,000 events AWS keeps: these fit, and the bar is their share"
    return [
        _figure(f"Map of {sizes[0]:,} tasks", tasks, sizes[0], effort, note="the bar is its share of that for 10,000"),
        _figure(f"Map of {sizes[1]:,} tasks", tasks, sizes[1], effort, note=full),
        _figure(f"Map of {sizes[2]:,} Pass items", passes, sizes[2], effort, peer=peer, note=full),
    ]


def _figure(
    name: str,
    definition: Definition,
    items: int,
    effort: Effort,
    *,
    peer: tuple[str, float, str] | None = None,
    note: str,
) -> Figure:
    records = 0

    def run() -> None:
        nonlocal records
        with Emulator() as emulator:
            emulator.lambda_function("work", echo)
            execution = emulator.run(definition, list(range(items))).assert_succeeded()
            records = len(execution.records)

    samples = seconds(run, effort.times(7), per=1e-3)
    bar = bars.MAP_10_000_MS * items / BAR_ITEMS
    return Figure(name, "ms", samples, bar, bare_seconds(records, per=1e-3), peer, f"{records:,} events; {note}")
