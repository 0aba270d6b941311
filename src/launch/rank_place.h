// The place of this process among the processes (ranks) of its run, from the variables that its launcher set.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rpp {

struct RankPlace {
  int64_t rank = 0;
  int64_t size = 1;
  int64_t local_size = 1;  // processes on this machine that share its cores; 1 if the launcher divides them
  std::string address;     // of the machine of rank 0; empty for a single process
  int64_t port = 0;
  std::string launcher = "none";    // for messages: "torchrun", "Slurm", "Open MPI"
  bool launcher_has_store = false;  // the launcher answers at the address, not rank 0
  std::string store_prefix;         // of the keys in the launcher's store
};

using Variables = std::map<std::string, std::string>;

Variables environment_variables();

// From RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT (torchrun, rpp-launch), else from Open MPI's variables,
// else from Slurm's; a single process without any of them. MASTER_ADDR and MASTER_PORT also replace what Open
// MPI or Slurm say. Throws UsageError that names the variables that are missing, damaged or contradict each
// other.
RankPlace rank_place(const Variables& variables);

// "127.0.0.1:29500"
std::string endpoint_of(const RankPlace& place);

// The first name of a Slurm node list: "node07" of "node[07-09,12],gpu1". Nodes are in the order of the
// ranks.
std::string first_node(const std::string& node_list);

}  // namespace rpp
