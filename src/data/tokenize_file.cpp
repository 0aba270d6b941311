#include "data/tokenize_file.h"

#include <optional>

#include "core/atomic_file.h"
#include "core/progress.h"
#include "program/line_reader.h"
#include "program/standard_output.h"
#include "rpp/tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

constexpr size_t kFlushBytes = 1 << 20;

// Buffers whole lines into large writes, to an atomic file or to standard output.
class TextSink {
 public:
  explicit TextSink(const std::filesystem::path& path) {
    if (!path.empty() && path != "-") file_.emplace(path);
  }

  std::string& buffer() { return buffer_; }

  void end_line() {
    buffer_ += '\n';
    if (buffer_.size() >= kFlushBytes) flush();
  }

  void commit() {
    flush();
    if (file_) file_->commit();
  }

 private:
  void flush() {
    if (file_) {
      file_->write(buffer_);
    } else {
      write_output(buffer_);
      flush_output();
    }
    buffer_.clear();
  }

  std::optional<AtomicFile> file_;
  std::string buffer_;
};

void append_tokens(const Tokenizer& tokenizer, const EncodedText& encoded, TokenForm form,
                   std::string& line) {
  for (size_t i = 0; i < encoded.ids.size(); ++i) {
    if (i > 0) line += ' ';
    if (form == TokenForm::pieces) {
      line += tokenizer.piece(encoded.ids[i]);
      continue;
    }
    line += std::to_string(encoded.ids[i]);
    if (form == TokenForm::offsets)
      line += fmt::format(":{}-{}", encoded.spans[i].begin, encoded.spans[i].end);
  }
}

}  // namespace

TokenizeReport tokenize_file(const TokenizeOptions& options) {
  const auto tokenizer = load_tokenizer(options.tokenizer);
  LineReader reader(options.input);
  TextSink sink(options.output);
  TokenizeReport report;
  std::string line;
  EncodedText encoded;
  while (reader.next(line)) {
    encoded.ids.clear();
    const Stopwatch stopwatch;
    if (options.form == TokenForm::offsets) {
      encoded = tokenizer->encode_with_offsets(line);
    } else {
      tokenizer->encode_into(line, encoded.ids);
    }
    report.seconds += stopwatch.seconds();
    append_tokens(*tokenizer, encoded, options.form, sink.buffer());
    sink.end_line();
    if (find_invalid_utf8(line) != line.size() && report.num_invalid_lines++ == 0) {
      report.first_invalid_line = reader.line_number();
    }
    report.num_tokens += static_cast<int64_t>(encoded.ids.size());
    report.num_bytes += static_cast<int64_t>(line.size());
  }
  report.num_lines = reader.line_number();
  sink.commit();
  return report;
}

}  // namespace rpp
