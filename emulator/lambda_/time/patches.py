"""How the process is made to show another time: time-machine when it is installed, else freezegun.

time-machine replaces the C functions themselves. freezegun's stand-ins have to be put into every module that holds
``datetime`` or ``time.time`` by name; its own search through all modules takes 15 to 25 ms a start, so ``Places``
remembers where such names are and looks only at what was loaded since. ``time.sleep`` is put in its place in the same
way with either package. Refused: ``time.monotonic`` and ``time.perf_counter``, which always run on.
"""

import copyreg
import datetime
import functools
import importlib
import importlib.util
import os
import sys
import time
import types
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

Namespace: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[Any, Any]
"""An object and what takes its place."""
Change: TypeAlias = tuple[Namespace, str, Any, Any]
"""A name that was changed: where, which, what it was, what it is now."""
Close: TypeAlias = Callable[[], None]

ORDER: Final = ("time_machine", "freezegun")
"""Packages that can show another time, the best first."""
UNTOUCHED: Final = ("asl", "emulator", "freezegun", "time_machine")
"""Packages that tell real time from shown time themselves."""
EXAMPLES: Final = "emulator.examples."
"""Modules in one of them that are written as any user's are."""

_UTC = datetime.UTC
_real_sleep = time.sleep  # noqa: TID251 - what is replaced
_namespace_of: Final[Callable[[types.ModuleType], Namespace]] = vars(types.ModuleType)["__dict__"].__get__
"""A module's globals, past any property of that name (lazy modules load everything when asked)."""


NAMES: Final = frozenset({"date", "datetime", "gmtime", "localtime", "sleep", "strftime", "time", "time_ns"})
"""What the replaced objects are called: such names are kept in mind even while a test has put something else there."""


class Places:
    """Where the modules of this process hold the objects that are replaced: found once, then kept up to date."""

    def __init__(self) -> None:
        self._given: list[Pair] = []
        self._replaced: dict[int, Pair] = {}
        self._leaked: dict[int, Any] = {}
        self._on = False
        self._watched: dict[int, Any] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._places: dict[str, list[tuple[Namespace, str]]] = {}
        self._spaces: list[Namespace] = []
        self._names: list[str] = []
        """All places: the globals, and beside them the names there."""
        self._signature: object = None
        self._held: list[int] | None = None
        """What the places held when ``_changes`` was made, by ``id``: what is replaced is never freed."""
        self._changes: list[Change] = []

    def watch(self, *objects: Any) -> None:
        """Look for ``objects`` too; all modules are searched again when one is new."""
        if any(id(item) not in self._watched for item in objects):
            self._watched |= {id(item): item for item in objects}
            self._seen.clear()
            self._signature = None

    def patch(self, replacements: list[Pair], released: list[Pair]) -> list[Change]:
        """Put the second of each pair where the first is, in all modules; the changes, for ``restore``.

        ``released`` are pairs the other way round: a replacement made by other code that must not be seen for now.
        """
        given = [*replacements, *released]
        if given != self._given:
            self._given, self._held = given, None
            self._replaced = {id(old): (old, new) for old, new in given}
            self._leaked = {id(new): old for old, new in replacements}
            self.watch(*(item for pair in given for item in pair))
        self._search()
        held = list(map(id, map(dict.get, self._spaces, self._names)))
        if held != self._held:
            self._held, self._changes = held, list(self._wanted(zip(self._spaces, self._names, strict=True)))
        self._on = True
        return _make(self._changes)

    def patch_namespaces(self, namespaces: Iterable[Namespace]) -> list[Change]:
        """The same for globals that need not belong to a loaded module; nothing when nothing is patched."""
        if not self._on:
            return []
        return [
            change
            for space in namespaces
            if self._seen.get(space.get("__name__", "")) != (id(space), len(space))
            for change in _make(list(self._wanted((space, name) for name in space)))
        ]

    def clean(self) -> None:
        """Put the real objects into the modules that were loaded while the others were shown."""
        self._on = False
        if self._signature == _signature():
            return
        for name, space in _modules():
            if self._seen.get(name) != (id(space), len(space)):
                for key, value in list(space.items()):
                    if id(value) in self._leaked:
                        space[key] = self._leaked[id(value)]

    def _wanted(self, places: Iterable[tuple[Namespace, str]]) -> Iterator[Change]:
        """The change of every place that holds what is replaced."""
        for space, name in places:
            pair = self._replaced.get(id(space.get(name)))
            if pair is not None:
                yield space, name, *pair

    def _search(self) -> None:
        """Bring the places up to date: only modules that are new, or have more or fewer names, are looked at."""
        if self._signature == (signature := _signature()):
            return
        complete = True
        for name, space in _modules():
            if self._seen.get(name) == (mark := (id(space), len(space))):
                continue
            self._places[name] = [
                (space, key)
                for key, value in list(space.items())
                if id(value) in self._watched or (key in NAMES and not isinstance(value, types.ModuleType))
            ]
            if getattr(space.get("__spec__"), "_initializing", False):
                complete = False
            else:
                self._seen[name] = mark
        for name in self._places.keys() - sys.modules.keys():
            del self._places[name]
        places = [place for held in self._places.values() for place in held]
        self._spaces, self._names = [space for space, _ in places], [name for _, name in places]
        self._held = None
        self._signature = signature if complete else None


