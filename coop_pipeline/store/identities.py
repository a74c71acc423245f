"""Which names mean the same co-operative. One id in every form, period and spelling; what is only similar is never merged.

Submissions are taken in the order of their arrival, and each is compared with what is known by then: a valid tax code decides, else the
registration number in the district, else the name in the district and commune. An id is made from the name and district under which a
co-operative first arrived, so a workbook that arrives later changes none. Submissions of one day are one batch, its lists of co-operatives
first: files that are copied together know each other's lists.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import combinations, groupby

from rapidfuzz import fuzz, process

from coop_pipeline.intake.names import RULES, read_coop_name, reduce_name, registration_key, similar_reason

_registration_key = lru_cache(maxsize=1 << 16)(registration_key)  # a number stands in every list of its co-operative


@dataclass(frozen=True, slots=True)
class Mention:
    """A co-operative as the rows of one list name it: every distinct combination. `forced` is the id that data staff confirmed."""

    number: int
    key: str
    kind: str | None
    name: str
    district: str | None
    commune: str | None
    tax_code: str | None
    registration_no: str | None
    registered: bool
    first_period: str
    submission: str
    forced: str | None = None
    within: tuple[str, ...] = ()  # the districts on whose ground the reporter lies; none: anywhere
    received_at: datetime = datetime.min
    form: str = ""
    forced_anywhere: bool = False  # confirmed for this very reporter, not just for the co-operative's district

    @property
    def list(self) -> tuple[str, str]:
        return self.submission, self.form

    def codes(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """What decides before the name: (field, value), the strongest first. A registrar's numbers count in its own district."""
        if self.tax_code:
            yield "tax_code", ("", self.tax_code)
        if self.registration_no and self.district and (number := _registration_key(self.registration_no)):
            yield "registration_no", (self.district, number)


@dataclass(frozen=True, slots=True)
class Plain:
    """A co-operative about which there was nothing to decide: its id, the mention that arrived first, the one that came up first."""

    id: str
    first: Mention
    named: Mention
    registered: bool


@dataclass(frozen=True, slots=True)
class Similar:
    """Two co-operatives that a person should compare, and by which rule they are alike. `score` is 0 to 1."""

    id: str
    other: str
    name: str
    other_name: str
    rule: str
    score: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """A code that one list gives to several names, or to a name that is known as another co-operative: it joins nothing."""

    form: str
    submission: str
    field: str
    values: tuple[str, ...]  # as the rows hold it
    keys: tuple[str, ...]
    other: str = ""  # the name that the code is known under, where it is another list's


@dataclass(slots=True)
class Identities:
    """`ids` by mention that was resolved (None: no co-operative); `made` are all ids that exist without a confirmation."""

    ids: dict[int, str | None]
    made: frozenset[str]
    similar: list[Similar]
    conflicts: list[Conflict]


def is_cooperative(mention: Mention) -> bool:
    """Whether the owner is one of the four kinds, or bears a name that could be one (companies, households and offices are not)."""
    if mention.kind is not None:
        return True
    lowered = mention.name.casefold()
    foreign = ("công ty", "cty", "doanh nghiệp", "dn ", "hộ ", "hkd", "ubnd", "ủy ban", "uỷ ban", "liên nhóm", "nhóm", "trung tâm", "chi cục",
               "trạm", "trang trại", "cơ sở", "ông ", "bà ", "hội ", "phòng ", "trường ", "xưởng", "cửa hàng")  # fmt: skip
    return not lowered.startswith(foreign)


@dataclass(slots=True, eq=False)
class _Coop:
    """What is known of one co-operative so far; `named` is the mention that it came up with, `first` the one that arrived first."""

    named: Mention
    first: Mention
    id: str = ""
    mark: str = ""
    names: dict[tuple[str, str], str] = field(default_factory=dict)  # (key, district) -> as first written
    communes: set[str] = field(default_factory=set)
    codes: set[tuple[str, tuple[str, str]]] = field(default_factory=set)
    kinds: set[str | None] = field(default_factory=set)
    registered: bool = False
    confirmed: set[str] = field(default_factory=set)  # keys that data staff say are this one

    def taxes(self) -> set[str]:
        return {value[1] for name, value in self.codes if name == "tax_code"}


