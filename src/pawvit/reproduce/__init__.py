"""The paper's tables, run again: its figures as data, our trainings, both side by side."""
