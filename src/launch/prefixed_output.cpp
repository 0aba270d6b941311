#include "launch/prefixed_output.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "core/uninterrupted.h"

namespace rpp {
namespace {

// A reader that has gone away must not end the processes whose output it was.
void write_all(int target, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = uninterrupted([&] { return write(target, text.data(), text.size()); });
    if (size <= 0) return;
    text.remove_prefix(static_cast<size_t>(size));
  }
}

}  // namespace

PrefixedOutput::PrefixedOutput(int source, int target, std::string prefix)
    : source_(source), target_(target), prefix_(std::move(prefix)) {}

PrefixedOutput::PrefixedOutput(PrefixedOutput&& other) noexcept
    : source_(std::exchange(other.source_, -1)),
      target_(other.target_),
      prefix_(std::move(other.prefix_)),
      rest_(std::move(other.rest_)) {}

PrefixedOutput::~PrefixedOutput() {
  if (source_ >= 0) close(source_);
}

void PrefixedOutput::copy_available() {
  char buffer[1 << 16];
  while (source_ >= 0) {
    const ssize_t size = uninterrupted([&] { return read(source_, buffer, sizeof(buffer)); });
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0) rest_.append(buffer, static_cast<size_t>(size));
    write_lines(/*is_end=*/size <= 0);
    if (size <= 0) close(std::exchange(source_, -1));
  }
}

void PrefixedOutput::write_lines(bool is_end) {
  std::string lines;
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines += prefix_ + rest_.substr(begin, end + 1 - begin);
  }
  rest_.erase(0, begin);
  if (is_end && !rest_.empty()) lines += prefix_ + std::exchange(rest_, "") + "\n";
  write_all(target_, lines);
}

}  // namespace rpp
