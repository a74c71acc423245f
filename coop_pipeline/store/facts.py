"""From what was read to `core` and `quality`: which submission is in force, whose row it is, duplicates, rules, accounting.

Cells were judged in intake; here rows are judged against each other, as sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import compress, pairwise
from typing import Any

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import areas, codelist
from coop_pipeline.forms.duties import Owed, list_owed
from coop_pipeline.forms.issues import Issue, make_issue
from coop_pipeline.forms.spec import Field, Form
from coop_pipeline.forms.wording import mask_personal, show_value
from coop_pipeline.intake.corrections import ConfirmedName
from coop_pipeline.intake.records import ISSUES
from coop_pipeline.store.identities import Identities
from coop_pipeline.store.mentions import OWNED, identify, join_owners, owners_among
from coop_pipeline.store.schema import CORE, QUALITY, core_table, day_in_vietnam, literal
from coop_pipeline.store.warehouse import PORTION, Connection, insert, mark_built

REGISTER, CERTIFICATES = FORMS["cooperative_reports"], FORMS["certifications"]
_SIMILAR_RULES = {
    "sound": ("đọc giống nhau", "they read the same"),
    "accents": ("chỉ khác dấu", "only the accents differ"),
    "activity": ("chỉ khác ngành nghề trong tên", "only the activities in the name differ"),
    "kind": ("cùng tên riêng, khác loại hình", "the same name, another kind"),
    "suffix": ("chỉ khác số hoặc chữ ở cuối tên", "only a number or letter at the end differs"),
    "connective": ("chỉ khác từ nối, dấu nối", "only a connective differs"),
    "new": ("chỉ khác chữ “tân”, “mới”", "only “tân” or “mới” differs"),
    "region": ("chỉ khác tên miền", "only the region differs"),
    "typo": ("chỉ khác một chữ cái, có thể gõ nhầm", "one letter differs, perhaps a typing error"),
    "same_name": ("cùng tên, một bên không ghi huyện", "the same name, one without a district"),
    "tax_code": ("cùng mã số thuế", "the same tax code"),
    "registration_no": ("cùng số đăng ký trong huyện", "the same registration number in the district"),
}
_SIMILAR_SAID = 3  # of the names that one is alike, as many are said in its cell: enough for a person to look; all are listed


def build_facts(
    connection: Connection, names: Sequence[ConfirmedName], extra_issues: Iterable[Issue], lone: bool = False, key: str = ""
) -> None:
    """Rebuilds `core` and `quality` from `intake`. `names` are confirmed spellings; `lone` means a check of one workbook,
    where no register is at hand and unknown owners are no news. `key` stands for the state that this is built from. Forms of which nothing was
    read cost nothing. Inside a transaction of the caller's."""
    counts = _count_rows(connection)
    filled = [FORMS[name] for name in counts]
    forms = [REGISTER, *(form for form in filled if form is not REGISTER)]
    _decide_force(connection, forms)
    identities = identify(connection, names, forms, sum(counts.values()))
    _stage(connection, forms, counts)
    for table in QUALITY:
        connection.execute(f"delete from {table.full_name}")
    _fill_issues(connection)
    _say(connection, [("", issue) for issue in extra_issues])
    for form in filled:
        _say(connection, _find_duplicates(connection, form))
        _say(connection, _check_rules(connection, form))
    if REGISTER in filled:
        _say(connection, _find_outliers(connection))
    if CERTIFICATES in filled:
        _say(connection, _find_shared_certificates(connection))
    _say(connection, _find_superseded(connection))
    _say(connection, _find_repeated(connection))
    if not lone:
        _say(connection, _find_unknown(connection, forms))
    _say(connection, _find_similar(connection, identities, forms))
    _say(connection, _find_conflicts(connection, identities))
    if not lone:
        _say(connection, _find_unknown_ids(names, identities))
        _fill_core(connection, forms)
    _fill_quality(connection, forms)
    if not lone:
        _fill_completeness(connection)
        _fill_similar(connection, identities)
    mark_built(connection, "facts", key)


def clear_stage(connection: Connection) -> None:
    """Drops what only `build_facts` reads, before it is stored: it would be half of what is written. The rest audits read, maybe in a later run."""
    for name in (*FORMS, "sheets", "mentions", "plain", "owners"):
        connection.execute(f"drop table if exists stage.{name}")


# ---- which submission is in force


