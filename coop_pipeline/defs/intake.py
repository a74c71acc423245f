"""What arrived, as an asset: all that a run executes after which nothing came. So what is not needed for that is imported where it is."""

import hashlib
from typing import TYPE_CHECKING, Any

import dagster as dg

from coop_pipeline.defs.failures import conceal, explained
from coop_pipeline.defs.keys import ARRIVALS, OWNERS
from coop_pipeline.defs.run import listeners
from coop_pipeline.defs.standing import arrivals_path, note_arrivals
from coop_pipeline.defs.warehouse import Warehouse
from coop_pipeline.forms.wording import as_one_line, mask_personal
from coop_pipeline.outputs.files import read_ledger

if TYPE_CHECKING:
    from coop_pipeline.taking import Scope, TakenIn


@dg.asset(
    key=ARRIVALS, group_name="intake", kinds={"excel", "python"}, owners=OWNERS, required_resource_keys={"warehouse"},
    description="Các tệp Excel trong data/raw: tệp mới hoặc đã sửa được sao lại, đọc và ghi nhận từng dòng, từng ô.\n\n"
                "The workbooks below data/raw: new and changed ones are copied, read, and every row and cell accounted for.",
)  # fmt: skip
def arrivals(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    warehouse: Warehouse = context.resources.warehouse
    if warehouse.stands:
        with explained(), warehouse.timed("arrivals"):
            known = read_ledger(arrivals_path(warehouse.settings))
        told: dict[str, Any] = {"dagster/row_count": len(known), "Tệp đọc mới": 0, "Tệp như cũ": len(known)}
    else:
        with explained():
            _refuse_unheard(warehouse)
        taken = take_in(context, warehouse, warehouse.scope)
        told = {
            "dagster/row_count": taken.files, "Tệp đọc mới": taken.parsed, "Tệp như cũ": taken.unchanged, "Tệp chờ chép xong": len(taken.waiting),
            "Tệp ngoài phạm vi": len(taken.left), "Số giây": round(taken.seconds, 2),
        }  # fmt: skip
        if taken.gone:
            told["Tệp không còn"] = _say_gone(taken)
    return dg.MaterializeResult(
        # the same where nothing changed: what is made from it is fresh
        data_version=dg.DataVersion(hashlib.sha256(arrivals_path(warehouse.settings).read_bytes()).hexdigest()[:16]),
        metadata=told | {"Thư mục tệp gốc": dg.MetadataValue.path(str(warehouse.settings.raw))},
    )


def _refuse_unheard(warehouse: Warehouse) -> None:
    """A run for a period of which nothing came and which has no folder would end without a word: a slip in the launchpad."""
    if warehouse.scope is None or not warehouse.scope.periods:
        return
    from coop_pipeline import taking
    from coop_pipeline.defs.board import list_open_periods
    from coop_pipeline.mistakes import UserMistake

    known = taking.list_periods(warehouse.settings, warehouse.connection) | list_open_periods(warehouse.settings.raw)
    if None not in known and not warehouse.scope.periods & known:
        there = ", ".join(sorted(filter(None, known))) or "không có"
        raise UserMistake(
            f"Kỳ {', '.join(sorted(warehouse.scope.periods))} chưa có tệp nào và chưa có thư mục. Các kỳ đã có: {there}. "
            "Chưa có gì thay đổi. (Nothing has come for this period; nothing was changed.)"
        )


def take_in(context: dg.AssetExecutionContext, warehouse: Warehouse, scope: "Scope | None") -> "TakenIn":
    from coop_pipeline import stages, taking

    def tell(done: int, total: int) -> None:
        for listener in listeners:
            listener.on_file(done, total)

    with explained(), warehouse.measured("arrivals"):
        files = stages.load_corrections(warehouse.settings)
        taken = taking.take_in(warehouse.settings, warehouse.connection, files.corrections, tell, scope)
        note_arrivals(warehouse.settings, warehouse.connection)
    if taken.again or scope is not None:  # others' files may be new, or read by other corrections
        warehouse.done.discard("arrivals")
    for path, detail in taken.failed.items():
        # a mistake of ours, not of the district's; it may quote a cell
        context.log.error("%s: %s", as_one_line(mask_personal(path)), conceal(detail))
    if taken.gone:
        context.log.warning("%s", _say_gone(taken))
    return taken


def _say_gone(taken: "TakenIn", most: int = 5) -> str:
    """A period's folder that was moved away, or a share of which half is not there, looks like files that somebody took back."""
    files = sum(number for _, number in taken.gone)
    shown = [as_one_line(mask_personal(place)) + (f" ({number} tệp)" if number > 1 else "") for place, number in taken.gone[:most]]
    shown += [f"và {len(taken.gone) - most} chỗ khác"] if len(taken.gone) > most else []
    return (
        f"{files} tệp đã nhận không còn trong thư mục tệp gốc: {', '.join(shown)}. Số liệu của các tệp này không còn được tính. Nếu không phải cố ý, "
        f"chép lại vào chỗ cũ; bản đã nhận lấy lại bằng coop received TÊN -o TỆP. ({files} files that were taken in are gone from the raw folder, "
        "and their figures with them; coop received gives them back.)"
    )
