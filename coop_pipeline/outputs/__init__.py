"""What people get: the console's tables, the answer to a district, and later templates, returned workbooks and reports."""