def _decide_force(connection: Connection, forms: Sequence[Form]) -> None:
    """`stage.files`, and `stage.force`: a line for each submission, form, reporter and period of the rows, with all that is the same for these.

    The newest submission of a reporter, form and period takes the place of older ones; supplements stand beside it.
    Newer: the higher revision mark, else the later arrival, else the larger id (so that the answer never depends on order).
    A form is held with a sound row, or where the workbook says that there is nothing to report; not with rejected rows alone.
    """
    held = " union all ".join(
        f"select submission_id, '{form.name}' as form, reporter_code, period, bool_or(not rejected) as is_held from intake.{form.name} group by all"
        for form in forms
    )
    connection.execute(
        """
        create or replace table stage.files as
        select
            a.submission_id, min(a.path) as path, min(a.path) as file, min(a.received_at) as received_at, max(a.size_bytes) as size_bytes,
            any_value(s.kind) as kind, any_value(s.status) as status, any_value(s.reporter_code) as reporter_code,
            any_value(s.period) as period, any_value(s.as_of) as as_of, any_value(try_cast(s.stated_on as date)) as stated_on,
            coalesce(any_value(s.revision), 0) as revision, coalesce(any_value(s.is_supplement), false) as is_supplement,
            cast(row_number() over (order by a.submission_id) as integer) as number
        from intake.arrivals a left join intake.submissions s using (submission_id)
        group by a.submission_id
        """
    )
    for (path,) in connection.execute("select path from stage.files").fetchall():
        if (shown := mask_personal(path)) != path:  # what is published names the file without a person that it names
            connection.execute("update stage.files set file = ? where path = ?", [shown, path])
    connection.execute(
        f"""
        create or replace table stage.force as
        with rows as ({held}),
        nils as (
            select distinct submission_id, form, reporter_code, period, true as is_held
            from intake.nils n anti join rows using (submission_id, form, reporter_code, period)
        ),
        ordered as (
            select h.*, f.number as file, f.is_supplement, f.received_at,
                row_number() over (
                    partition by h.reporter_code, h.form, h.period, f.is_supplement order by f.revision desc, f.received_at desc, h.submission_id desc
                ) as place
            from (select * from rows union all select * from nils) h join stage.files f using (submission_id)
        ),
        newest as (
            select reporter_code, form, period, is_supplement, arg_min(submission_id, place) as newest, min(place) as place
            from ordered where is_held group by all
        )
        select o.submission_id, o.form, o.reporter_code, o.period, o.is_held,
            o.is_held and (o.is_supplement or o.place = n.place) as in_force,
            not o.is_supplement and coalesce(o.place > n.place, false) as is_replaced, n.newest,
            row_number() over (order by o.period, o.reporter_code, o.file) as lot, o.file, o.is_supplement, o.received_at, d.starts_on as period_starts_on, d.ends_on as period_ends_on, r.district_code as reporter_district
        from ordered o left join newest n
            on {_same("o", "n", ("reporter_code", "form", "period", "is_supplement"))}
        left join ref.periods d on d.period = o.period
        left join ref.reporters r on r.reporter_code = o.reporter_code
        """
    )


def _same(one: str, other: str, columns: Iterable[str]) -> str:
    return " and ".join(f"{one}.{c} is not distinct from {other}.{c}" for c in columns)


def _stage(connection: Connection, forms: Sequence[Form], counts: Mapping[str, int]) -> None:
    """Every row that was read with its owner, its period's bounds and its verdict so far; `read_as` is its rowid in `intake`, where its texts stay.
    By period, reporter, submission and place."""
    connection.execute(
        "create or replace table stage.sheets as select submission_id, sheet, max(position) as position from intake.row_counts group by all"
    )
    for form in forms:
        owner, join = join_owners(form) if form.owner else ("cast(null as varchar)", "")
        for later, portion in enumerate(_list_portions(connection, form, counts.get(form.name, 0))):
            connection.execute(
                f"""
                {f"insert into stage.{form.name}" if later else f"create or replace table stage.{form.name} as"}
                select
                    i.* exclude (cells), i.rowid as read_as, {owner} as cooperative_id, f.file, f.is_supplement, f.received_at,
                    f.period_starts_on, f.period_ends_on, coalesce(c.position, 0) as position,
                    case when i.rejected then 'rejected' when f.in_force then 'accepted' else 'superseded' end as verdict
                from intake.{form.name} i
                join stage.force f on f.form = '{form.name}' and {_same("f", "i", ["submission_id", "reporter_code", "period"])}
                {join}
                left join stage.sheets c on c.submission_id = i.submission_id and c.sheet = i.sheet
                where {portion}
                order by f.lot, position, i.sheet, i.row_number, i.table_no
                """
            )


def _list_portions(connection: Connection, form: Form, count: int) -> list[str]:
    """Conditions on a row `i` of a form that part its periods, in order, into portions that are put in order in little memory."""
    if count <= PORTION:
        return ["true"]
    firsts, rows = [""], 0
    for period, n in connection.execute(
        f"select period, count(*) from intake.{form.name} where period is not null group by period order by period"
    ).fetchall():
        if rows and rows + n > PORTION:
            firsts.append(period)
            rows = 0
        rows += n
    return [
        *(f"i.period >= {literal(first)} and i.period < {literal(later)}" for first, later in pairwise(firsts)),
        f"(i.period >= {literal(firsts[-1])} or i.period is null)",
    ]


def _count_rows(connection: Connection) -> dict[str, int]:
    """How many rows were read of each form that has any."""
    counts = " union all ".join(f"select '{name}', count(*) from intake.{name}" for name in FORMS)
    return {name: n for name, n in connection.execute(counts).fetchall() if n}


# ---- rows against each other


def _address(connection: Connection, form: Form, field: str) -> str:
    """SQL for the cell of a field in a staged row `s`."""
    return (
        f"coalesce((select min(c.letters) from intake.columns c where c.submission_id = s.submission_id and c.sheet = s.sheet "
        f"and c.table_no = s.table_no and c.form = '{form.name}' and c.field = '{field}'), 'A') || s.row_number"
    )


def _reject(connection: Connection, form: Form, lines: Sequence[int]) -> None:
    """Keeps out staged rows by their rowid: one physical row may hold several, side by side."""
    if not lines:
        return
    connection.register("rejects", pa.table({"line": pa.array(lines, pa.int64())}))
    connection.execute(f"update stage.{form.name} set verdict = 'rejected' where rowid in (select line from rejects)")
    connection.unregister("rejects")


