"""The parts of scripts/sweep.py, in the order in which a sweep uses them.

    settings   the strict reader of SWEEP.yaml
    runs       the runs of a sweep, their directories, and their manifest sweep_run.json
    programs   all calls of rpp programs
    checks     checks before anything is trained
    estimate   the expected duration of the sweep
    execute    starts, stops and resumes the runs
    finish     collects results and verification of an ended run, removes its checkpoints
    report     results.csv, results.md, times.csv
    verdicts   rpp-compare between the cells of a report
    figures    the pictures
"""
