#include "program/line_reader.h"

#include <algorithm>

#include "input_bytes.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr size_t kBytesAtOnce = 1 << 18;

// The header of a tar archive's first file would pass as text (POSIX.1-1988, ustar).
void refuse_archive(std::string_view start, const std::string& name) {
  constexpr size_t kMagicOffset = 257;
  if (start.size() > kMagicOffset && start.substr(kMagicOffset).starts_with("ustar")) {
    fail("{0} is a tar archive, which is not supported: convert it to text, as with tar -xOf {0}", name);
  }
}

}  // namespace

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
  if (before_waiting_ && input_->would_wait()) before_waiting_();
  position_ = 0;
  buffer_.resize(kBytesAtOnce);
  buffer_.resize(input_->read(buffer_.data(), buffer_.size()));
  if (is_first) refuse_archive(buffer_, name_);
  return !buffer_.empty();
}

std::optional<std::string_view> LineReader::next() {
  size_t end = buffer_.find('\n', position_);
  std::string_view line = std::string_view(buffer_).substr(position_, end - position_);
  if (end == std::string::npos) line = join_chunks(end);
  check_length(line.size());
  if (end == std::string::npos && line.empty()) return std::nullopt;
  position_ = end == std::string::npos ? buffer_.size() : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++line_number_;
  return line;
}

// The line that starts in this chunk and ends at `end` of a later one, npos at the end of the input.
std::string_view LineReader::join_chunks(size_t& end) {
  joined_.assign(buffer_, position_);
  while (end == std::string::npos && refill()) {
    end = buffer_.find('\n');
    joined_.append(buffer_, 0, end);
    check_length(joined_.size());
  }
  return joined_;
}

void LineReader::check_length(size_t num_bytes) const {
  if (num_bytes <= max_line_bytes_) return;
  fail("{}:{}: a line of more than {} bytes: is it text, with a line end after each sentence?", name_,
       line_number_ + 1, max_line_bytes_);
}

bool LineReader::next(std::string& line) {
  const auto next_line = next();
  line.assign(next_line.value_or(std::string_view()));
  return next_line.has_value();
}

}  // namespace rpp