def _modules() -> Iterator[tuple[str, Namespace]]:
    """The names and globals of the loaded modules that may hold what is replaced."""
    for name, module in list(sys.modules.items()):
        ours = name.partition(".")[0] in UNTOUCHED and not name.startswith(EXAMPLES)
        if issubclass(type(module), types.ModuleType) and not ours:
            yield name, _namespace_of(module)


def _signature() -> object:
    """What changes when a module is loaded or dropped, or a script (``__main__``) has new names."""
    modules = sys.modules
    latest = next(reversed(modules))
    main = modules.get("__main__")
    return len(modules), latest, id(modules[latest]), id(main), len(vars(main)) if main else 0


def _make(changes: list[Change]) -> list[Change]:
    for space, name, _, new in changes:
        space[name] = new
    return changes


def restore(changes: list[Change]) -> None:
    """Undo ``changes``; a name that other code has changed since is left as it is."""
    for space, name, real, fake in reversed(changes):
        if space.get(name) is fake:
            space[name] = real


places: Final = Places()


@functools.cache
def installed() -> tuple[str, ...]:
    """The packages of ``ORDER`` that can be imported here."""
    return tuple(name for name in ORDER if importlib.util.find_spec(name) is not None)


def choose() -> str:
    """The package to use now: the best one installed, but freezegun within a test's own ``freeze_time``.

    time-machine refuses to start while freezegun is active.
    """
    if (api := sys.modules.get("freezegun.api")) is not None and api.freeze_factories:
        return "freezegun"
    if not installed():
        raise ImportError("showing virtual time to a handler needs freezegun or time-machine: pip install freezegun")
    return installed()[0]


def open_backend(shown_ns: Callable[[], int], real_ns: Callable[[], int], sleep: Callable[[float], None]) -> Close:
    """Make the process show ``shown_ns()`` (nanoseconds since 1970) and sleep with ``sleep``; the result ends it.

    botocore's own clock is given ``real_ns()``: requests are signed with the real time, or endpoints that check
    signatures refuse them as skewed.
    """
    replacements: list[Pair] = [(_real_sleep, sleep)]
    compat = sys.modules.get("botocore.compat")
    if (signing_time := getattr(compat, "get_current_datetime", None)) is not None:
        replacements.append((signing_time, _signing_time(real_ns)))
    released: list[Pair] = []
    if choose() == "time_machine":
        close = _travel(shown_ns)
    else:
        close = _freeze(shown_ns)
        shown, released = _freezegun_pairs()
        replacements += shown
    try:
        changes = places.patch(replacements, released)
    except BaseException:
        close()
        raise

    def close_all() -> None:
        restore(changes)
        places.clean()
        close()

    return close_all


