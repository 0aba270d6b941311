"""The parts of scripts/campaign.sh.

    workloads  the small inputs, and every program that writes something
    kills      kill -9 at random moments, resume, compare bit for bit
    disk       a full disk and a read-only folder under every write
    report     counts, times, and how a failed case is repeated
"""
