"""The Dagster skin: assets by factory over the tables, checks over the audits, the job, the instance, the UI. Nothing imports it but cli."""
