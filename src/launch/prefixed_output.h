// Copies lines from a pipe to a file descriptor, each with a prefix.
#pragma once

#include <string>

namespace rpp {

class PrefixedOutput {
 public:
  // Takes over `source`, whose reads must not block.
  PrefixedOutput(int source, int target, std::string prefix);
  ~PrefixedOutput();
  PrefixedOutput(PrefixedOutput&& other) noexcept;
  PrefixedOutput& operator=(PrefixedOutput&&) = delete;

  int source() const { return source_; }  // -1 when it has ended
  // Copies what there is; at the end also a last line without its newline.
  void copy_available();

 private:
  void write_lines(bool is_end);

  int source_;
  int target_;
  std::string prefix_;
  std::string rest_;  // of a line that is not complete
};

}  // namespace rpp
