// How many processors this process may use: not how many the machine has.
#pragma once

#include <filesystem>
#include <optional>

namespace rpp {

// The processors of the affinity mask (taskset, cpuset), at most what the CPU quota of the process's control
// group pays for, rounded up; at least 1.
int usable_cpus();
// The smaller of both, a quota rounded up; at least 1.
int cpus_within(int cpus, std::optional<double> quota);

// The CPU quota in processors: the least of the process's group and the groups above it, of cgroup v2
// (cpu.max) and v1 (cpu.cfs_quota_us); nothing where there is no limit. `proc_self` holds the files cgroup
// and mountinfo of proc(5); mount points are looked for below `root`.
std::optional<double> cpu_quota(const std::filesystem::path& proc_self = "/proc/self",
                                const std::filesystem::path& root = "/");

}  // namespace rpp
