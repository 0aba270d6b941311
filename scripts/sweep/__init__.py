"""The parts of scripts/sweep.py, in the order in which a sweep meets them.

    settings   the strict reader of SWEEP.yaml
    runs       which runs a sweep consists of, where each lies, and its manifest sweep_run.json
    programs   every call of an rpp program
    checks     what is refused before anything is trained
    estimate   what the sweep will cost
    execute    starts, stops and resumes the runs
    finish     what is kept of a run that has ended: results, proof, no checkpoints
    report     results.csv, results.md, times.csv
    verdicts   rpp-compare between the cells of a report
    figures    the pictures
"""