def _find_duplicates(connection: Connection, form: Form) -> list[tuple[str, Issue]]:
    """A row that repeats another of the same reporter and period in every cell is kept out; one that only shares its key is in conflict."""
    facts = [f.name for f in form.read if f.type != "note"]
    owner = ["coalesce(s.cooperative_id, s.owner_key)"] if form.owner else []
    compared = ", ".join([*owner, *(f"s.{c}" for c in facts if c != form.owner)])
    filled = " + ".join(f"(s.{c} is not null)::int" for c in facts)
    subject = next((f.name for f in form.required), form.owner or facts[0])
    key = [("cooperative_id" if c == form.owner else c) for c in form.key]
    keyed = " and ".join(f"s.{c} is not null" for c in key) or "false"
    texts = {f.name for f in form.fields if f.type == "text"}
    partition = ", ".join(f"lower(s.{c})" if c in texts else f"s.{c}" for c in key) or "1"
    candidates = connection.execute(  # few rows are like any other: only these are compared cell by cell
        f"""
        with hashed as (
            select s.rowid as line, {keyed} as keyed, hash(s.reporter_code, s.period, {compared}) as same,
                hash(s.reporter_code, s.period, {partition}) as likewise
            from stage.{form.name} s where s.verdict = 'accepted'
        )
        select line, keyed from hashed qualify count(*) over (partition by same) > 1 or (keyed and count(*) over (partition by likewise) > 1)
        """
    ).to_arrow_table()
    if not candidates.num_rows:
        return []
    connection.register("candidates", candidates)
    rows = connection.execute(
        f"""
        with ordered as (
            select
                s.*, c.line, {filled} as filled, c.keyed,
                row_number() over same as copy, first(s.row_number) over same as same_row, first(s.sheet) over same as same_sheet,
                row_number() over likewise as turn, first(s.row_number) over likewise as like_row, first(s.sheet) over likewise as like_sheet
            from stage.{form.name} s join candidates c on c.line = s.rowid
            window
                same as (partition by s.reporter_code, s.period, {compared} order by s.is_supplement, s.received_at, s.submission_id, s.position, s.row_number, s.table_no),
                likewise as (partition by s.reporter_code, s.period, {partition} order by s.is_supplement, s.received_at, s.submission_id, s.position, s.row_number, s.table_no)
        )
        select submission_id, sheet, row_number, {subject}, {_address(connection, form, subject)},
            case when copy > 1 then 'row_duplicate' else 'key_conflict' end,
            case when copy > 1 then same_row else like_row end, case when copy > 1 then same_sheet else like_sheet end, filled, keyed, line
        from ordered s
        where copy > 1 or (keyed and turn > 1)
        order by submission_id, position, row_number, table_no
        """
    ).fetchall()
    connection.unregister("candidates")
    said: list[tuple[str, Issue]] = []
    rejects: list[int] = []
    words_vi = ", ".join(f"“{form.field(name).vi}”" for name in form.key)
    words_en = ", ".join(f"“{form.field(name).en}”" for name in form.key)
    for submission, sheet, number, value, cell, code, other, other_sheet, filled_cells, is_keyed, line in rows:
        sure = is_keyed or filled_cells >= 4
        severity = ("error" if sure else "warning") if code == "row_duplicate" else form.key_severity
        where = f"{other}" if other_sheet == sheet else f"{other} ({other_sheet})"
        params = {"other": where, "key_vi": words_vi, "key_en": words_en}
        issue = make_issue(
            code, params, sheet=sheet, cell=cell, row_number=number, form=form.name, field=form.field(subject), value=show_value(value),
            severity=severity,
        )  # fmt: skip
        said.append((submission, issue))
        if severity == "error":
            rejects.append(line)
    _reject(connection, form, rejects)
    return said


def _title(f: Field, value: str) -> str:
    """A code by its Vietnamese title; anything else as it is."""
    return next((entry.label_vi for entry in codelist(f.codes) if entry.code == value), value) if f.codes else value


def _check_rules(connection: Connection, form: Form) -> list[tuple[str, Issue]]:
    said: list[tuple[str, Issue]] = []
    if not form.rules:
        return said
    broken = ", ".join(f"bool_or(not coalesce({rule.holds}, true))" for rule in form.rules)  # few are: one look for all of them
    verdicts = connection.execute(f"select {broken} from stage.{form.name} s where s.verdict = 'accepted'").fetchone() or ()
    for rule in compress(form.rules, verdicts):
        values = ", ".join(f"s.{name}" for name in rule.fields)
        rows = connection.execute(
            f"select s.submission_id, s.sheet, s.row_number, {_address(connection, form, rule.fields[0])}, s.rowid, {values} "
            f"from stage.{form.name} s where s.verdict = 'accepted' and not coalesce({rule.holds}, true) order by 1, 2, 3, s.table_no"
        ).fetchall()
        rejects: list[int] = []
        for submission, sheet, number, cell, line, *cells in rows:
            shown = {name: show_value(value) for name, value in zip(rule.fields, cells, strict=True)}
            titles = {name: _title(form.field(name), text) for name, text in shown.items()}
            params = {"rule_vi": rule.vi.format(**titles), "rule_en": rule.en.format(**shown)}
            issue = make_issue(
                "rule_broken", params, sheet=sheet, cell=cell, row_number=number, form=form.name, field=form.field(rule.fields[0]),
                value=shown[rule.fields[0]], severity=rule.severity,
            )  # fmt: skip
            said.append((submission, issue))
            if rule.severity == "error":
                rejects.append(line)
        _reject(connection, form, rejects)
    return said


