#include "rank_agreement.h"

#include "core/json.h"
#include "core/version.h"
#include "launch/rank_place.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// The first rank whose text is not that of rank 0; 0 if all agree.
size_t first_other(const std::vector<std::string>& texts) {
  size_t rank = 0;
  while (rank < texts.size() && texts[rank] == texts.front()) ++rank;
  return rank < texts.size() ? rank : 0;
}

void check_version(Communicator& ranks) {
  const auto versions = ranks.gather(version_string());
  const size_t other = first_other(versions);
  if (other == 0) return;
  fail_usage("rank {} runs {}, rank 0 runs {}: start the same program on all machines", other,
             versions[other], versions.front());
}

// What a rank with this identity sees: how rank 0, or if it agrees with rank 0 the other rank, differs from
// it.
void check_settings(Communicator& ranks, const RunIdentity& identity) {
  const auto configs = ranks.gather(identity.config_yaml);
  size_t other = first_other(configs);
  if (other == 0) return;
  const bool agrees = identity.config_yaml == configs.front();
  if (!agrees) other = static_cast<size_t>(ranks.rank());
  const auto differences = identity.differences(agrees ? configs[other] : configs.front(), "another rank");
  std::string text;
  for (const auto& [key, before, now] : differences) {
    const std::string &there = agrees ? before : now, &on_first = agrees ? now : before;
    text += fmt::format("{}{} is '{}', on rank 0 '{}'", text.empty() ? "" : "; ", key, there, on_first);
  }
  fail_usage("rank {} has other settings than rank 0: {}; start all ranks with the same command", other,
             text);
}

// The first input that differs.
std::string differing_input(const std::string& there, const std::string& on_first) {
  const auto inputs = parse_json_object(there, "another rank").get<RunInputs>();
  const auto first = parse_json_object(on_first, "rank 0").get<RunInputs>();
  for (const auto& [name, hash] : first) {
    const auto found = inputs.find(name);
    if (found == inputs.end() || found->second != hash) return name;
  }
  return inputs.size() > first.size() ? "an input that rank 0 lacks" : "";
}

void check_inputs(Communicator& ranks, const RunIdentity& identity) {
  const auto inputs = ranks.gather(nlohmann::ordered_json(identity.inputs).dump());
  const size_t other = first_other(inputs);
  if (other == 0) return;
  fail_usage(
      "rank {} reads other data than rank 0: {} has other contents there; copy the same files to all "
      "machines",
      other, differing_input(inputs[other], inputs.front()));
}

}  // namespace

void check_same_run(Communicator& ranks, const RunIdentity& identity) {
  if (ranks.is_alone()) return;
  check_version(ranks);
  check_settings(ranks, identity);
  check_inputs(ranks, identity);
}

void check_same_seeds(Communicator& ranks, std::span<const int64_t> seeds) {
  const auto all = ranks.gather(fmt::format("{}", fmt::join(seeds, ",")));
  const size_t other = first_other(all);
  if (other == 0) return;
  fail_usage(
      "rank {} has other seeds than rank 0: --seeds is {}, on rank 0 {}; start all ranks with the same "
      "command",
      other, all[other], all.front());
}

void require_one_process(std::string_view what) {
  const RankPlace place = rank_place(environment_variables());
  if (place.size == 1) return;
  fail_usage("{} runs as one process, but {} says rank {} of {}: start it without a launcher", what,
             place.launcher, place.rank, place.size);
}

}  // namespace rpp
