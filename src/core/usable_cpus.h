// How many processors this process may use, which may be fewer than the machine has.
#pragma once

#include <filesystem>
#include <optional>

namespace rpp {

// The number of processors in the affinity mask (taskset, cpuset), limited by the CPU quota of the process's
// control group, rounded up; at least 1.
int usable_cpus();
// The smaller of the two, the quota rounded up; at least 1.
int cpus_within(int cpus, std::optional<double> quota);

// The CPU quota in processors: the smallest of the process's group and the groups above it, of cgroup v2
// (cpu.max) and v1 (cpu.cfs_quota_us); nothing without a limit. `proc_self` contains the files cgroup and
// mountinfo of proc(5); mount points are looked up below `root`.
std::optional<double> cpu_quota(const std::filesystem::path& proc_self = "/proc/self",
                                const std::filesystem::path& root = "/");

}  // namespace rpp
