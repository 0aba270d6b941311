"""The parts of scripts/campaign.sh.

    workloads  the small inputs, and a call of every program that writes output
    kills      kill -9 at random moments, resume, compare bit for bit
    disk       a full disk and a read-only folder under every write
    report     counts, times, and the command that repeats a failed case
"""
