"""Every reader of cells, whatever stands in a column: nothing raises, and what is kept is what its table may hold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from coop_pipeline.forms import FORMS
from coop_pipeline.forms.codes import areas, codelist
from coop_pipeline.forms.spec import Field
from coop_pipeline.intake.cells import Context, read_column
from coop_pipeline.intake.vocabulary import Vocabulary, read_header

VOCABULARY = Vocabulary()
FIELDS = [field for form in FORMS.values() for field in form.fields]
WORDS = [
    *(spelling for field in FIELDS if field.codes for code in codelist(field.codes) for spelling in (code.code, code.label_vi)),
    *(area.name for area in areas()[:40]), "5400123456", "017088009999", "1.495", "1,5 tỷ", "5/2021", "20-25/11/2024", "x", "-", "=1+1",
]  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.text(alphabet="0123456789., -–/%đtrệuỷhaổXã", max_size=12),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FIELDS), st.lists(CELLS, max_size=6), st.sampled_from(["", "triệu đồng", "%", "ha", "tấn", "nghìn đồng/người/năm"]))
def test_any_column_of_any_field(field: Field, cells: list[object], unit: str) -> None:
    reading = read_column(field, read_header((f"{field.vi} ({unit})" if unit else field.vi,)), cells, Context(VOCABULARY))
    assert len(reading.values) == len(cells)
    assert all(-1 <= finding.position < len(cells) for finding in reading.findings)  # -1: the column as a whole
    kept = [value for value in reading.values if value is not None]
    match field.type:
        case "number":
            assert all(isinstance(value, Decimal) and value.is_finite() for value in kept)
        case "date":
            assert all(type(value) is dt.date for value in kept)
        case "code":
            assert field.codes is not None
            assert set(kept) <= {code.code for code in codelist(field.codes)}
        case _:
            assert all(isinstance(value, str) and value for value in kept)


def test_marks_of_footnotes_go_and_units_stay() -> None:
    field = FORMS["infrastructure"].field("work")
    typed = ["HTX gà đồi Hương Nhượng ¹", "HTX Nam²", "Nhà kho 500m²", "sân phơi 20 m²", "5 cm²", "kho" + "²" * 30_000]
    reading = read_column(field, read_header((field.vi,)), typed, Context(VOCABULARY))
    assert reading.values[:5] == ["HTX gà đồi Hương Nhượng", "HTX Nam", *typed[2:5]]