def resolve(mentions: Iterable[Mention], plain: Sequence[Plain] = ()) -> Identities:
    """An id for every mention (None for owners that are no co-operative). Nothing that the mentions name or bear is a `plain` one's."""
    known = sorted((m for m in mentions if m.key), key=_turn)
    register = _Register(known)
    for _, batch in groupby((m for m in known if is_cooperative(m)), key=lambda m: m.received_at.date()):
        register.take(list(batch))
    natural = {number: coop.id for number, coop in register.found.items()}
    coops = [*register.coops, *map(_settled_coop, plain)]
    coops.sort(key=lambda coop: _turn(coop.named))
    by_id = {coop.id: coop for coop in coops}
    ids: dict[int, str | None] = {}
    for m in known:
        coop = by_id.get(m.forced or "")
        if coop is not None and (m.forced_anywhere or m.district is None or {m.district, ""} & {district for _, district in coop.names}):
            ids[m.number] = coop.id
            coop.confirmed.add(m.key)
        else:
            ids[m.number] = natural.get(m.number)
    alive = {made_id for made_id in ids.values() if made_id} | {one.id for one in plain}
    return Identities(ids, frozenset(by_id), _similar(coops, register.disputed, alive), register.conflicts)


def _settled_coop(plain: Plain) -> _Coop:
    name = (plain.named.key, plain.named.district or "")
    return _Coop(plain.named, plain.first, plain.id, names={name: plain.named.name}, registered=plain.registered)


def _turn(m: Mention) -> tuple[object, ...]:
    return (
        m.received_at.date(), not m.registered, m.received_at, m.first_period, m.submission, m.form, m.district is None, m.key, m.district or "",
        m.tax_code or "~", m.commune or "~", m.registration_no or "~", m.number,
    )  # fmt: skip


def _bare(key: str) -> str:
    return key.split("|", 1)[-1]


