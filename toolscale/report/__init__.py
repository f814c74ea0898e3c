"""The report: a build as one self-contained HTML page, figures first, then a browser of its tasks."""

from toolscale.report.page import MOST_TASKS, Report, report_of, write_report

__all__ = ["MOST_TASKS", "Report", "report_of", "write_report"]