# How many times its own figure of the period before, or its peers' median, a figure may be before a person should look.
_JUMPS = {
    "members": 5, "workers": 10, "revenue_vnd": 10, "charter_capital_vnd": 10, "total_capital_vnd": 10, "worker_income_vnd_month": 5, "area_ha": 10,
}  # fmt: skip
_PEER_TIMES = 200  # a slip of units is a thousand
_PEERS = 10


def _find_outliers(connection: Connection) -> list[tuple[str, Issue]]:
    """Figures of a co-operative that leap from its last report, or that stand far off its peers of the district and period."""
    form = REGISTER
    judged = ", ".join(
        f"coalesce(greatest({name}, before_{name}) >= {times} * least({name}, before_{name}), false) as leaps_{name}, "
        f"coalesce(peers_{name} >= {_PEERS} and greatest({name}, middle_{name}) >= {_PEER_TIMES} * least({name}, middle_{name}), false) as strays_{name}"
        for name, times in _JUMPS.items()
    )

    def each(prefix: str, suffix: str = "") -> str:
        return f"unnest([{', '.join(f'{prefix}{name}{suffix}' for name in _JUMPS)}])"

    rows = connection.execute(  # all figures in one go over the rows; those to be looked at are few
        f"""
        with figures as not materialized (
            select s.rowid as line, s.reporter_code, s.period, s.period_ends_on, s.kind, s.cooperative_id,
                {", ".join(f"case when s.{name} > 0 then s.{name} end as {name}" for name in _JUMPS)}
            from stage.cooperative_reports s where s.verdict = 'accepted'
        ),
        uneven as (  -- most lists hold no figure that is so far from another: their middle is not asked for
            select reporter_code, period, kind from figures group by all
            having {" or ".join(f"max({name}) >= {_PEER_TIMES} * min({name})" for name in _JUMPS)}
        ),
        peers as (
            select reporter_code, period, kind, {", ".join(f"median({name}) as middle_{name}, count({name}) as peers_{name}" for name in _JUMPS)}
            from figures s semi join uneven p on {_same("s", "p", ("reporter_code", "period", "kind"))} group by all
        ),
        restless as (  -- nor are the reports of a co-operative followed that are all of one size
            select cooperative_id from figures group by all
            having {" or ".join(f"max({name}) >= {times} * min({name})" for name, times in _JUMPS.items())}
        ),
        followed as (
            select line, {", ".join(f"lag({name} ignore nulls) over reports as before_{name}" for name in _JUMPS)}
            from figures s semi join restless r on r.cooperative_id is not distinct from s.cooperative_id
            window reports as (partition by cooperative_id order by period_ends_on, period, line)
        ),
        judged as (
            select s.*, w.* exclude (line), p.* exclude (reporter_code, period, kind), {judged}
            from figures s left join followed w on w.line = s.line left join peers p on {_same("s", "p", ("reporter_code", "period", "kind"))}
            where w.line is not null or p.peers_members is not null
        ),
        found as (
            select line, unnest(range({len(_JUMPS)})) as place, {each("'", "'")} as name, {each("", "::varchar")} as figure,
                {each("before_", "::varchar")} as before, {each("middle_", "::double")} as middle, {each("leaps_")} as leaps, {each("strays_")} as strays
            from judged where {" or ".join(f"leaps_{name} or strays_{name}" for name in _JUMPS)}
        ),
        letters as (  -- `_address` of seven fields would be planned seven times
            select submission_id, sheet, table_no, field, min(letters) as letters from intake.columns where form = '{form.name}' group by all
        )
        select s.submission_id, s.sheet, s.row_number, coalesce(c.letters, 'A') || s.row_number, f.name, f.figure, f.before, f.middle, f.leaps
        from found f join stage.cooperative_reports s on s.rowid = f.line
        left join letters c on c.submission_id = s.submission_id and c.sheet = s.sheet and c.table_no = s.table_no and c.field = f.name
        where f.leaps or f.strays
        order by f.place, 1, 2, 3
        """
    ).fetchall()
    said: list[tuple[str, Issue]] = []
    for submission, sheet, number, cell, name, figure, before, middle, leaps in rows:
        f = form.field(name)
        other, vi, en = (
            (before, "kỳ trước", "the period before")
            if leaps
            else (middle, "mức giữa của các HTX cùng huyện", "the median of its district")
        )
        shown, against = show_value(Decimal(figure)), show_value(Decimal(str(other)))
        params = {
            "rule_vi": f"“{f.vi}” chênh quá lớn so với {vi}: {shown} so với {against}",
            "rule_en": f"“{f.en}” is far from {en}: {shown} against {against}",
        }
        issue = make_issue("rule_broken", params, sheet=sheet, cell=cell, row_number=number, form=form.name, field=f, value=shown)
        said.append((submission, issue))
    return said


def _find_shared_certificates(connection: Connection) -> list[tuple[str, Issue]]:
    """One certificate number given to several owners of a period. (One decision recognises many OCOP products.)"""
    form = CERTIFICATES
    rows = connection.execute(
        f"""
        select s.submission_id, s.sheet, s.row_number, {_address(connection, form, "certificate_no")}, s.certificate_no,
            first(s.coop_name) over same, first(s.row_number) over same
        from stage.certifications s where s.verdict = 'accepted' and s.certificate_no is not null and s.cooperative_id is not null and s.scheme <> 'OCOP'
        window same as (partition by s.period, s.scheme, s.certificate_no order by s.received_at, s.submission_id, s.position, s.row_number)
        qualify s.cooperative_id <> first(s.cooperative_id) over same
        order by 1, 2, 3
        """
    ).fetchall()
    return [
        (
            submission,
            make_issue("key_conflict", {"other": f"{row} ({owner})", "key_vi": "số giấy chứng nhận", "key_en": "the certificate number"},
                       sheet=sheet, cell=cell, row_number=number, form=form.name, field=form.field("certificate_no"), value=value, severity="warning"),
        )
        for submission, sheet, number, cell, value, owner, row in rows
    ]  # fmt: skip