class _Register:
    """Co-operatives by all that they are known by. Grows only: what was decided stays."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.coops: list[_Coop] = []
        self.found: dict[int, _Coop] = {}
        self.conflicts: list[Conflict] = []
        self.disputed: list[tuple[_Coop, _Coop, str]] = []  # two co-operatives that one code speaks for
        self._by_code: dict[tuple[str, tuple[str, str]], _Coop] = {}
        self._by_name: dict[tuple[str, str], list[_Coop]] = {}
        self._districts: dict[str, list[str]] = defaultdict(list)  # of a name, in the order in which they became known
        self._by_bare: dict[tuple[str, str], list[_Coop]] = defaultdict(list)
        self._ids: set[str] = set()
        self._bearers: Counter[tuple[str, str]] = Counter()  # co-operatives that first arrived under a name
        self._shared: set[tuple[tuple[str, str], tuple[str, tuple[str, str]]]] = set()
        self._listed: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)  # a list of co-operatives -> its names
        self._plural: dict[tuple[str, str, str, str], list[Mention]] = {}  # list, key, district -> its mentions, where they are several
        self._taken: dict[tuple[str, str, str, str], dict[_Coop, str]] = defaultdict(dict)
        self._study(mentions)

    def _study(self, mentions: Sequence[Mention]) -> None:
        """What each list says by itself: codes that it gives to several names, names that it holds twice."""
        given: dict[tuple[tuple[str, str], tuple[str, tuple[str, str]]], list[Mention]] = defaultdict(list)
        placed: dict[tuple[str, str, str, str], list[Mention]] = defaultdict(list)
        for m in mentions:
            where = m.list
            for code in m.codes():
                given[where, code].append(m)
            if m.registered and m.district:
                self._listed[where].add((m.key, m.district))
                placed[(*where, m.key, m.district)].append(m)
        self._plural = {place: same for place, same in placed.items() if len(same) > 1}
        for where, code in sorted(spoken for spoken, same in given.items() if len(same) > 1):
            same = given[where, code]
            keys = {m.key for m in same}
            if len({_bare(k) for k in keys}) > 1 or len([k for k in keys if not k.startswith("|")]) > 1:
                self._shared.add((where, code))
                values = tuple(sorted({str(getattr(m, code[0])) for m in same}))
                self.conflicts.append(Conflict(where[1], where[0], code[0], values, tuple(sorted(keys))))

    def take(self, batch: Sequence[Mention]) -> None:
        """Decides the mentions of one batch; the new co-operatives among them get their ids from the mention that arrived first."""
        before = len(self.coops)
        for m in batch:
            coop, codes = self._decide(m)
            self._note(coop, m, codes)
        for coop in sorted(self.coops[before:], key=lambda c: (c.mark, _turn(c.first))):
            node = (coop.first.key, coop.first.district or "")
            coop.id = _made(*node, "")
            if coop.id in self._ids:
                coop.id = _made(*node, coop.mark or coop.first.tax_code or coop.first.commune or str(self._bearers[node]))
            self._bearers[node] += 1
            self._ids.add(coop.id)

    def _decide(self, m: Mention) -> tuple[_Coop, list[tuple[str, tuple[str, str]]]]:
        """The co-operative that a mention means, and the codes that it may be known by from now on."""
        usable = [code for code in m.codes() if (m.list, code) not in self._shared]
        named = self._named(m)
        for code in list(usable):
            coop = self._by_code.get(code)
            if coop is None or coop is named:
                continue
            if self._contradicts(m, code, coop, named):
                usable.remove(code)
                values = (str(getattr(m, code[0])),)
                self.conflicts.append(Conflict(m.form, m.submission, code[0], values, (m.key,), coop.first.name))
                if named is not None:
                    self.disputed.append((named, coop, code[0]))
                continue
            if named is not None:
                self.disputed.append((named, coop, code[0]))
            return coop, usable
        if named is None:
            named = _Coop(m, m)
            self.coops.append(named)
        return named, usable

    def _contradicts(self, m: Mention, code: tuple[str, tuple[str, str]], coop: _Coop, named: _Coop | None) -> bool:
        """Whether a mention that bears a co-operative's code is another one all the same."""
        own = (m.key, m.district or "")
        if m.registered and any(name in self._listed[m.list] for name in coop.names if name != own and _bare(name[0]) != _bare(m.key)):
            return True  # the list holds the code's co-operative by its name, too
        if code[0] == "registration_no" and m.tax_code and coop.taxes() and m.tax_code not in coop.taxes():
            return True
        if named is None:
            return False
        return bool(named.taxes() - {m.tax_code}) or (named.registered and not m.registered)

    def _named(self, m: Mention) -> _Coop | None:
        """The co-operative of this name in the district (in any, where none is said)."""
        if m.district is None:
            places = [(district, coop) for district in self._districts.get(m.key, ()) for coop in self._by_name[m.key, district]]
            coops = {coop.id or id(coop): coop for district, coop in places if not m.within or district in m.within or not district}
            return next(iter(coops.values())) if len(coops) == 1 else next((c for district, c in places if not district), None)
        named = self._by_name.get((m.key, m.district), [])
        where = (*m.list, m.key, m.district)
        same = self._plural.get(where, ()) if m.registered else ()
        by = next((f for f in ("tax_code", "commune") if len({getattr(o, f) for o in same} - {None}) > 1), None)
        if by is not None:  # the list itself tells them apart
            value, taken = getattr(m, by) or "", self._taken[where]
            others = {o.commune for o in same if (getattr(o, by) or "") != value}
            free = [
                c for c in named
                if taken.get(c, value) == value and not (m.tax_code and c.taxes() and m.tax_code not in c.taxes())
                and not (c.communes and m.commune not in c.communes and c.communes & others)
            ]  # fmt: skip
            return next(iter(sorted(free, key=lambda c: (m.tax_code not in c.taxes(), m.commune not in c.communes))), None)
        if len(named) > 1:
            return next((c for c in named if m.commune in c.communes), named[0])
        if named:
            return named[0]
        alike = {id(c): c for c in self._by_bare.get((_bare(m.key), m.district), ()) if m.kind is None or c.kinds == {None}}
        return next(iter(alike.values())) if len(alike) == 1 else None

    def _note(self, coop: _Coop, m: Mention, codes: Iterable[tuple[str, tuple[str, str]]]) -> None:
        self.found[m.number] = coop
        district = m.district or ""
        if (m.received_at, m.district is None, m.number) < (
            coop.first.received_at,
            coop.first.district is None,
            coop.first.number,
        ) and not coop.id:
            coop.first = m
        for code in codes:
            coop.codes.add(code)
            self._by_code.setdefault(code, coop)
        where = (*m.list, m.key, district)
        same = self._plural.get(where, ()) if m.registered else ()
        for by in ("tax_code", "commune") if same else ():
            values = {getattr(o, by) for o in same} - {None}
            if len(values) > 1:
                value = getattr(m, by) or ""
                self._taken[where].setdefault(coop, value)
                coop.mark = coop.mark or ("" if value == min(values) else value)
                break
        bearers = self._by_name.get((m.key, district))
        if bearers is None:
            bearers = self._by_name[m.key, district] = []
            self._districts[m.key].append(district)
        if coop not in bearers:
            # who bears a name by its code answers to it before one that is only called so
            bearers.insert(0 if codes and bearers and not bearers[0].codes else len(bearers), coop)
            self._by_bare[_bare(m.key), district].append(coop)
        coop.names.setdefault((m.key, district), m.name)
        coop.kinds.add(m.kind)
        coop.registered |= m.registered
        if m.commune:
            coop.communes.add(m.commune)