@functools.cache
def _signing_time(real_ns: Callable[[], int]) -> Callable[[bool], datetime.datetime]:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=_UTC)

    def get_current_datetime(remove_tzinfo: bool = True) -> datetime.datetime:
        now = epoch + datetime.timedelta(microseconds=real_ns() // 1000)
        return now.replace(tzinfo=None) if remove_tzinfo else now

    return get_current_datetime


_DESTINATION = datetime.datetime(2000, 1, 1, tzinfo=_UTC)
"""Where every journey starts; its zone is what time-machine makes the local one. The time comes from ``shown_ns``."""


def _travel(shown_ns: Callable[[], int]) -> Close:
    import time_machine

    journey = time_machine.travel(_DESTINATION, tick=False)
    traveller = journey.start()
    traveller.time_ns = shown_ns  # type: ignore[method-assign]  # asked by the C functions at each call
    return journey.stop


def _freeze(shown_ns: Callable[[], int]) -> Close:
    """Enter freezegun's stacks as ``freeze_time`` does within another one: nested uses in a handler work as usual."""
    api = _freezegun()
    epoch = api.real_datetime(1970, 1, 1)

    def shown() -> datetime.datetime:
        at: datetime.datetime = epoch + datetime.timedelta(microseconds=shown_ns() // 1000)
        return at

    stacks = (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets)
    places_in_stacks = [len(stack) for stack in stacks]
    for stack, entry in zip(stacks, (shown, (), False, datetime.timedelta(0)), strict=True):
        stack.append(entry)
    pickling = {kind: copyreg.dispatch_table.get(kind) for kind in (api.real_datetime, api.real_date)}
    copyreg.dispatch_table[api.real_datetime] = api.pickle_fake_datetime
    copyreg.dispatch_table[api.real_date] = api.pickle_fake_date
    uuid_makers = {name: getattr(uuid, name, None) for name in ("_generate_time_safe", "_UuidCreate")}
    vars(uuid).update(dict.fromkeys(uuid_makers), _last_timestamp=None)  # uuid1 asks time.time_ns then
    close_zone = _show_utc()

    def close() -> None:
        close_zone()
        vars(uuid).update(uuid_makers, _last_timestamp=None)
        for kind, reduce in pickling.items():
            if reduce is None:
                del copyreg.dispatch_table[kind]
            else:
                copyreg.dispatch_table[kind] = reduce
        for stack, place in zip(stacks, places_in_stacks, strict=True):
            del stack[place]

    return close


@functools.cache
def _freezegun() -> Any:
    """freezegun's module, made safe for what outlives a call.

    A naive ``FakeDatetime`` that a handler leaves behind asks for an offset from UTC after the freeze, where freezegun
    has none and fails; it gets 0, the zone in which it was made.
    """
    api = importlib.import_module("freezegun.api")
    api.tz_offsets.insert(0, datetime.timedelta(0))
    return api


_SHOWN = ("time", "time_ns", "gmtime", "localtime", "strftime")
_RUNNING_ON = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")


@functools.cache
def _freezegun_pairs() -> tuple[list[Pair], list[Pair]]:
    """What freezegun has for the names that show time; and, to undo a test's own freeze, for those that run on."""
    api = _freezegun()
    shown = [(api.real_datetime, api.FakeDatetime), (api.real_date, api.FakeDate)]
    shown += [(getattr(api, f"real_{name}"), getattr(api, f"fake_{name}")) for name in _SHOWN]
    return shown, [(getattr(api, f"fake_{name}"), getattr(api, f"real_{name}")) for name in _RUNNING_ON]


_UTC_NAMES = (("UTC", "UTC"), 0)


def _show_utc() -> Close:
    """Make UTC the local time zone. Where it is anyway, ``tzset``, which reads a file, is not asked to find it again.

    Windows has no such call.
    """
    before = os.environ.get("TZ")
    if not hasattr(time, "tzset"):
        return lambda: None
    is_anyway = (time.tzname, time.timezone) == _UTC_NAMES
    os.environ["TZ"] = "UTC"
    if not is_anyway:
        time.tzset()

    def close() -> None:
        if before is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = before
        if not is_anyway or (time.tzname, time.timezone) != _UTC_NAMES:
            time.tzset()

    return close
