"""One workbook in, rows, issues and an account of every physical row out. Knows spreadsheets; knows no database and no Dagster."""
