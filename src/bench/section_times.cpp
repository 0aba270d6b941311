#include "bench/section_times.h"

#include <ATen/record_function.h>

#include <mutex>
#include <string_view>

#include "core/progress.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// The hooks are plain functions, so their sums must be global.
struct Sums {
  std::mutex mutex;
  std::map<std::string, double> seconds;
  bool in_use = false;
};

Sums& sums() {
  static Sums instance;
  return instance;
}

// Empty for events that are not counted. Matmuls are counted by Torch's names, the rest by ours.
std::string section_of(std::string_view name) {
  constexpr std::string_view kOwn = "rpp::";
  if (name == "aten::mm" || name == "aten::addmm" || name == "aten::addmm_") return "gemm";
  return name.starts_with(kOwn) ? std::string(name.substr(kOwn.size())) : "";
}

struct Running : at::ObserverContext {
  std::string section;
  Stopwatch stopwatch;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
  auto section = section_of(function.name());
  if (section.empty()) return nullptr;
  auto running = std::make_unique<Running>();
  running->section = std::move(section);
  return running;
}

void on_end(const at::RecordFunction& /*function*/, at::ObserverContext* context) {
  if (context == nullptr) return;
  const auto* running = static_cast<Running*>(context);
  const double seconds = running->stopwatch.seconds();
  const std::lock_guard lock(sums().mutex);
  sums().seconds[running->section] += seconds;
}

}  // namespace

SectionTimes::SectionTimes() {
  const std::lock_guard lock(sums().mutex);
  RPP_CHECK(!sums().in_use, "sections are being timed already");
  sums().in_use = true;
  sums().seconds.clear();
  handle_ = at::addGlobalCallback(at::RecordFunctionCallback(on_start, on_end));
}

SectionTimes::~SectionTimes() {
  at::removeCallback(handle_);
  const std::lock_guard lock(sums().mutex);
  sums().in_use = false;
}

std::map<std::string, double> SectionTimes::seconds() const {
  const std::lock_guard lock(sums().mutex);
  return sums().seconds;
}

}  // namespace rpp
