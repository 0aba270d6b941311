#include "input_bytes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/uninterrupted.h"
#include "program/line_reader.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;
using namespace std::string_view_literals;

constexpr size_t kChunkBytes = 1 << 18;

enum class Form { plain, gzip, zstd, refused };

// The first bytes of a file. '?' is any byte.
struct Signature {
  std::string_view bytes;
  Form form;
  const char* name = "";
  const char* remedy = "";  // the command that converts it to text
};

constexpr Signature kSignatures[] = {
    {"\x1f\x8b"sv, Form::gzip},
    {"\x28\xb5\x2f\xfd"sv, Form::zstd},
    {"\x50\x2a\x4d\x18"sv, Form::zstd},  // a skippable frame, written first by pzstd
    {"\xfd\x37zXZ\0"sv, Form::refused, "compressed with xz", "xz -dc"},
    {"BZh?1AY&SY"sv, Form::refused, "compressed with bzip2", "bzip2 -dc"},
    {"BZh?\x17rE8P\x90"sv, Form::refused, "compressed with bzip2", "bzip2 -dc"},
    {"PK\x03\x04"sv, Form::refused, "a zip archive", "unzip -p"},
    {"PK\x05\x06"sv, Form::refused, "an empty zip archive", "unzip -p"},
    {"\x04\x22\x4d\x18"sv, Form::refused, "compressed with lz4", "lz4 -dc"},
    {"\x02\x21\x4c\x18"sv, Form::refused, "compressed with lz4", "lz4 -dc"},
    {"7z\xbc\xaf\x27\x1c"sv, Form::refused, "a 7z archive", "7z x -so"},
    {"Rar!\x1a\x07"sv, Form::refused, "a rar archive", "unrar p -inul"},
    {"LZIP\x01"sv, Form::refused, "compressed with lzip", "lzip -dc"},
    {"\x5d\0\0?\0"sv, Form::refused, "compressed with lzma", "xz -dc --format=lzma"},
    {"\x89LZO\0"sv, Form::refused, "compressed with lzop", "lzop -dc"},
    {"\x1f\x9d"sv, Form::refused, "compressed with compress", "gzip -dc"},
    {"\xff\x06\0\0sNaPpY"sv, Form::refused, "compressed with snappy", "snzip -dc"},
    {"\xff\xfe"sv, Form::refused, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
    {"\xfe\xff"sv, Form::refused, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
    {"?\0?\0"sv, Form::refused, "UTF-16, or no text", "iconv -f UTF-16LE -t UTF-8"},
    {"\0?\0?"sv, Form::refused, "UTF-16, or no text", "iconv -f UTF-16BE -t UTF-8"},
    {"PAR1"sv, Form::refused, "a Parquet table", "a program that writes the texts of"},
};

bool agrees(std::string_view start, std::string_view pattern) {
  const size_t count = std::min(start.size(), pattern.size());
  for (size_t i = 0; i < count; ++i) {
    if (pattern[i] != '?' && pattern[i] != start[i]) return false;
  }
  return true;
}

// The descriptor and the bytes already read to detect its format.
class RawBytes {
 public:
  explicit RawBytes(const path& file)
      : name_(input_name(file)),
        fd_(is_standard_input(file) ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail("cannot open {}: {}", name_, std::strerror(errno));
  }
  ~RawBytes() {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  RawBytes(const RawBytes&) = delete;
  RawBytes& operator=(const RawBytes&) = delete;

  const std::string& name() const { return name_; }
  std::string_view start() const { return start_; }

  // Reads more of the start; false at the end.
  bool extend_start() {
    std::string more(kChunkBytes, '\0');
    more.resize(read_descriptor(more.data(), more.size()));
    start_ += more;
    return !more.empty();
  }

  size_t read(char* out, size_t capacity) {
    if (next_ == start_.size()) return read_descriptor(out, capacity);
    const size_t count = start_.copy(out, capacity, next_);
    next_ += count;
    return count;
  }

  bool would_wait() const {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    return next_ == start_.size() && ::poll(&readable, 1, 0) == 0;
  }

 private:
  size_t read_descriptor(char* out, size_t capacity) const {
    while (true) {
      const ssize_t count = uninterrupted([&] { return ::read(fd_, out, capacity); });
      if (count >= 0) return static_cast<size_t>(count);
      if (errno == EISDIR) fail("cannot read {}: it is a directory", name_);
      if (errno != EAGAIN) fail("cannot read {}: {}", name_, std::strerror(errno));
      pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};  // another program left the pipe so
      ::poll(&readable, 1, -1);
    }
  }

  std::string name_;
  int fd_;
  std::string start_;
  size_t next_ = 0;  // position in start_
};

// Reads only as much as needed to detect the format: an interactive user waits for an answer to the first
// line.
Form form_of(RawBytes& raw) {
  while (true) {
    const std::string_view start = raw.start();
    bool is_open = false;
    for (const Signature& signature : kSignatures) {
      if (!agrees(start, signature.bytes)) continue;
      is_open = is_open || start.size() < signature.bytes.size();
      if (start.size() < signature.bytes.size()) continue;
      if (signature.form != Form::refused) return signature.form;
      fail("{0} is {1}, which is not supported: convert it to text, as with {2} {0}", raw.name(),
           signature.name, signature.remedy);
    }
    if (!is_open || !raw.extend_start()) return Form::plain;
  }
}

struct Plain : InputBytes {
  explicit Plain(std::unique_ptr<RawBytes> bytes) : raw(std::move(bytes)) {}
  size_t read(char* out, size_t capacity) override { return raw->read(out, capacity); }
  bool would_wait() const override { return raw->would_wait(); }

  std::unique_ptr<RawBytes> raw;
};

// The input of a decompressor.
struct Packed : InputBytes {
  explicit Packed(std::unique_ptr<RawBytes> bytes) : raw(std::move(bytes)), input(kChunkBytes) {}
  bool would_wait() const override { return raw->would_wait(); }

  std::unique_ptr<RawBytes> raw;
  std::vector<char> input;
};

struct Gzip final : Packed {
  explicit Gzip(std::unique_ptr<RawBytes> bytes) : Packed(std::move(bytes)) {
    constexpr int kGzipWindow = 15 + 16;
    RPP_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK, "cannot read {}: no memory for zlib", raw->name());
  }
  ~Gzip() override { inflateEnd(&stream); }

  size_t read(char* out, size_t capacity) override {
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = static_cast<uInt>(capacity);
    while (stream.avail_out == capacity) {
      // Output left in the decompressor is returned before more input is read.
      if (stream.avail_in == 0 && !has_more_output && !refill()) {
        RPP_CHECK(!in_member, "{} is truncated: the last gzip member does not end", raw->name());
        return 0;
      }
      if (!in_member && !begin_member()) continue;
      const int code = inflate(&stream, Z_NO_FLUSH);
      in_member = code != Z_STREAM_END;
      has_more_output = in_member && stream.avail_out == 0;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        fail("{} is damaged: {}", raw->name(), stream.msg != nullptr ? stream.msg : zError(code));
      }
    }
    return capacity - stream.avail_out;
  }

  bool refill() {
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(raw->read(input.data(), input.size()));
    return stream.avail_in > 0;
  }

  // Zeros after the last member are padding of tapes and block devices; gzip skips them too.
  bool begin_member() {
    while (stream.avail_in > 0 && *stream.next_in == 0) ++stream.next_in, --stream.avail_in, padded = true;
    if (stream.avail_in == 0) return false;
    RPP_CHECK(!padded && *stream.next_in == 0x1f, "{} is damaged: bytes behind the last gzip member",
              raw->name());
    inflateReset(&stream);
    return in_member = true;
  }

  z_stream stream{};
  bool in_member = true;  // the signature has been read
  bool has_more_output = false;
  bool padded = false;
};

