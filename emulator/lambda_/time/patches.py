"""Makes the process show another time: with time-machine if it is installed, otherwise with freezegun.

time-machine replaces the C functions themselves. freezegun's fakes must be put into every module that holds
``datetime`` or ``time.time`` by name. Its own search through all modules takes 15 to 25 ms per start, so ``Places``
remembers where such names are and searches only newly loaded modules. ``time.sleep`` is replaced in the same way with
either package, and so are the clocks that show a duration (``clocks``).
"""

import copyreg
import datetime
import functools
import importlib
import importlib.util
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, Final, TypeAlias

from emulator.lambda_.time.quiet import is_users_file

Namespace: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[Any, Any]
"""An object and its replacement."""
Change: TypeAlias = tuple[Namespace, str, Any, Any]
"""A changed name: its namespace, the name, its old value, its new value."""
Close: TypeAlias = Callable[[], None]

ORDER: Final = ("time_machine", "freezegun")
"""Packages that can show another time, best first."""
UNTOUCHED: Final = ("asl", "emulator", "freezegun", "time_machine")
"""Packages that distinguish real time from shown time themselves."""
EXAMPLES: Final = "emulator.examples."
"""Modules of such a package that are treated like a user's."""

DEFINING: Final = frozenset({"os", "posix", "queue", "select", "signal", "threading"})
"""Modules of the functions that are replaced only there and in the user's modules."""

_UTC = datetime.UTC
_namespace_of: Final[Callable[[ModuleType], Namespace]] = vars(ModuleType)["__dict__"].__get__
"""A module's globals, read without its ``__dict__`` property (with which lazy modules load everything)."""


NAMES: Final = frozenset(
    {"date", "datetime", "gmtime", "localtime", "monotonic", "perf_counter", "sleep", "strftime", "time", "time_ns"}
)
"""Names of the replaced objects: their places are remembered even while a test has put something else there."""


