// File formats: cgroups(7), proc(5) and Documentation/admin-guide/cgroup-v2.rst of Linux.
#include "core/usable_cpus.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// On a machine with more processors than a cpu_set_t can represent the kernel refuses the small set.
int cpus_of_affinity() {
  for (int most = 1024; most <= 1 << 20; most *= 4) {
    cpu_set_t* set = CPU_ALLOC(most);
    if (set == nullptr) break;
    const size_t bytes = CPU_ALLOC_SIZE(most);
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    const int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known) return count;
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

struct Hierarchy {
  bool v2 = false;
  fs::path mount_point;
  std::string root;  // the group visible at the mount point
};

// Lines of mountinfo: id, parent, device, root, mount point, options, ..., "-", type, source, super options.
std::vector<Hierarchy> find_hierarchies(const fs::path& mountinfo, const fs::path& root) {
  std::vector<Hierarchy> found;
  std::ifstream file(mountinfo);
  for (std::string line; std::getline(file, line);) {
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 4) continue;
    const bool v2 = dash[1] == "cgroup2";
    if (!v2 && !(dash[1] == "cgroup" && contains(split(dash[3], ','), "cpu"))) continue;
    found.push_back({.v2 = v2, .mount_point = root / fs::path(fields[4]).relative_path(), .root = fields[3]});
  }
  return found;
}

// Lines of cgroup: number, controllers (none in v2), group.
std::optional<std::string> group_in(const fs::path& cgroup, bool v2) {
  std::ifstream file(cgroup);
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool fits =
        v2 ? line.substr(0, first) == "0" && controllers.empty() : contains(split(controllers, ','), "cpu");
    if (fits) return line.substr(second + 1);
  }
  return std::nullopt;
}

std::optional<double> quota_of_group(const fs::path& directory, bool v2) {
  double quota = 0, period = 0;
  if (v2) {
    std::ifstream max(directory / "cpu.max");  // "max 100000" means no limit, and is not a number
    max >> quota >> period;
  } else {
    std::ifstream(directory / "cpu.cfs_quota_us") >> quota;  // -1 means no limit
    std::ifstream(directory / "cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
}

// A container may see its own group at the mount point, with a path relative to another root.
fs::path directory_of(const Hierarchy& hierarchy, const std::string& group) {
  const fs::path relative = fs::path(group).lexically_relative(hierarchy.root);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return inside ? (hierarchy.mount_point / relative).lexically_normal() : hierarchy.mount_point;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& proc_self, const fs::path& root) {
  std::optional<double> least;
  for (const Hierarchy& hierarchy : find_hierarchies(proc_self / "mountinfo", root)) {
    const auto group = group_in(proc_self / "cgroup", hierarchy.v2);
    if (!group) continue;
    const fs::path top = hierarchy.mount_point.lexically_normal();
    for (fs::path directory = directory_of(hierarchy, *group);; directory = directory.parent_path()) {
      const auto quota = quota_of_group(directory, hierarchy.v2);
      if (quota) least = std::min(least.value_or(*quota), *quota);
      if (directory == top || !directory.has_relative_path()) break;
    }
  }
  return least;
}

int cpus_within(int cpus, std::optional<double> quota) {
  if (quota && *quota < cpus) cpus = static_cast<int>(std::ceil(*quota));
  return std::max(1, cpus);
}

int usable_cpus() {
  return cpus_within(cpus_of_affinity(), cpu_quota());
}

}  // namespace rpp