struct Zstd final : Packed {
  explicit Zstd(std::unique_ptr<RawBytes> bytes) : Packed(std::move(bytes)) {
    // "zstd --long=31" is common for large corpora.
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax,
                           ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  }
  ~Zstd() override { ZSTD_freeDCtx(context); }

  size_t read(char* out, size_t capacity) override {
    ZSTD_outBuffer output{out, capacity, 0};
    while (output.pos == 0) {
      if (pending.pos == pending.size && !has_more_output && !refill()) {
        RPP_CHECK(!in_frame, "{} is truncated: the last zstd frame does not end", raw->name());
        return 0;
      }
      const size_t result = ZSTD_decompressStream(context, &output, &pending);
      if (ZSTD_isError(result)) fail("{} is damaged: {}", raw->name(), ZSTD_getErrorName(result));
      in_frame = result != 0;
      has_more_output = in_frame && output.pos == output.size;
    }
    return output.pos;
  }

  bool refill() {
    pending = {input.data(), raw->read(input.data(), input.size()), 0};
    return pending.size > 0;
  }

  ZSTD_inBuffer pending{nullptr, 0, 0};
  ZSTD_DCtx* context = ZSTD_createDCtx();
  bool in_frame = false, has_more_output = false;
};

// A failed download is an empty file or an HTML page.
void refuse_wrong_name(const path& file, const std::string& name) {
  for (const auto& [suffix, form] : {std::pair{".gz", "gzip"}, {".zst", "zstd"}}) {
    if (file.extension() == suffix) {
      fail("{} is not compressed with {}, as its name says: copy it again, or rename it", name, form);
    }
  }
}

}  // namespace

std::unique_ptr<InputBytes> open_input(const path& file) {
  auto raw = std::make_unique<RawBytes>(file);
  const Form form = form_of(*raw);
  if (form == Form::gzip) return std::make_unique<Gzip>(std::move(raw));
  if (form == Form::zstd) return std::make_unique<Zstd>(std::move(raw));
  refuse_wrong_name(file, raw->name());
  return std::make_unique<Plain>(std::move(raw));
}

}  // namespace rpp
