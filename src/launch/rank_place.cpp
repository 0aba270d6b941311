#include "launch/rank_place.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kDefaultPort = 29500;  // torchrun's
constexpr int64_t kMaxPort = 65535;
// Ports of Slurm jobs: two jobs on one node rarely share one.
constexpr int64_t kFirstJobPort = 20000, kNumJobPorts = 10000;

const std::string* find(const Variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() || found->second.empty() ? nullptr : &found->second;
}

std::optional<int64_t> number(const Variables& variables, const std::string& name) {
  const std::string* text = find(variables, name);
  if (text == nullptr) return std::nullopt;
  int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || rest != end || value < 0) {
    fail_usage("the environment variable {} is '{}', it must be a number that is not negative", name, *text);
  }
  return value;
}

struct Names {
  const char* launcher;
  const char* rank;
  const char* size;
  const char* local_size;  // nullptr: unknown
};

constexpr Names kTorchrun = {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"};
constexpr Names kOpenMpi = {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr};
constexpr Names kSlurm = {"Slurm", "SLURM_PROCID", "SLURM_NTASKS", nullptr};

// Nothing if none of the variables is set.
std::optional<RankPlace> read_place(const Variables& variables, const Names& names) {
  const auto rank = number(variables, names.rank), size = number(variables, names.size);
  if (!rank && !size) return std::nullopt;
  if (!rank || !size) {
    fail_usage("the environment variable {} is set, but {} is not: set both, or none to run as one process",
               rank ? names.rank : names.size, rank ? names.size : names.rank);
  }
  if (*rank >= *size) {
    fail_usage("the environment variable {} is {}, but {} is {}: ranks are 0 to {} - 1", names.rank, *rank,
               names.size, *size, names.size);
  }
  RankPlace place{.rank = *rank, .size = *size, .launcher = names.launcher};
  if (names.local_size != nullptr) place.local_size = number(variables, names.local_size).value_or(1);
  if (place.local_size < 1 || place.local_size > place.size) {
    fail_usage("the environment variable {} is {}, but {} is {}", names.local_size, place.local_size,
               names.size, place.size);
  }
  return place;
}

// srun sets these; a batch script is one process, although it has rank 0 and the number of tasks of its job.
bool is_slurm_step(const Variables& variables) {
  constexpr const char* kOfSrun[] = {"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NODELIST",
                                     "SLURM_LAUNCH_NODE_IPADDR"};
  return std::ranges::any_of(kOfSrun, [&](const char* name) { return find(variables, name) != nullptr; });
}

std::optional<RankPlace> read_slurm(Variables variables) {
  if (find(variables, kSlurm.rank) == nullptr || !is_slurm_step(variables)) return std::nullopt;
  if (const std::string* step = find(variables, "SLURM_STEP_NUM_TASKS")) variables[kSlurm.size] = *step;
  if (find(variables, kSlurm.size) == nullptr) return std::nullopt;
  return read_place(variables, kSlurm);
}

// The node list, because SLURM_LAUNCH_NODE_IPADDR is the machine on which srun was called: not always one of
// the job's.
std::string slurm_address(const Variables& variables) {
  for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"}) {
    if (const std::string* list = find(variables, name)) return first_node(*list);
  }
  const std::string* address = find(variables, "SLURM_LAUNCH_NODE_IPADDR");
  return address == nullptr ? "" : *address;
}

bool is_on_one_machine(const Variables& variables, const RankPlace& place) {
  return number(variables, "OMPI_COMM_WORLD_LOCAL_SIZE") == place.size;
}

std::string address_of_launcher(const Variables& variables, const RankPlace& place) {
  if (place.launcher == kSlurm.launcher) return slurm_address(variables);
  return place.launcher == kOpenMpi.launcher && is_on_one_machine(variables, place) ? "127.0.0.1" : "";
}

int64_t port_of_launcher(const Variables& variables, const RankPlace& place) {
  if (place.launcher == kTorchrun.launcher) return 0;
  const auto job = place.launcher == kSlurm.launcher ? number(variables, "SLURM_JOB_ID") : std::nullopt;
  return job ? kFirstJobPort + *job % kNumJobPorts : kDefaultPort;
}

void set_endpoint(RankPlace& place, const Variables& variables) {
  const std::string* address = find(variables, "MASTER_ADDR");
  place.address = address != nullptr ? *address : address_of_launcher(variables, place);
  place.port = number(variables, "MASTER_PORT").value_or(port_of_launcher(variables, place));
  const bool has_address = !place.address.empty();
  if (!has_address || place.port == 0) {
    fail_usage(
        "{} says rank {} of {}, but the environment variable {} is not set: set it to the {} of rank 0, "
        "the same for all ranks",
        place.launcher, place.rank, place.size, has_address ? "MASTER_PORT" : "MASTER_ADDR",
        has_address ? "port" : "address");
  }
  if (place.port > kMaxPort) {
    fail_usage("the environment variable MASTER_PORT is {}, the largest port is {}", place.port, kMaxPort);
  }
}

// torchrun keeps a store for its processes, with the keys of earlier attempts.
void set_store(RankPlace& place, const Variables& variables) {
  const std::string* use = find(variables, "TORCHELASTIC_USE_AGENT_STORE");
  place.launcher_has_store = place.launcher == kTorchrun.launcher && use != nullptr && *use == "True";
  if (!place.launcher_has_store) return;
  place.store_prefix =
      fmt::format("/worker/attempt_{}", number(variables, "TORCHELASTIC_RESTART_COUNT").value_or(0));
}

// RANK and WORLD_SIZE that were exported by hand are the same in all processes of another launcher. Those of
// a launcher come with LOCAL_WORLD_SIZE; its processes may well run inside a job of another one.
void check_agreement(const RankPlace& exported, const std::optional<RankPlace>& other,
                     const Variables& variables) {
  if (!other || other->size == 1 || find(variables, kTorchrun.local_size) != nullptr) return;
  if (exported.rank == other->rank && exported.size == other->size) return;
  fail_usage(
      "the environment variables RANK and WORLD_SIZE say rank {} of {}, those of {} rank {} of {}: unset "
      "RANK "
      "and WORLD_SIZE, or start with torchrun or rpp-launch",
      exported.rank, exported.size, other->launcher, other->rank, other->size);
}

RankPlace chosen_place(const Variables& variables) {
  const auto exported = read_place(variables, kTorchrun);
  const auto open_mpi = read_place(variables, kOpenMpi);
  const auto slurm = read_slurm(variables);
  if (!exported) return open_mpi ? *open_mpi : slurm.value_or(RankPlace());
  check_agreement(*exported, open_mpi ? open_mpi : slurm, variables);
  return *exported;
}

}  // namespace

Variables environment_variables() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

RankPlace rank_place(const Variables& variables) {
  RankPlace place = chosen_place(variables);
  if (place.size == 1) return {};
  set_endpoint(place, variables);
  set_store(place, variables);
  return place;
}

std::string endpoint_of(const RankPlace& place) {
  return fmt::format("{}:{}", place.address, place.port);
}

std::string first_node(const std::string& node_list) {
  std::string node;
  bool in_brackets = false, is_past_first = false;
  for (const char c : node_list) {
    if (c == '[') {
      in_brackets = true;
      is_past_first = false;
    } else if (c == ']') {
      in_brackets = false;
    } else if (!in_brackets && c == ',') {
      break;
    } else if (in_brackets && (c == ',' || c == '-')) {
      is_past_first = true;
    } else if (!in_brackets || !is_past_first) {
      node += c;
    }
  }
  return node;
}

}  // namespace rpp
