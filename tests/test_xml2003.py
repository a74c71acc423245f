"""Workbooks in XML of Excel 2003: every kind of cell at its address, and what no office writes."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from coop_pipeline.intake.door import HEAD_BYTES, Limits, sniff
from coop_pipeline.intake.workbook import Sheet, WorkbookFault, open_workbook

HEAD = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
WORKBOOK = (
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:html="http://www.w3.org/TR/REC-html40">%s</Workbook>'
)
STYLES = (
    '<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style><Style ss:ID="q"><NumberFormat ss:Format="0.0%"/></Style>'
    '<Style ss:ID="v"><Font ss:FontName=".VnTime"/></Style><Style ss:ID="n"><Font ss:FontName="Arial"/></Style></Styles>'
)


def read(table: str, limits: Limits | None = None) -> list[Sheet]:
    data = (HEAD + WORKBOOK % (STYLES + table)).encode()
    assert sniff(data[:HEAD_BYTES], data) == "xml2003"
    return open_workbook(data, "xml2003", limits or Limits())


def sheet(rows: str, options: str = "") -> str:
    return f'<Worksheet ss:Name="Biểu 1"><Table>{rows}</Table>{options}</Worksheet>'


def cell(kind: str, text: str, **attributes: object) -> str:
    return f'<Cell{written(attributes)}><Data ss:Type="{kind}">{text}</Data></Cell>'


def row(*cells: str, **attributes: object) -> str:
    return f"<Row{written(attributes)}>{''.join(cells)}</Row>"


def written(attributes: dict[str, object]) -> str:
    return "".join(f' ss:{name}="{value}"' for name, value in attributes.items())


def test_cells_stand_at_their_addresses() -> None:
    first = row(cell("String", "HTX A", MergeAcross=1, MergeDown=1), cell("Number", "1.5"))
    shares = row(cell("Number", "0.25", Index=2, StyleID="p"), cell("Number", "0.5", StyleID="q"), Index=4, Hidden=1)
    kinds = row(
        cell("String", "Sè hé", StyleID="v"), cell("Error", "#REF!"), cell("Boolean", "1"), "<Cell/>",
        cell("DateTime", "2021-03-15T00:00:00.000"), cell("DateTime", "2021-03-15T07:30:00.000"), cell("DateTime", "1899-12-31T08:00:00.000"),
        cell("DateTime", "tháng 3"),
    )  # fmt: skip
    formulas = row('<Cell ss:Formula="=R1C1"/>', cell("Number", "3", Formula="=1+2"), cell("String", "", Formula="=x"))
    rich = row(
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Cộng</B> <Font html:Color="#FF0000">(I)</Font></ss:Data>'
        "<Comment><ss:Data>ai đó ghi</ss:Data></Comment></Cell>"
    )
    rows = '<Column ss:Index="3" ss:Hidden="1" ss:Span="1"/>' + first + shares + kinds + formulas + rich
    [found] = read(sheet(rows))
    assert found.name == "Biểu 1"
    assert found.rows == [
        ["HTX A", "", 1.5, "", "", "", "", ""],
        [""] * 8,
        [""] * 8,
        ["", 0.25, 0.5, "", "", "", "", ""],
        ["Sè hé", "", True, "", date(2021, 3, 15), datetime(2021, 3, 15, 7, 30), time(8, 0), "tháng 3"],
        ["", 3.0, "", "", "", "", "", ""],
        ["Cộng (I)", "", "", "", "", "", "", ""],
    ]
    assert found.merges == [(0, 0, 1, 1)]
    assert found.percents == {(3, 1), (3, 2)}
    assert found.fonts == {(4, 0): ".VnTime"}
    assert found.errors == {(4, 1): "#REF!"}
    assert found.unsolved == {(5, 0)}
    assert (found.hidden_rows, found.hidden_columns) == ({3}, {2, 3})


def test_hidden_sheets_are_not_read() -> None:
    options = '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetVeryHidden</Visible></WorksheetOptions>'
    shown, hidden = read(sheet(row(cell("String", "a"))) + sheet(row(cell("String", "b")), options))
    assert (shown.rows, shown.visible) == ([["a"]], True)
    assert (hidden.rows, hidden.visible) == ([], False)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (sheet('<Row ss:Index="400001"><Cell/></Row>'), "file_too_large"),
        (sheet('<Row ss:Span="400001"><Cell/></Row>'), "file_too_large"),
        (sheet('<Row><Cell ss:Index="2001"/></Row>'), "file_too_large"),
        (sheet('<Row><Cell ss:MergeDown="999999999"/></Row>'), "file_too_large"),
        (sheet("<Row><Cell>"), "file_unreadable"),
    ],
)
def test_what_no_office_writes_is_refused(table: str, code: str) -> None:
    with pytest.raises(WorkbookFault) as caught:
        read(table)
    assert caught.value.code == code


def test_no_entities() -> None:
    data = (HEAD + '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + WORKBOOK % sheet(row(cell("String", "&a;")))).encode()
    with pytest.raises(WorkbookFault) as caught:
        open_workbook(data, "xml2003")
    assert caught.value.code == "file_unreadable"
