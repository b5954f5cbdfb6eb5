"""Open a project: what is asked, which gates judge, what is believed."""
