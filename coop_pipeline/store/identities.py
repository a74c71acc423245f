"""Which names mean the same co-operative. One id in every form, period and spelling; what is only similar is never merged.

An id is made from the name and district under which a co-operative was first reported (earliest period first), so the order of
arrival plays no part, and a workbook of the same or a later period never changes it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from coop_pipeline.intake.names import read_coop_name, similar_reason


@dataclass(frozen=True, slots=True)
class Mention:
    """A co-operative as rows name it: every distinct combination, with the first period in which it occurs."""

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


MOST_SIMILAR = 3  # names said to resemble one: enough for a person to look
Node = tuple[str, str, str]  # key, district, what tells two of one name in one district apart


@dataclass(slots=True)
class Similar:
    """Two co-operatives whose names a person should compare."""

    id: str
    other: str
    name: str
    other_name: str
    reason: str


@dataclass(slots=True)
class Identities:
    ids: dict[int, str | None]
    similar: list[Similar]
    shared_tax_codes: dict[str, tuple[str, ...]]


class _Union:
    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def find(self, node: Node) -> Node:
        parent = self._parent.setdefault(node, node)
        if parent != node:
            parent = self._parent[node] = self.find(parent)
        return parent

    def join(self, one: Node, other: Node) -> None:
        a, b = self.find(one), self.find(other)
        if a != b:
            self._parent[max(a, b)] = min(a, b)


def is_cooperative(mention: Mention) -> bool:
    """Whether the owner is one of the four kinds, or bears a name that could be one (companies, households and offices are not)."""
    if mention.kind is not None:
        return True
    lowered = mention.name.casefold()
    foreign = ("công ty", "cty", "doanh nghiệp", "dn ", "hộ ", "hkd", "ubnd", "ủy ban", "uỷ ban", "liên nhóm", "nhóm", "trung tâm", "chi cục",
               "trạm", "trang trại", "cơ sở", "ông ", "bà ", "hội ", "phòng ", "trường ", "xưởng", "cửa hàng")  # fmt: skip
    return not lowered.startswith(foreign)


def resolve(mentions: Iterable[Mention]) -> Identities:
    """An id for every mention (None for owners that are no co-operative)."""
    known = [m for m in mentions if m.key]
    plural = _plural(known)
    union = _Union()
    nodes: dict[int, Node] = {}
    by_key: dict[str, set[Node]] = defaultdict(set)
    for m in known:
        if m.district is not None and is_cooperative(m):
            node = nodes[m.number] = (m.key, m.district, _mark(m, plural))
            union.find(node)
            by_key[m.key].add(node)
    _join_by_tax_code(known, nodes, union)
    _join_kindless(known, nodes, by_key, union)
    for m in known:
        if m.number in nodes or not is_cooperative(m):
            continue
        roots = {union.find(node) for node in by_key.get(m.key, ())}
        nodes[m.number] = next(iter(roots)) if len(roots) == 1 else (m.key, m.district or "", "")
        union.find(nodes[m.number])
    ids, shown = _name_groups(known, nodes, union)
    result: dict[int, str | None] = {
        m.number: m.forced or ids.get(union.find(nodes[m.number])) if m.number in nodes else m.forced for m in known
    }
    shared = _shared_tax_codes(known)
    return Identities(result, _similar(known, result, shown), shared)


def _plural(mentions: list[Mention]) -> dict[tuple[str, str], tuple[str, str]]:
    """Names that one list of co-operatives holds twice in one district: by what they are told apart (tax code or, failing that,
    commune), and the value of the one that was listed first, which keeps the id that it had while it was alone."""
    listed: dict[tuple[str, str, str], set[tuple[str | None, str | None]]] = defaultdict(set)
    for m in mentions:
        if m.registered and m.district:
            listed[m.submission, m.key, m.district].add((m.tax_code, m.commune))
    plural: dict[tuple[str, str], str] = {}
    for (_, key, district), seen in listed.items():
        taxes = {tax for tax, _ in seen if tax}
        communes = {commune for _, commune in seen if commune}
        if len(taxes) > 1:
            plural[key, district] = "tax_code"
        elif len(communes) > 1 and plural.get((key, district)) is None:
            plural[key, district] = "commune"
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for name, by in plural.items():
        values = [(m.first_period, getattr(m, by)) for m in mentions if m.registered and (m.key, m.district) == name and getattr(m, by)]
        first[name] = (by, min(values)[1])
    return first


def _mark(mention: Mention, plural: dict[tuple[str, str], tuple[str, str]]) -> str:
    by, first = plural.get((mention.key, mention.district or ""), ("", ""))
    value = (getattr(mention, by) or "") if by else ""
    return "" if value == first else value


def _shared_tax_codes(mentions: list[Mention]) -> dict[str, tuple[str, ...]]:
    """Tax codes that one submission gives to several names: a slip of the sender's, no evidence that they are one."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for m in mentions:
        if m.tax_code and m.registered:
            seen[m.submission, m.tax_code].add(m.key)
    return {tax: tuple(sorted(keys)) for (_, tax), keys in sorted(seen.items()) if len(keys) > 1}