def _find_superseded(connection: Connection) -> list[tuple[str, Issue]]:
    rows = connection.execute(
        "select f.submission_id, f.form, n.file from stage.force f join stage.files n on n.submission_id = f.newest "
        "where f.is_held and f.is_replaced order by all"
    ).fetchall()
    return [
        (submission, make_issue("submission_superseded", {"other": other, "form_vi": FORMS[form].vi}, form=form))
        for submission, form, other in rows
    ]


def _find_repeated(connection: Connection) -> list[tuple[str, Issue]]:
    """Files whose very bytes arrived under other paths too: the others are named, at most five."""
    rows = connection.execute(
        "select a.submission_id, list(a.path order by a.path) from intake.arrivals a join stage.files f using (submission_id) "
        "where a.path <> f.path group by all order by all"
    ).fetchall()
    said = []
    for submission, paths in rows:
        others = ", ".join(f"“{path}”" for path in paths[:5]) + (f", … (+{len(paths) - 5})" if len(paths) > 5 else "")
        said.append((submission, make_issue("file_repeated", {"others": others})))
    return said


def _find_unknown(connection: Connection, forms: Sequence[Form]) -> list[tuple[str, Issue]]:
    """Owners that no list of co-operatives names, once a submission and form."""
    said: list[tuple[str, Issue]] = []
    for form in forms:
        if form is REGISTER or not form.owner:
            continue
        rows = connection.execute(
            f"""
            select s.submission_id, s.sheet, s.row_number, s.{form.owner}, {_address(connection, form, str(form.owner))}
            from stage.{form.name} s
            where s.verdict = 'accepted' and s.cooperative_id is not null
                and s.cooperative_id not in (select cooperative_id from stage.cooperative_reports where verdict <> 'rejected' and cooperative_id is not null)
            qualify row_number() over (partition by s.submission_id, s.cooperative_id order by s.position, s.row_number) = 1
            order by 1, 2, 3
            """
        ).fetchall()
        for submission, sheet, number, name, cell in rows:
            said.append(
                (submission, make_issue("cooperative_unknown", {}, sheet=sheet, cell=cell, row_number=number, form=form.name,
                                        field=form.field(str(form.owner)), value=name))
            )  # fmt: skip
    return said


def _find_similar(connection: Connection, identities: Identities, forms: Sequence[Form]) -> list[tuple[str, Issue]]:
    if not identities.similar:
        return []
    parts = " union all ".join(
        f"select s.cooperative_id, s.submission_id, s.sheet, s.row_number, '{form.name}' as form, s.{form.owner} as name, s.period, "
        f"{_address(connection, form, str(form.owner))} as cell from stage.{form.name} s where s.verdict = 'accepted' and s.cooperative_id in "
        "(select id from alike)"
        for form in forms
        if form.owner
    )
    connection.register("alike", pa.table({"id": sorted({s.id for s in identities.similar})}))
    rows = connection.execute(
        f"select * from ({parts}) qualify row_number() over (partition by cooperative_id order by period desc, submission_id, sheet, row_number) = 1"
    ).fetchall()
    connection.unregister("alike")
    places = {row[0]: row for row in rows}
    said: list[tuple[str, Issue]] = []
    told: Counter[str] = Counter()
    for pair in identities.similar:
        told[pair.id] += 1
        if pair.id not in places or told[pair.id] > _SIMILAR_SAID:
            continue
        _, submission, sheet, number, form_name, name, _, cell = places[pair.id]
        form = FORMS[form_name]
        vi, en = _SIMILAR_RULES[pair.rule]
        params = {"other": pair.other_name, "reason_vi": vi, "reason_en": en}
        said.append(
            (submission, make_issue("cooperative_similar", params, sheet=sheet, cell=cell, row_number=number, form=form_name,
                                    field=form.field(str(form.owner)), value=name))
        )  # fmt: skip
    return said


def _find_conflicts(connection: Connection, identities: Identities) -> list[tuple[str, Issue]]:
    """A tax code or registration number that one list gives to several names, or to a name that is known as another co-operative."""
    conflicts = identities.conflicts
    if not conflicts:
        return []
    connection.register(
        "conflicts",
        pa.table(
            {
                "number": range(len(conflicts)), "form": [c.form for c in conflicts], "field": [c.field for c in conflicts],
                "submission": [c.submission for c in conflicts], "given": [c.values for c in conflicts], "keys": [c.keys for c in conflicts],
            }
        ),
    )  # fmt: skip
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for form_name, name in sorted({(c.form, c.field) for c in conflicts}):
        found = connection.execute(
            f"""
            select c.number, s.submission_id, s.sheet, s.row_number, {_address(connection, FORMS[form_name], name)}, s.{name},
                first(s.row_number) over same, row_number() over same
            from stage.{form_name} s join conflicts c
                on c.submission = s.submission_id and list_contains(c.given, s.{name}) and list_contains(c.keys, s.owner_key)
            where c.form = '{form_name}' and c.field = '{name}' and s.verdict <> 'rejected'
            window same as (partition by c.number order by s.position, s.row_number)
            order by 1, 2, 3, 4
            """
        ).fetchall()
        for number, *row in found:
            rows.setdefault(number, []).append(tuple(row))
    connection.unregister("conflicts")
    said: list[tuple[str, Issue]] = []
    for n, conflict in enumerate(conflicts):
        form = FORMS[conflict.form]
        f = form.field(conflict.field)
        for submission, sheet, number, cell, value, first, turn in rows.get(n, ()):
            if turn == 1 and not conflict.other:
                continue
            params = {"other": f"của “{conflict.other}”" if conflict.other else str(first), "key_vi": f"“{f.vi}”", "key_en": f"“{f.en}”"}
            said.append(
                (submission, make_issue("key_conflict", params, sheet=sheet, cell=cell, row_number=number, form=form.name, field=f, value=value,
                                        severity="warning"))
            )  # fmt: skip
    return said