class Places:
    """The places in this process's modules that hold replaced objects: found once, then kept up to date.

    While they are patched, modules come and go: a handler imports some, those of a function's folder are in
    ``sys.modules`` during its calls only. So they are brought up to date at the beginning of each call, for what came
    between the calls, and at its end, for what the call has loaded: its names hold replacements from the beginning.
    Everything is restored together, in modules that are gone by then, too.
    """

    def __init__(self) -> None:
        self._given: list[Pair] = []
        self._replaced: dict[int, Pair] = {}
        self._leaked: dict[int, Pair] = {}
        """The pairs by the ``id`` of the replacement."""
        self._made: list[Change] | None = None
        """The changes that are in place; ``None`` while no patch is active."""
        self._watched: dict[int, Any] = {}
        self._narrow: set[int] = set()
        """The ``id`` of those watched objects that are looked for only in some modules."""
        self._seen: dict[str, tuple[Namespace, int]] = {}
        """The globals of each searched module, held so that no other module gets their ``id``, and their number."""
        self._others: dict[int, tuple[Namespace, int]] = {}
        """The same of globals that belong to no loaded module, by their ``id``, while the patch is active."""
        self._places: dict[str, list[tuple[Namespace, str]]] = {}
        self._spaces: list[Namespace] = []
        self._names: list[str] = []
        """All places: ``_spaces`` holds the globals, ``_names`` the name in each."""
        self._signature: object = None
        self._brief: dict[tuple[int, int], ModuleType] = {}
        """Brief signatures since the patch began -> the latest module of each, held so that its ``id`` is its own."""
        self._held: list[int] | None = None
        """The ``id`` of the object in each place when ``_changes`` was made; replaced objects are never freed."""
        self._changes: list[Change] = []

    def watch(self, *objects: Any) -> None:
        """Look for ``objects`` too; if any is new, all modules are searched again."""
        if any(id(item) not in self._watched for item in objects):
            self._watched |= {id(item): item for item in objects}
            self._seen.clear()
            self._signature = None

    def patch(self, replacements: list[Pair], released: list[Pair], functions: list[Pair]) -> None:
        """Replace the first of each pair by the second in all modules, until ``restore``.

        ``released`` are reversed pairs: replacements by other code that must be hidden for now. ``functions`` are
        replaced only in the modules of ``DEFINING`` and in the user's.
        """
        given = [*replacements, *released, *functions]
        if given != self._given:
            self._given, self._held = given, None
            self._replaced = {id(old): (old, new) for old, new in given}
            self._leaked = {id(new): (old, new) for old, new in (*replacements, *functions)}
            self._narrow |= {id(item) for pair in functions for item in pair}
            self.watch(*(item for pair in given for item in pair))
        self._search()
        held = list(map(id, map(dict.get, self._spaces, self._names)))
        if held != self._held:
            self._held, self._changes = held, list(self._wanted(zip(self._spaces, self._names, strict=True)))
        self._made = _make(self._changes)[:]
        self._brief = dict([_brief_signature()] if self._signature is not None else [])

    def bring(self, *namespaces: Namespace) -> None:
        """Patch what has been loaded since, and ``namespaces``, globals that need not belong to a loaded module."""
        if self._made is None:
            return
        signature, latest = _brief_signature()
        if signature not in self._brief:
            loaded = self._search(forgets=False)
            if self._signature is not None:
                self._brief[signature] = latest
            self._made += _make(list(self._wanted(zip(self._spaces, self._names, strict=True))))
            self._made += self._imported(loaded)
        for space in namespaces:
            if self._is_searched(space.get("__name__", ""), space):
                continue
            held, count = self._others.get(id(space), (None, 0))
            if held is not space or count != len(space):
                self._others[id(space)] = space, len(space)
                self._made += _make(list(self._wanted((space, name) for name in space)))

    def _imported(self, loaded: Iterable[tuple[Namespace, str]]) -> list[Change]:
        """The changes that modules loaded since have made themselves, by importing a replacement."""
        assert self._made is not None
        known = {(id(space), name) for space, name, _, _ in self._made}
        pairs = ((space, name, self._leaked.get(id(space.get(name)))) for space, name in loaded)
        return [
            (space, name, *pair) for space, name, pair in pairs if pair is not None and (id(space), name) not in known
        ]

    def restore(self) -> None:
        """Undo all changes, except for names that other code has changed since."""
        self.bring()
        made, self._made = self._made or [], None
        self._others.clear()
        self._brief.clear()
        for space, name, real, fake in reversed(made):
            if space.get(name) is fake:
                space[name] = real

    def _wanted(self, places: Iterable[tuple[Namespace, str]]) -> Iterator[Change]:
        """A change for every place that holds a replaced object."""
        for space, name in places:
            pair = self._replaced.get(id(space.get(name)))
            if pair is not None:
                yield space, name, *pair

    def _is_searched(self, name: str, space: Namespace) -> bool:
        searched, count = self._seen.get(name, (None, 0))
        return searched is space and count == len(space)

    def _search(self, *, forgets: bool = True) -> list[tuple[Namespace, str]]:
        """Bring the places up to date: searches only modules that are new or whose number of names has changed.

        Returns their places.
        """
        if self._signature == (signature := _signature()):
            return []
        complete, found = True, list[tuple[Namespace, str]]()
        for name, space in _modules():
            if self._is_searched(name, space):
                continue
            self._places[name] = self._found(name, space)
            found += self._places[name]
            if getattr(space.get("__spec__"), "_initializing", False):
                complete = False
            else:
                self._seen[name] = space, len(space)
        if forgets:
            for name in self._places.keys() - sys.modules.keys():
                del self._places[name]
                self._seen.pop(name, None)
        places = [place for held in self._places.values() for place in held]
        self._spaces, self._names = [space for space, _ in places], [name for _, name in places]
        self._held = None
        self._signature = signature if complete else None
        return found

    def _found(self, name: str, space: Namespace) -> list[tuple[Namespace, str]]:
        """The places in one module."""
        narrow = set() if name in DEFINING or _is_users(space) else self._narrow
        return [
            (space, key)
            for key, value in list(space.items())
            if (id(value) in self._watched and id(value) not in narrow)
            or (key in NAMES and not isinstance(value, ModuleType))
        ]


def _modules() -> Iterator[tuple[str, Namespace]]:
    """The names and globals of the loaded modules that may hold replaced objects."""
    for name, module in list(sys.modules.items()):
        ours = name.partition(".")[0] in UNTOUCHED and not name.startswith(EXAMPLES)
        if issubclass(type(module), ModuleType) and not ours:
            yield name, _namespace_of(module)


def _is_users(space: Namespace) -> bool:
    file = space.get("__file__")
    if isinstance(file, str):
        return is_users_file(file)
    return getattr(space.get("__spec__"), "origin", None) not in ("built-in", "frozen")


def _signature() -> object:
    """A value that changes when a module is loaded, removed or put in another's place, or a script has new names.

    It holds the modules themselves: the ``id`` of a module that is freed can become that of the next one.
    """
    main = sys.modules.get("__main__")
    return list(sys.modules.values()), len(vars(main)) if main else 0


def _brief_signature() -> tuple[tuple[int, int], ModuleType]:
    """A quick look for a module that is loaded or removed, not for one in another's place; and the latest module."""
    latest = sys.modules[next(reversed(sys.modules))]
    return (len(sys.modules), id(latest)), latest


