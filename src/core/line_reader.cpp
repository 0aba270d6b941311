#include "rpp/core/line_reader.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "rpp/core/error.h"

namespace rpp {
namespace {

constexpr size_t kChunkBytes = 1 << 18;

}  // namespace

// A stream of decompressed bytes; read() returns 0 at the end.
struct LineReader::Source {
  virtual ~Source() = default;
  virtual size_t read(char* out, size_t capacity) = 0;
};

namespace {

using std::filesystem::path;

// zlib's gzread passes plain files through unchanged, so one class reads both.
template <typename Base>
struct GzipOrPlain : Base {
  explicit GzipOrPlain(const path& file) : name(file), handle(gzopen(file.c_str(), "rb")) {
    if (handle == nullptr) fail("cannot open {}: {}", file, std::strerror(errno));
    gzbuffer(handle, kChunkBytes);
  }
  ~GzipOrPlain() override { gzclose(handle); }

  size_t read(char* out, size_t capacity) override {
    const int count = gzread(handle, out, static_cast<unsigned>(capacity));
    int code = Z_OK;
    const char* reason = gzerror(handle, &code);
    if (count < 0 || (count == 0 && code == Z_BUF_ERROR))
      fail("{} is damaged or truncated: {}", name, reason);
    return static_cast<size_t>(count);
  }

  path name;
  gzFile handle;
};

template <typename Base>
struct Zstd : Base {
  explicit Zstd(const path& file) : name(file), stream(file, std::ios::binary), input(ZSTD_DStreamInSize()) {}
  ~Zstd() override { ZSTD_freeDCtx(context); }

  size_t read(char* out, size_t capacity) override {
    ZSTD_outBuffer output{out, capacity, 0};
    while (output.pos == 0) {
      if (pending.pos == pending.size && !refill()) {
        if (in_frame) fail("{} is truncated: the last zstd frame does not end", name);
        return 0;
      }
      const size_t result = ZSTD_decompressStream(context, &output, &pending);
      if (ZSTD_isError(result)) fail("{} is damaged: {}", name, ZSTD_getErrorName(result));
      in_frame = result != 0;
    }
    return output.pos;
  }

  bool refill() {
    stream.read(input.data(), static_cast<std::streamsize>(input.size()));
    pending = {input.data(), static_cast<size_t>(stream.gcount()), 0};
    return pending.size > 0;
  }

  path name;
  std::ifstream stream;
  std::vector<char> input;
  ZSTD_inBuffer pending{nullptr, 0, 0};
  ZSTD_DCtx* context = ZSTD_createDCtx();
  bool in_frame = false;
};

bool is_zstd(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail("cannot open {}: {}", file, std::strerror(errno));
  if (std::filesystem::is_directory(file)) fail("cannot read {}: it is a directory", file);
  std::array<unsigned char, 4> magic{};
  stream.read(reinterpret_cast<char*>(magic.data()), magic.size());
  return magic == std::array<unsigned char, 4>{0x28, 0xb5, 0x2f, 0xfd};
}

}  // namespace

LineReader::LineReader(const path& file) {
  if (is_zstd(file)) {
    source_ = std::make_unique<Zstd<Source>>(file);
  } else {
    source_ = std::make_unique<GzipOrPlain<Source>>(file);
  }
}

LineReader::~LineReader() = default;

bool LineReader::next(std::string& line) {
  line.clear();
  while (true) {
    const size_t end = buffer_.find('\n', position_);
    if (end != std::string::npos) {
      line.append(buffer_, position_, end - position_);
      position_ = end + 1;
      break;
    }
    line.append(buffer_, position_);
    position_ = 0;
    buffer_.resize(kChunkBytes);
    buffer_.resize(source_->read(buffer_.data(), buffer_.size()));
    if (buffer_.empty()) {
      if (line.empty()) return false;
      break;
    }
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  ++line_number_;
  return true;
}

}  // namespace rpp