def _find_unknown_ids(names: Sequence[ConfirmedName], identities: Identities) -> list[tuple[str, Issue]]:
    """Lines of cooperative_names.csv whose id no co-operative has."""
    file = "cooperative_names.csv"
    return [
        ("", make_issue("correction_broken", {
            "file": file, "line": str(name.line), "reason_vi": f"không có HTX, THT nào mang mã “{name.cooperative_id}”",
            "reason_en": f"no co-operative has the id “{name.cooperative_id}”"}, sheet=file, row_number=name.line))
        for name in names if name.cooperative_id not in identities.made
    ]  # fmt: skip


def _fill_similar(connection: Connection, identities: Identities) -> None:
    """The pairs for a person to decide, with what speaks for and against: rule, score, places, codes, and where each was seen."""
    if not identities.similar:
        return
    pairs = [
        (s.id, s.name, s.other, s.other_name, s.rule, _SIMILAR_RULES[s.rule][0], s.score) for s in identities.similar
    ]  # fmt: skip
    names = ("cooperative_id", "name", "other_id", "other_name", "rule", "rule_vi", "score_ratio")
    types = [pa.string()] * 6 + [pa.float64()]
    connection.register(
        "pairs", pa.table({n: pa.array([p[i] for p in pairs], t) for i, (n, t) in enumerate(zip(names, types, strict=True))})
    )
    connection.execute(
        f"""
        insert into quality.similar_cooperatives
        with ids as (select cooperative_id as id from pairs union select other_id from pairs),
        named as ({owners_among("select id from ids")}),
        seen as (
            select o.id,
                string_agg(distinct o.district_code, '|' order by o.district_code) as districts,
                string_agg(distinct o.commune_code, '|' order by o.commune_code) as communes,
                string_agg(distinct o.tax_code, '|' order by o.tax_code) as tax_codes,
                string_agg(distinct o.registration_no, '|' order by o.registration_no) as registration_nos,
                string_agg(distinct f.file || ' (' || o.form || ')', '|' order by f.file || ' (' || o.form || ')') as files
            from named o join stage.files f on f.number = o.file group by all
        ),
        lists as (select distinct id, file from named where form = 'cooperative_reports')
        select p.cooperative_id, p.name, p.other_id, p.other_name, p.rule, p.rule_vi, p.score_ratio,
            a.districts, b.districts, a.communes, b.communes, a.tax_codes, b.tax_codes, a.registration_nos, b.registration_nos, a.files, b.files,
            exists (select 1 from lists x join lists y using (file) where x.id = p.cooperative_id and y.id = p.other_id)
        from pairs p join seen a on a.id = p.cooperative_id join seen b on b.id = p.other_id
        order by p.cooperative_id, p.other_id
        """
    )
    connection.unregister("pairs")


# ---- core and quality


def _fill_core(connection: Connection, forms: Sequence[Form]) -> None:
    """In the order of the staged rows: by period, reporter, submission and place."""
    for form in FORMS.values():
        table = core_table(form)
        columns = ", ".join(f'"{c.name}"' for c in table.columns)
        connection.execute(f"delete from {table.full_name}")
        if form in forms:
            connection.execute(
                f"insert into {table.full_name} ({columns}) select {columns} from stage.{form.name} where verdict = 'accepted'"
            )
    connection.execute("delete from core.cooperatives")
    names = ", ".join(f'"{column.name}"' for column in CORE[0].columns)
    connection.execute(f"insert into core.cooperatives ({names}) {select_cooperatives(forms)}")