def _join_by_tax_code(mentions: list[Mention], nodes: dict[int, Node], union: _Union) -> None:
    shared = _shared_tax_codes(mentions)
    first: dict[str, Node] = {}
    for m in sorted(mentions, key=lambda m: (m.first_period, m.key, m.district or "")):
        if m.tax_code and m.tax_code not in shared and m.number in nodes:
            union.join(first.setdefault(m.tax_code, nodes[m.number]), nodes[m.number])


def _join_kindless(mentions: list[Mention], nodes: dict[int, Node], by_key: dict[str, set[Node]], union: _Union) -> None:
    """A name without its type word ("Hà Phong") is the co-operative of that name in the district, if there is just one."""
    bare: dict[tuple[str, str], set[Node]] = defaultdict(set)
    for node in {n for n in nodes.values() if not n[0].startswith("|")}:
        bare[node[0].split("|", 1)[-1], node[1]].add(node)
    for m in mentions:
        if m.kind is None and m.number in nodes:
            matches = {union.find(n) for n in bare.get((m.key.split("|", 1)[-1], m.district or ""), ())}
            if len(matches) == 1:
                union.join(next(iter(matches)), nodes[m.number])


def _name_groups(mentions: list[Mention], nodes: dict[int, Node], union: _Union) -> tuple[dict[Node, str], dict[str, Mention]]:
    first: dict[Node, tuple[tuple[str, bool, str, str, str], Mention]] = {}
    for m in mentions:
        if m.number not in nodes:
            continue
        root = union.find(nodes[m.number])
        rank = (m.first_period, not m.registered, *nodes[m.number])
        if root not in first or rank < first[root][0]:
            first[root] = (rank, m)
    ids: dict[Node, str] = {}
    shown: dict[str, Mention] = {}
    for root, (rank, m) in first.items():
        made = "C" + hashlib.sha256("\x1f".join(rank[2:]).encode()).hexdigest()[:12]
        ids[root] = made
        shown[made] = m
    return ids, shown


def _similar(mentions: list[Mention], ids: dict[int, str | None], shown: dict[str, Mention]) -> list[Similar]:
    """Pairs of co-operatives of one district whose names the decree calls confusable, or that one slip of the pen tells apart."""
    per_district: dict[str, list[tuple[str, Mention]]] = defaultdict(list)
    for made, m in sorted(shown.items()):
        per_district[m.district or ""].append((made, m))
    found: list[Similar] = []
    told: dict[str, int] = {}
    for entries in per_district.values():
        keys = [m.key for _, m in entries]
        if len(keys) < 2:
            continue
        scores = process.cdist(keys, keys, scorer=fuzz.ratio, score_cutoff=74, dtype="uint8")
        for i, j in zip(*scores.nonzero(), strict=True):
            if i >= j:
                continue
            (a_id, a), (b_id, b) = entries[int(i)], entries[int(j)]
            reason = similar_reason(read_coop_name(a.name), read_coop_name(b.name))
            if reason and a.key != b.key:
                if (a.registered and not b.registered) or (a.registered == b.registered and a.first_period < b.first_period):
                    (a_id, a), (b_id, b) = (b_id, b), (a_id, a)
                if told.setdefault(a_id, 0) < MOST_SIMILAR:
                    told[a_id] += 1
                    found.append(Similar(a_id, b_id, a.name, b.name, reason))
    return found
