"""Who is named in the rows that were read: every mention of an owner is gathered, and given its co-operative's id.

Most names are nobody else's, and bear codes that nobody else bears: those are settled here, as sets. What may be one with another, or two, is left
to `identities.resolve`, which looks at each mention.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import reporters
from coop_pipeline.forms.spec import Form
from coop_pipeline.intake.corrections import ConfirmedName
from coop_pipeline.intake.names import read_coop_name, registration_key
from coop_pipeline.store.identities import Identities, Mention, Plain, resolve
from coop_pipeline.store.schema import literal
from coop_pipeline.store.warehouse import PORTION, Connection

OWNED: tuple[Form, ...] = tuple(form for form in FORMS.values() if form.owner)
_IDENTIFYING = ("reporter_code", "owner_key", "district_code", "commune_code", "tax_code", "registration_no")


def identify(connection: Connection, names: Sequence[ConfirmedName], forms: Sequence[Form], rows: int) -> Identities:
    """`stage.mentions`, and the ids that `join_owners` and `owners_among` find there. `names` are confirmed spellings, `forms` those with rows,
    `rows` how many these are."""
    _gather(connection, [form for form in forms if form.owner], rows)
    confirmed = {(name.reporter, read_coop_name(name.spelling).key): name for name in names}
    settle(connection, {key for _, key in confirmed})
    grounds = {r.code: r.districts for r in reporters()}
    connection.execute(  # those that Python looks at, by a number that says which comes first
        f"""
        create or replace table stage.chosen as
        select m.rowid as mention, p.id is not null as is_plain,
            row_number() over (order by m.first_period, m.form, m.file, {", ".join(f"m.{c}" for c in _IDENTIFYING)}) as number
        from stage.mentions m left join stage.plain p on p.owner_key = m.owner_key and p.district = coalesce(m.district_code, '')
        where m.owner_key <> '' and (p.id is null or m.rowid in (select first from stage.plain union select named from stage.plain))
        """
    )
    looked_at: list[Mention] = []
    speaking: dict[int, Mention] = {}  # for the plain ones, by rowid
    chosen = connection.execute(
        "select c.mention, c.is_plain, c.number, m.owner_key, m.owner_kind, m.name, m.district_code, m.commune_code, m.tax_code, m.registration_no, "
        "m.form, m.first_period, f.submission_id, m.reporter_code, m.received_at from stage.chosen c join stage.mentions m on m.rowid = c.mention "
        "join stage.files f on f.number = m.file order by c.number"
    ).fetchall()
    for mention, is_plain, n, key, kind, name, district, commune, tax, reg, form, period, submission, reporter, received_at in chosen:
        said = confirmed.get((reporter or "", key)) or confirmed.get(("", key))
        one = Mention(n, key, kind, name, district, commune, tax, reg, form == "cooperative_reports", period or "", submission,
                      said.cooperative_id if said else None, grounds.get(reporter or "", ()), received_at=received_at, form=form, forced_anywhere=bool(said and said.reporter))  # fmt: skip
        if is_plain:
            speaking[mention] = one
        else:
            looked_at.append(one)
    plain = [
        Plain(made, speaking[first], speaking[named], registered)
        for made, first, named, registered in connection.execute("select id, first, named, registered from stage.plain").fetchall()
    ]
    identities = resolve(looked_at, plain)
    connection.register(
        "numbered",
        pa.table({"number": pa.array(list(identities.ids), pa.int64()), "id": pa.array(list(identities.ids.values()), pa.string())}),
    )
    connection.execute(
        f"""
        create or replace table stage.owners as
        select m.form, m.file, {", ".join(f"m.{c}" for c in _IDENTIFYING)}, n.id
        from numbered n join stage.chosen c using (number) join stage.mentions m on m.rowid = c.mention
        """
    )
    connection.unregister("numbered")
    connection.execute("drop table stage.chosen")
    return identities


def join_owners(form: Form) -> tuple[str, str]:
    """SQL for the co-operative's id of a row `i` of a form's readings, of which `f` is the line in `stage.force`, and the joins that it needs."""
    district = "coalesce(i.district_code, i.owner_place, f.reporter_district)"
    own = {f.name for f in form.read}
    same = [
        f"o.{c} is not distinct from {district if c == 'district_code' else f'i.{c}'}"
        if c in own or c in ("reporter_code", "owner_key")
        else f"o.{c} is null"
        for c in _IDENTIFYING
    ]
    return (
        "coalesce(p.id, o.id)",
        f"""
        left join stage.plain p on p.owner_key = i.owner_key and p.district = coalesce({district}, '')
        left join stage.owners o on o.form = '{form.name}' and o.file = f.file and {" and ".join(same)}
        """,
    )


def owners_among(ids: str) -> str:
    """SELECT of the mentions of some co-operatives, whose ids the query `ids` gives."""
    return f"""
        select form, file, district_code, commune_code, tax_code, registration_no, id from stage.owners where id in ({ids})
        union all
        select m.form, m.file, m.district_code, m.commune_code, m.tax_code, m.registration_no, p.id
        from stage.mentions m join stage.plain p on p.owner_key = m.owner_key and p.district = coalesce(m.district_code, '') where p.id in ({ids})
        """


def _gather(connection: Connection, forms: Sequence[Form], rows: int) -> None:
    """`stage.mentions`: the distinct ways in which each submission names an owner. `rows` says how many rows there are to look at."""
    has = {form.name: {f.name for f in form.read} for form in forms}

    def column(form: Form, name: str) -> str:
        return f"i.{name}" if name in has[form.name] else "cast(null as varchar)"

    mentions = " union all ".join(
        f"""
        select '{form.name}' as form, i.submission_id, i.reporter_code, i.owner_key, i.owner_kind, i.{form.owner} as name, i.period,
            coalesce({column(form, "district_code")}, i.owner_place) as district_code, {column(form, "commune_code")} as commune_code,
            {column(form, "tax_code")} as tax_code, {column(form, "registration_no")} as registration_no
        from intake.{form.name} i where i.owner_key is not null and not i.rejected
        """
        for form in forms
    )
    stated = " union all ".join(f"select registration_no from intake.{name}" for name, fields in has.items() if "registration_no" in fields)
    numbers = [
        no for (no,) in connection.execute(f"select distinct registration_no from ({stated}) where registration_no is not null").fetchall()
    ]
    keys = {"registration_no": pa.array(numbers, pa.string()), "registration_key": pa.array(map(registration_key, numbers), pa.string())}
    connection.register("numbers", pa.table(keys))
    portions = rows // PORTION + 1
    for portion in range(portions):
        connection.execute(
            f"""
            {"insert into stage.mentions" if portion else "create or replace table stage.mentions as"}
            with mentions as ({mentions}),
            placed as (
                select m.* replace (coalesce(m.district_code, f.reporter_district) as district_code), f.file, f.received_at
                from mentions m join stage.force f on f.submission_id = m.submission_id and f.form = m.form
                    and f.reporter_code is not distinct from m.reporter_code and f.period is not distinct from m.period
                where f.file % {portions} = {portion}
            ),
            grouped as (
                select form, file, received_at, {", ".join(_IDENTIFYING)}, min(owner_kind) as owner_kind, min(name) as name, min(period) as first_period
                from placed group by all
            )
            select g.*, district_code || ' ' || n.registration_key as registration_key from grouped g left join numbers n using (registration_no)
            """
        )
    connection.unregister("numbers")


def settle(connection: Connection, confirmed: Collection[str]) -> None:
    """`stage.plain`: the co-operatives of `stage.mentions` about which there is nothing to decide.

    One key bears the name in its district, always as one of the four kinds; no list tells two of the name apart; its codes are nobody else's;
    the name stands nowhere without a district, unless it always does; and data staff have not `confirmed` the key as another's spelling.
    Then `resolve` would find it each time by its name, and make its id of that. `first` and `named` are the mentions that arrived first
    and came up first.
    """
    keys = ", ".join(map(literal, sorted(confirmed))) or "''"
    connection.execute(
        f"""
        create or replace table stage.plain as
        with known as not materialized (
            select *, rowid as mention, substr(owner_key, strpos(owner_key, '|') + 1) as bare, coalesce(district_code, '') as district
            from stage.mentions where owner_key <> ''
        ),
        codes as (
            select 'tax_code' as kind, tax_code as code, bare, district from known where tax_code is not null
            union select 'registration_no', registration_key, bare, district from known where registration_key is not null
        ),
        disputed as (
            select distinct bare, district from codes join (select kind, code from codes group by all having count(*) > 1) using (kind, code)
        ),
        homeless as (select bare from known group by bare having min(district) = '' and max(district) <> ''),
        plural as (
            select distinct bare, district from (
                select bare, district from known where form = 'cooperative_reports' group by bare, district, file
                having min(tax_code) <> max(tax_code) or min(commune_code) <> max(commune_code)
            )
        ),
        names as (
            select bare, district, min(owner_key) as owner_key, bool_or(form = 'cooperative_reports') as registered,
                arg_min(mention, row(received_at, first_period, form, file, reporter_code, commune_code, tax_code, registration_no)) as first,
                arg_min(mention, row(
                    cast(received_at as date), form <> 'cooperative_reports', received_at, coalesce(first_period, ''), file, form,
                    coalesce(tax_code, '~'), coalesce(commune_code, '~'), coalesce(registration_no, '~'), reporter_code
                )) as named
            from known group by bare, district
            having min(owner_key) = max(owner_key) and bool_and(owner_kind is not null) and min(owner_key) not in ({keys})
        )
        select owner_key, district, registered, first, named,
            'C' || left(sha256(owner_key || chr(31) || district || chr(31)), 12) as id
        from names anti join disputed using (bare, district) anti join plural using (bare, district) anti join homeless using (bare)
        """
    )