def select_cooperatives(forms: Sequence[Form] = OWNED) -> str:
    """The SELECT behind core.cooperatives, over the staged rows of those of the forms that name an owner."""
    latest = "s.period_ends_on, s.period_starts_on, s.file, s.position, s.row_number"
    newest = f"row({latest})"
    kept = (
        "tax_code",
        "registration_no",
        "district_code",
        "commune_code",
        "address",
        "sector",
        "products",
        "established_on",
        "status",
        "rating",
    )
    register = ", ".join(f"arg_max(s.{c}, s.turn) filter (s.{c} is not null) as {c}" for c in kept)
    units = sorted({a.valid_from for a in areas() if a.level == "commune" and a.valid_from is not None})

    def placed(newest: str) -> str:
        unit = f"case when s.period_ends_on >= date '{units[-1]}' then date '{units[-1]}' else date '{units[0]}' end"
        return f"arg_max({unit}, {newest}) filter (s.commune_code is not null) as commune_valid_from"

    others = " union all ".join(
        f"""select s.cooperative_id, s.{form.owner} as name, s.owner_kind as kind,
            {"s.district_code" if any(f.name == "district_code" for f in form.read) else "cast(null as varchar)"} as district_code,
            {"s.commune_code" if any(f.name == "commune_code" for f in form.read) else "cast(null as varchar)"} as commune_code,
            {"s.tax_code" if any(f.name == "tax_code" for f in form.read) else "cast(null as varchar)"} as tax_code,
            s.period_ends_on, s.period_starts_on, s.file, s.position, s.period, s.reporter_code, s.submission_id, s.sheet, s.row_number
        from stage.{form.name} s where s.verdict = 'accepted' and s.cooperative_id is not null and {form is not REGISTER}"""
        for form in [form for form in forms if form.owner and form is not REGISTER] or [REGISTER]  # which names nobody beyond itself
    )
    provenance = ("period", "reporter_code", "submission_id", "sheet", "row_number")

    def traced(newest: str) -> str:
        return ", ".join(f"arg_max(s.{c}, {newest}) as {c}" for c in provenance)

    wanted = ", ".join(f'"{c.name}"' for c in CORE[0].columns)
    return f"""
        with turns as (  -- a number is compared faster than a row, and these are many
            select s.read_as, row_number() over (order by {latest}, s.table_no desc) as turn
            from stage.cooperative_reports s where s.verdict = 'accepted' and s.cooperative_id is not null
        ),
        listed as (select s.*, t.turn from stage.cooperative_reports s join turns t using (read_as)),
        registered as (
            select s.cooperative_id, arg_max(s.name, s.turn) as name, arg_max(s.kind, s.turn) filter (s.kind is not null) as kind,
                {register}, {placed("s.turn")}, false as is_inferred, {traced("s.turn")}
            from listed s group by s.cooperative_id
        ),
        mentioned as ({others}),
        inferred as (
            select s.cooperative_id, arg_max(s.name, {newest}) as name, arg_max(s.kind, {newest}) filter (s.kind is not null) as kind,
                arg_max(s.tax_code, {newest}) filter (s.tax_code is not null) as tax_code, cast(null as varchar) as registration_no,
                arg_max(s.district_code, {newest}) filter (s.district_code is not null) as district_code,
                arg_max(s.commune_code, {newest}) filter (s.commune_code is not null) as commune_code, {placed(newest)},
                cast(null as varchar) as address, cast(null as varchar) as sector, cast(null as varchar) as products,
                cast(null as date) as established_on, cast(null as varchar) as status, cast(null as varchar) as rating, true as is_inferred, {traced(newest)}
            from mentioned s where s.cooperative_id not in (select cooperative_id from registered) group by s.cooperative_id
        )
        select {wanted} from (select * from registered union all by name select * from inferred)
        order by cooperative_id
        """


def _fill_issues(connection: Connection) -> None:
    """What was said while reading, by submission, whichever was read first; so many submissions at once as little memory puts in order."""
    ((rows, files),) = connection.execute("select (select count(*) from intake.issues), (select count(*) from stage.files)").fetchall()
    portions = rows // PORTION + 1
    for portion in range(portions):
        first, last = files * portion // portions, files * (portion + 1) // portions
        connection.execute(
            f"""
            insert into quality.issues
            select i.*, true from intake.issues i join stage.files f on f.submission_id = i.submission_id and f.number > {first} and f.number <= {last}
            order by f.number, i.rowid
            """
        )


def _say(connection: Connection, said: Sequence[tuple[str, Issue]]) -> None:
    """Adds issues, each with its submission, to quality.issues: one kind's at a time, for they may be many."""
    if said:
        issues = pa.table(
            {
                name: [submission for submission, _ in said] if name == "submission_id" else [getattr(issue, name) for _, issue in said]
                for name in ISSUES.names
            },
            schema=ISSUES,
        ).append_column("in_force", pa.array([True] * len(said)))
        insert(connection, "quality.issues", issues)


