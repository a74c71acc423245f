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
from coop_pipeline.store.warehouse import Connection

OWNED: tuple[Form, ...] = tuple(form for form in FORMS.values() if form.owner)


def identify(connection: Connection, names: Sequence[ConfirmedName], forms: Sequence[Form]) -> Identities:
    """`stage.owners`: every mention with its co-operative's id, NULL where it is none. `names` are confirmed spellings, `forms` those with rows."""
    _gather(connection, [form for form in forms if form.owner])
    confirmed = {(name.reporter, read_coop_name(name.spelling).key): name for name in names}
    settle(connection, {key for _, key in confirmed})
    grounds = {r.code: r.districts for r in reporters()}

    def read(joined: str) -> list[Mention]:
        rows = connection.execute(
            "select m.number, m.owner_key, m.owner_kind, m.name, m.district_code, m.commune_code, m.tax_code, m.registration_no, m.form, "
            f"m.first_period, m.submission_id, m.reporter_code, m.received_at from stage.mentions m {joined} order by m.number"
        ).fetchall()
        found = []
        for n, key, kind, name, district, commune, tax, reg, form, period, submission, reporter, received_at in rows:
            said = confirmed.get((reporter or "", key)) or confirmed.get(("", key))
            found.append(
                Mention(n, key, kind, name, district, commune, tax, reg, form == "cooperative_reports", period or "", submission,
                        said.cooperative_id if said else None, grounds.get(reporter or "", ()), received_at=received_at, form=form, forced_anywhere=bool(said and said.reporter))
            )  # fmt: skip
        return found

    speaking = {m.number: m for m in read("where number in (select first from stage.plain union select named from stage.plain)")}
    plain = [
        Plain(made, speaking[first], speaking[named], registered)
        for made, first, named, registered in connection.execute("select id, first, named, registered from stage.plain").fetchall()
    ]
    identities = resolve(read("anti join stage.plain p on p.bare = m.bare and p.district = m.district where m.owner_key <> ''"), plain)
    connection.register(
        "numbered",
        pa.table({"number": pa.array(list(identities.ids), pa.int64()), "id": pa.array(list(identities.ids.values()), pa.string())}),
    )
    connection.execute(
        """
        create or replace table stage.owners as
        select m.* exclude (bare, district, registration_key, received_at), coalesce(p.id, n.id) as cooperative_id
        from stage.mentions m left join numbered n using (number) left join stage.plain p on p.bare = m.bare and p.district = m.district
        where m.owner_key <> ''
        """
    )
    connection.unregister("numbered")
    connection.execute("drop table stage.mentions; drop table stage.plain")
    return identities


def _gather(connection: Connection, forms: Sequence[Form]) -> None:
    """`stage.mentions`: the distinct ways in which each submission names an owner."""
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
    identifying = "form, submission_id, reporter_code, owner_key, district_code, commune_code, tax_code, registration_no"
    connection.execute(
        f"""
        create or replace table stage.mentions as
        with mentions as ({mentions}),
        placed as (
            select m.* replace (coalesce(m.district_code, r.area_code) as district_code)
            from mentions m left join (select reporter_code, district_code as area_code from ref.reporters) r using (reporter_code)
        ),
        grouped as (
            select {identifying}, min(owner_kind) as owner_kind, min(name) as name, min(period) as first_period
            from placed group by all
        )
        select row_number() over (order by first_period, {identifying}) as number, g.*, f.received_at,
            substr(owner_key, strpos(owner_key, '|') + 1) as bare, coalesce(district_code, '') as district,
            district_code || ' ' || n.registration_key as registration_key
        from grouped g join (select submission_id, received_at from stage.files) f using (submission_id) left join numbers n using (registration_no)
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
        with known as (select * from stage.mentions where owner_key <> ''),
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
                select bare, district from known where form = 'cooperative_reports' group by bare, district, submission_id
                having min(tax_code) <> max(tax_code) or min(commune_code) <> max(commune_code)
            )
        ),
        names as (
            select bare, district, min(owner_key) as owner_key, bool_or(form = 'cooperative_reports') as registered,
                arg_min(number, row(received_at, number)) as first,
                arg_min(number, row(
                    cast(received_at as date), form <> 'cooperative_reports', received_at, coalesce(first_period, ''), submission_id, form,
                    coalesce(tax_code, '~'), coalesce(commune_code, '~'), coalesce(registration_no, '~'), number
                )) as named
            from known group by all
            having min(owner_key) = max(owner_key) and bool_and(owner_kind is not null) and min(owner_key) not in ({keys})
        )
        select bare, district, registered, first, named,
            'C' || left(sha256(owner_key || chr(31) || district || chr(31)), 12) as id
        from names anti join disputed using (bare, district) anti join plural using (bare, district) anti join homeless using (bare)
        """
    )
