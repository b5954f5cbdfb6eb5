"""The program that a job runs in: standard library only, Python 3.8 and later. ml-ci is not installed where it runs.

It has three lives. Started with a request, `__main__.py` is the *supervisor*: it watches the pipe to ml-ci and ends the
job when ml-ci dies, and collects processes that the job left behind. What it starts is the user's command, or this
program again, under the job's own interpreter, as the *worker* that imports the user's code. And a copy of
`startup` is what every Python program of a job begins with.

Only JSON goes in and comes out. In a job this folder is the package `ml_ci_child`: its modules import one another
relatively, and nothing else of ml-ci.
"""
