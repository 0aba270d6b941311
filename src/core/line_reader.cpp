#include "rpp/core/line_reader.h"

#include <algorithm>

#include "input_bytes.h"
#include "rpp/core/error.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr size_t kChunkBytes = 1 << 18;

// The header of a tar archive's first file would pass as text (POSIX.1-1988, ustar).
void refuse_archive(std::string_view start, const std::string& name) {
  constexpr size_t kMagicOffset = 257;
  if (start.size() > kMagicOffset && start.substr(kMagicOffset).starts_with("ustar")) {
    fail("{0} is a tar archive, which is not read: make text of it, as with tar -xOf {0}", name);
  }
}

}  // namespace

bool is_standard_input(const path& path) {
  return path == "-";
}

std::string input_name(const path& path) {
  return is_standard_input(path) ? "standard input" : path.string();
}

bool is_read_once(const path& path) {
  using enum std::filesystem::file_type;
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return is_standard_input(path) || type == fifo || type == character || type == socket;
}

void check_readable(std::span<const path> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!is_read_once(inputs[i])) {
      LineReader{inputs[i]};
    } else if (std::ranges::count(inputs.first(i), inputs[i]) > 0) {
      fail_usage("{} is named twice, but can be read only once", input_name(inputs[i]));
    }
  }
}

LineReader::LineReader(const path& file, size_t max_line_bytes)
    : input_(open_input(file)), name_(input_name(file)), max_line_bytes_(max_line_bytes) {}

LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::refill() {
  const bool is_first = line_number_ == 0;
  position_ = 0;
  buffer_.resize(kChunkBytes);
  buffer_.resize(input_->read(buffer_.data(), buffer_.size()));
  if (is_first) refuse_archive(buffer_, name_);
  return !buffer_.empty();
}

bool LineReader::next(std::string& line) {
  line.clear();
  while (true) {
    const size_t end = buffer_.find('\n', position_);
    const bool is_whole = end != std::string::npos;
    line.append(buffer_, position_, is_whole ? end - position_ : end);
    if (line.size() > max_line_bytes_) {
      fail("{}:{}: a line of more than {} bytes: is it text, with a line end after each sentence?", name_,
           line_number_ + 1, max_line_bytes_);
    }
    if (is_whole) {
      position_ = end + 1;
      break;
    }
    if (refill()) continue;
    if (line.empty()) return false;
    break;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  ++line_number_;
  return true;
}

}  // namespace rpp
