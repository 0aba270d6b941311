#include "core/usable_cpus.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Files of /proc and of control groups as seen in a container or on a machine.
class CpuQuota : public testing::Test {
 protected:
  CpuQuota() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ =
        fs::temp_directory_path() / (std::string("rpp_cpus_") + test->name() + std::to_string(::getpid()));
  }
  ~CpuQuota() override { fs::remove_all(root_); }

  void write(const fs::path& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::optional<double> quota() const { return cpu_quota(root_ / "proc", root_); }

  static constexpr std::string_view kV2 =
      "30 1 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
  fs::path root_;
};

TEST_F(CpuQuota, WithoutControlGroupsThereIsNone) {
  EXPECT_EQ(quota(), std::nullopt);
  write("proc/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
  write("proc/cgroup", "0::/\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, IsReadInAContainerThatSeesItsGroupAsTheRoot) {
  write("proc/mountinfo", kV2);
  write("proc/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, IsTheSmallestQuotaBetweenTheGroupAndTheRoot) {
  write("proc/mountinfo", kV2);
  write("proc/cgroup", "0::/user.slice/session: 1.scope\n");  // a group name may contain colons
  write("sys/fs/cgroup/user.slice/cpu.max", "200000 100000\n");
  write("sys/fs/cgroup/user.slice/session: 1.scope/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 2.0);
  write("sys/fs/cgroup/user.slice/session: 1.scope/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota(), 0.5);
}

TEST_F(CpuQuota, InCgroupV1IsReadFromTheCpuController) {
  write("proc/mountinfo",
        "31 1 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "32 1 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n");
  write("proc/cgroup", "5:cpuset:/else\n4:cpu,cpuacct:/job\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 3.0);
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(quota(), std::nullopt);
}

// Docker with cgroup v1: the path is relative to the host's root, the mount shows the group itself.
TEST_F(CpuQuota, IsFoundWhenTheMountStartsAtTheGroup) {
  write("proc/mountinfo", "32 1 0:28 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  write("proc/cgroup", "4:cpu:/docker/ab\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 2.0);
  write("proc/cgroup", "4:cpu:/elsewhere\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST(UsableCpus, AQuotaIsRoundedUpAndNeverAddsCpus) {
  EXPECT_EQ(cpus_within(8, 1.5), 2);
  EXPECT_EQ(cpus_within(8, 2.0), 2);
  EXPECT_EQ(cpus_within(8, 0.2), 1);
  EXPECT_EQ(cpus_within(8, 7.5), 8);
  EXPECT_EQ(cpus_within(8, 64.0), 8);
  EXPECT_EQ(cpus_within(8, std::nullopt), 8);
  EXPECT_EQ(cpus_within(0, std::nullopt), 1);
}

TEST(UsableCpus, EqualTheAffinityMask) {
  int cpus = 0;
  std::thread([&] {  // the affinity mask belongs to the thread
    cpu_set_t all, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    cpus = usable_cpus();
  })
      .join();
  EXPECT_EQ(cpus, 1);
}

}  // namespace
}  // namespace rpp
