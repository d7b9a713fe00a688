"""Interviews in workbooks: a template to fill in, and jobs that take filled-in ones in, row by row."""