def _make(changes: list[Change]) -> list[Change]:
    for space, name, _, new in changes:
        space[name] = new
    return changes


def put(methods: list[tuple[Any, str, Any]]) -> Close:
    """Replace attributes (owner, name, new value); the result puts the old ones back."""
    before = [(owner, name, vars(owner)[name]) for owner, name, _ in methods]
    for owner, name, new in methods:
        setattr(owner, name, new)

    def put_back() -> None:
        for owner, name, old in before:
            setattr(owner, name, old)

    return put_back


places: Final = Places()


@functools.cache
def installed() -> tuple[str, ...]:
    """The packages of ``ORDER`` that can be imported."""
    return tuple(name for name in ORDER if importlib.util.find_spec(name) is not None)


def choose() -> str:
    """The package to use now: the best one installed, but freezegun inside a test's own ``freeze_time``.

    time-machine refuses to start while freezegun is active.
    """
    if (api := sys.modules.get("freezegun.api")) is not None and api.freeze_factories:
        return "freezegun"
    if not installed():
        raise ImportError("showing virtual time to a handler needs freezegun or time-machine: pip install freezegun")
    return installed()[0]


def open_backend(
    shown_ns: Callable[[], int], real_ns: Callable[[], int], clocks: Iterable[Pair], functions: Iterable[Pair]
) -> Close:
    """Make the process show ``shown_ns()`` (nanoseconds since 1970), and replace ``clocks`` and ``functions``.

    ``clocks`` are replaced in all modules, ``functions`` only in the modules that define them and in those of the user.
    The result undoes all of it.

    botocore's own clock gets ``real_ns()``: requests are signed with the real time, because endpoints that check
    signatures would reject any other as skewed.
    """
    replacements: list[Pair] = [*clocks]
    compat = sys.modules.get("botocore.compat")
    if (signing_time := getattr(compat, "get_current_datetime", None)) is not None:
        replacements.append((signing_time, _signing_time(real_ns)))
    released: list[Pair] = []
    if choose() == "time_machine":
        close = _travel(shown_ns)
    else:
        close = _freeze(shown_ns)
        shown, released = _freezegun_pairs(dict(replacements))
        replacements += shown
    try:
        places.patch(replacements, released, list(functions))
    except BaseException:
        close()
        raise

    def close_all() -> None:
        places.restore()
        close()

    return close_all


@functools.cache
def _signing_time(real_ns: Callable[[], int]) -> Callable[[bool], datetime.datetime]:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=_UTC)

    def get_current_datetime(remove_tzinfo: bool = True) -> datetime.datetime:
        now = epoch + datetime.timedelta(microseconds=real_ns() // 1000)
        return now.replace(tzinfo=None) if remove_tzinfo else now

    return get_current_datetime


_DESTINATION: Final = 0
"""The start of every journey, in seconds since 1970: the time comes from ``shown_ns``, the zone from ``zone``.

From a ``datetime`` time-machine would take a zone, and set the variable ``TZ``.
"""


def _travel(shown_ns: Callable[[], int]) -> Close:
    import time_machine

    journey = time_machine.travel(_DESTINATION, tick=False)
    traveller = journey.start()
    traveller.time_ns = shown_ns  # type: ignore[method-assign]  # the C functions read it at each call
    return journey.stop


def _freeze(shown_ns: Callable[[], int]) -> Close:
    """Push onto freezegun's stacks, as a nested ``freeze_time`` does, so that a handler can nest its own."""
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
    vars(uuid).update(dict.fromkeys(uuid_makers), _last_timestamp=None)  # uuid1 then reads time.time_ns

    def close() -> None:
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
    """freezegun's module, made safe for objects that outlive a call.

    A naive ``FakeDatetime`` that a handler leaves behind needs an offset from UTC after the freeze, when freezegun has
    none and would fail; it gets 0, the zone in which it was created.
    """
    api = importlib.import_module("freezegun.api")
    api.tz_offsets.insert(0, datetime.timedelta(0))
    return api


_SHOWN = ("time", "time_ns", "gmtime", "localtime", "strftime")
_DURATIONS = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")


def _freezegun_pairs(clocks: dict[Any, Any]) -> tuple[list[Pair], list[Pair]]:
    """freezegun's pairs for the names that show time, and, amid a test's own freeze, for those that show durations."""
    api = _freezegun()
    shown = [(api.real_datetime, api.FakeDatetime), (api.real_date, api.FakeDate)]
    shown += [(getattr(api, f"real_{name}"), getattr(api, f"fake_{name}")) for name in _SHOWN]
    return shown, [(getattr(api, f"fake_{name}"), clocks[getattr(api, f"real_{name}")]) for name in _DURATIONS]
