#include "program/progress_line.h"

#include <utility>

#include "program/log.h"

namespace rpp {

ProgressLine::ProgressLine(std::string what, std::string unit, int64_t total, double every_seconds)
    : what_(std::move(what)), unit_(std::move(unit)), total_(total), every_seconds_(every_seconds) {}

void ProgressLine::at(int64_t done) {
  if (since_line_.seconds() < every_seconds_) return;
  since_line_.restart();
  if (total_ <= 0 || done <= 0) {
    log::info("{}: {} {}", what_, format_count(done), unit_);
    return;
  }
  const double left = since_start_.seconds() * static_cast<double>(total_ - done) / static_cast<double>(done);
  log::info("{}: {} of {} {}, about {} left", what_, format_count(done), format_count(total_), unit_,
            format_duration(left));
}

}  // namespace rpp