def _fill_quality(connection: Connection, forms: Sequence[Form]) -> None:
    verdicts = " union all ".join(
        f"select submission_id, sheet, '{form.name}' as form, reporter_code, period, row_number, verdict from stage.{form.name}"
        for form in forms
    )
    rejected = " union all ".join(
        f"select s.submission_id, s.sheet, s.row_number, '{form.name}' as form, i.cells "
        f"from stage.{form.name} s join intake.{form.name} i on i.rowid = s.read_as where s.verdict = 'rejected'"
        for form in forms
    )
    connection.execute(f"create or replace table stage.verdicts as {verdicts}")
    connection.execute(
        """
        insert into quality.row_counts
        with judged as (
            select submission_id, sheet, form, count(distinct row_number) filter (verdict = 'rejected') as rejected from (
                select submission_id, sheet, form, row_number, case when bool_or(verdict <> 'rejected') then 'kept' else 'rejected' end as verdict
                from stage.verdicts group by all
            ) group by all
        )
        select c.submission_id, c.sheet, c.form, c.header, c.data_read - coalesce(j.rejected, 0), coalesce(j.rejected, 0),
            c.total, c.section, c.note, c.blank, c.header + c.data_read + c.total + c.section + c.note + c.blank
        from intake.row_counts c left join judged j on j.submission_id = c.submission_id and j.sheet = c.sheet and j.form = c.form
        where c.submission_id in (select submission_id from stage.files)
        order by c.submission_id, c.position, c.form
        """
    )
    connection.execute(f"insert into quality.rejected_rows {rejected} order by all")
    connection.execute(
        """
        update quality.issues set in_force = false
        where form <> '' and (submission_id, form) in (select submission_id, form from stage.force group by all having bool_and(is_replaced))
            or submission_id in (select submission_id from stage.force group by submission_id having bool_and(is_replaced))
        """
    )
    connection.execute(
        """
        insert into quality.submissions
        with rows as (
            select submission_id, sum(data_accepted + data_rejected) as rows_read, sum(data_accepted) as rows_accepted,
                sum(data_rejected) as rows_rejected, count(*) filter (form <> '') as tables
            from quality.row_counts group by all
        ),
        force as (select submission_id, bool_and(is_replaced) as is_replaced, bool_or(is_held) as is_held from stage.force group by all),
        lost as (select distinct submission_id from quality.issues where severity = 'error' and code in ('header_missing', 'period_unknown', 'reporter_unknown', 'reporter_not_in_force'))
        select f.submission_id, f.file, f.reporter_code, f.period, f.received_at,
            case
                when o.is_replaced then 'superseded'
                when f.status <> 'read' or (coalesce(r.tables, 0) = 0 and not coalesce(o.is_held, false)) or (r.rows_read > 0 and r.rows_accepted = 0) then 'rejected'
                when r.rows_rejected > 0 or f.submission_id in (select submission_id from lost) then 'partial'
                else 'accepted'
            end,
            coalesce(r.rows_read, 0), coalesce(r.rows_accepted, 0), coalesce(r.rows_rejected, 0),
            f.kind, f.size_bytes, f.revision, f.is_supplement, f.stated_on
        from stage.files f left join rows r using (submission_id) left join force o using (submission_id)
        order by f.file, f.submission_id
        """
    )
    connection.execute(
        """
        insert into quality.reports
        with judged as (
            select submission_id, reporter_code, period, count(*) as rows_read, count(*) filter (verdict = 'rejected') as rows_rejected
            from stage.verdicts where reporter_code is not null and period is not null group by all
        ),
        said as (
            select submission_id, reporter_code, period from judged
            union select submission_id, reporter_code, period from quality.submissions where reporter_code is not null and period is not null
        )
        select a.submission_id, a.reporter_code, a.period,
            case when j.rows_read > 0 then j.rows_read > j.rows_rejected else exists (
                select 1 from intake.nils n where n.submission_id = a.submission_id and n.reporter_code = a.reporter_code and n.period = a.period
            ) end,
            coalesce(j.rows_read, 0), coalesce(j.rows_rejected, 0)
        from said a join quality.submissions s on a.submission_id = s.submission_id
            left join judged j on j.submission_id = a.submission_id and j.reporter_code = a.reporter_code and j.period = a.period
        order by a.period, a.reporter_code, s.file, a.submission_id
        """
    )


def _fill_completeness(connection: Connection) -> None:
    """Who owes which form for each year, or first half of one, that any submission is about, and what came; other periods only where
    something came.

    A form came with data rows, also where all of them were rejected, or with the word that there is nothing to report; never with an empty
    template. Rows are those of the submissions that no later one took the place of. Days are counted to the date beside the signature, else
    to the day of arrival in Vietnam. A form is owed by those who are in force on the period's last day: for 2025 by the communes and no longer
    by the districts.
    """
    received_on = day_in_vietnam("received_at")
    connection.register("owed", pa.table(dict(zip(Owed._fields, map(list, zip(*list_owed(), strict=True)), strict=True))))
    connection.execute(
        f"""
        insert into quality.completeness
        with due as (
            select p.period, p.kind, p.ends_on from ref.periods p
            where (p.kind = 'year' and p.period in (select left(period, 4) from stage.force where period is not null))
                or (p.kind = 'half' and month(p.ends_on) = 6 and p.period in (select period from stage.force))
        ),
        judged as (
            select submission_id, reporter_code, form, period,
                count(*) filter (verdict = 'accepted') as rows_accepted, count(*) filter (verdict = 'rejected') as rows_rejected
            from stage.verdicts group by all
        ),
        got as (
            select h.reporter_code, h.form, h.period, min(f.stated_on) as stated_on, min(f.received_at) as received_at,
                sum(j.rows_accepted) as rows_accepted, sum(j.rows_rejected) filter (not h.is_replaced) as rows_rejected
            from stage.force h join stage.files f using (submission_id)
            left join judged j on j.submission_id = h.submission_id and j.reporter_code = h.reporter_code and j.form = h.form and j.period = h.period
            where h.reporter_code is not null and h.period is not null group by all
        ),
        expected as (
            select o.reporter_code, o.form, d.period, true as expected, o.due_source,
                make_date(year(d.ends_on) + case when d.kind = 'year' then 1 else 0 end, cast(o.due_month as integer), cast(o.due_day as integer)) as due_on
            from owed o join due d on d.kind = o.period_kind
                and d.ends_on between coalesce(o.valid_from, d.ends_on) and coalesce(o.valid_to, d.ends_on)
        ),
        dated as (
            select *, {received_on} as received_on, coalesce(stated_on, {received_on}) as counted_on
            from got
        )
        select coalesce(e.reporter_code, g.reporter_code) as reporter_code, coalesce(e.form, g.form) as form, coalesce(e.period, g.period) as period,
            coalesce(e.expected, false), g.form is not null,
            case when g.form is null or e.due_on is null then null else g.counted_on <= e.due_on end,
            coalesce(g.rows_accepted, 0), coalesce(g.rows_rejected, 0), e.due_on, e.due_source, g.stated_on, g.received_on,
            case when e.due_on is not null and g.form is not null then greatest(g.counted_on - e.due_on, 0) end
        from expected e full join dated g on e.reporter_code = g.reporter_code and e.form = g.form and e.period = g.period
        order by period, reporter_code, form
        """
    )
    connection.unregister("owed")