def _made(key: str, district: str, mark: str) -> str:
    return "C" + hashlib.sha256("\x1f".join((key, district, mark)).encode()).hexdigest()[:12]


# ---- what is only similar


def _similar(coops: Sequence[_Coop], disputed: Sequence[tuple[_Coop, _Coop, str]], alive: set[str]) -> list[Similar]:
    """Pairs of one district that the decree calls confusable, that one slip of the pen tells apart, or that one code or name speaks for."""
    pairs: dict[tuple[str, str], Similar] = {}

    def say(a: _Coop, b: _Coop, name: str, other: str, rule: str) -> None:
        if a.id == b.id or a.id not in alive or b.id not in alive:
            return
        if _settled(a, name) and _settled(b, other):
            return
        if (a.registered and not b.registered) or (a.registered == b.registered and _turn(a.first) < _turn(b.first)):
            a, b, name, other = b, a, other, name  # the newer one, or the one that no list names, is compared with the other
        score = fuzz.ratio(read_coop_name(name).key, read_coop_name(other).key) / 100
        pairs.setdefault((a.id, b.id), Similar(a.id, b.id, name, other, rule, round(score, 4)))

    for one, other, rule in disputed:
        say(one, other, one.first.name, other.first.name, rule)
    per_district: dict[str, dict[str, tuple[_Coop, str]]] = defaultdict(dict)
    bearers: dict[str, list[tuple[str, _Coop, str]]] = defaultdict(list)
    for coop in coops:
        for (key, district), name in coop.names.items():
            per_district[district].setdefault(key, (coop, name))
            bearers[key].append((district, coop, name))
    for same in bearers.values():  # a name without a district that several districts know
        for district, coop, name in same:
            if not district:
                for other_district, other, other_name in same:
                    if other_district:
                        say(coop, other, name, other_name, "same_name")
    for entries in per_district.values():
        for first, second in sorted(_candidates(list(entries))):
            (a, name), (b, other_name) = entries[first], entries[second]
            found = similar_reason(read_coop_name(name), read_coop_name(other_name))
            if found is not None:
                say(a, b, name, other_name, found)
    return sorted(pairs.values(), key=lambda s: (s.id, s.other))


SERIES = 10  # so many names of one district that differ by a number alone are numbered on purpose


def _settled(coop: _Coop, name: str) -> bool:
    return read_coop_name(name).key in coop.confirmed


def _candidates(keys: list[str]) -> set[tuple[str, str]]:
    """Pairs of keys that a rule may hold for: the same but for what the rule lets differ, or close by letters."""
    buckets: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in keys:
        proper = key.rsplit("|", 1)[-1]
        for rule, reduced in zip(("same", *RULES), (proper, *reduce_name(proper)), strict=True):
            buckets[rule, reduced].add(key)
    found = {pair for same in buckets.values() if len(same) < SERIES for pair in combinations(sorted(same), 2)}
    stems = {key: re.sub(r"\d+", "#", key) for key in keys}
    series = {stem for stem, members in Counter(stems.values()).items() if members >= SERIES}
    ordered = sorted(keys)
    for n, one in enumerate(ordered, 1):
        for other, _, _ in process.extract(one, ordered[n:], scorer=fuzz.ratio, score_cutoff=74, limit=None):
            if not (stems[one] in series and stems[one] == stems[other]):
                found.add((one, other))
    return found
