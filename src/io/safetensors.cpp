#include "io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "core/atomic_file.h"
#include "core/json.h"
#include "core/xxh3.h"
#include "io/json_keys.h"
#include "json_sizes.h"
#include "rpp/error.h"

namespace rpp {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor data is stored as it lies in memory");

using Json = nlohmann::json;  // an ordered_json of n keys takes n^2 steps

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  int64_t size;
};

constexpr std::array<DtypeInfo, 17> kDtypes = {{{Dtype::f64, "F64", 8},
                                                {Dtype::f32, "F32", 4},
                                                {Dtype::f16, "F16", 2},
                                                {Dtype::bf16, "BF16", 2},
                                                {Dtype::f8_e5m2, "F8_E5M2", 1},
                                                {Dtype::f8_e4m3, "F8_E4M3", 1},
                                                {Dtype::f8_e8m0, "F8_E8M0", 1},
                                                {Dtype::c64, "C64", 8},
                                                {Dtype::i64, "I64", 8},
                                                {Dtype::i32, "I32", 4},
                                                {Dtype::i16, "I16", 2},
                                                {Dtype::i8, "I8", 1},
                                                {Dtype::u64, "U64", 8},
                                                {Dtype::u32, "U32", 4},
                                                {Dtype::u16, "U16", 2},
                                                {Dtype::u8, "U8", 1},
                                                {Dtype::boolean, "BOOL", 1}}};

const DtypeInfo& dtype_info(Dtype dtype) {
  return *std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& info) { return info.dtype == dtype; });
}

// The number of bytes for the shape, or -1 if it does not fit 63 bits.
int64_t bytes_of(std::span<const int64_t> shape, Dtype dtype) {
  int64_t bytes = dtype_size(dtype);
  for (const int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return -1;
  }
  return bytes;
}

// The header's JSON, with the file's name in every error message.
class HeaderReader {
 public:
  HeaderReader(const std::filesystem::path& path, std::span<const std::byte> file)
      : path_(path), file_(file) {}

  void read(std::vector<TensorView>& tensors, std::map<std::string, std::string>& metadata) {
    const Json header = parse();
    data_ = file_.subspan(kLengthBytes + header_bytes_);
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        metadata = read_metadata(entry);
      } else {
        tensors.push_back(read_tensor(name, entry));
      }
    }
    // By start, then end: an empty tensor may have the same start as its successor.
    std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
      return std::pair(a.data.data(), a.data.size()) < std::pair(b.data.data(), b.data.size());
    });
    check_coverage(tensors);
  }

 private:
  Json parse() {
    if (file_.size() < kLengthBytes) {
      fail("{} is not a safetensors file: {} bytes hold no header", path_, file_.size());
    }
    uint64_t length = 0;
    std::memcpy(&length, file_.data(), kLengthBytes);
    if (length > kMaxHeaderBytes || length > file_.size() - kLengthBytes) {
      fail("{} is truncated or not a safetensors file: its header says {} bytes, the file has {}", path_,
           length, file_.size());
    }
    header_bytes_ = length;
    const std::string_view text(reinterpret_cast<const char*>(file_.data()) + kLengthBytes, length);
    auto header = parse_json_object<Json>(text, fmt::format("{}: the header", path_));
    refuse_repeated_keys(text);
    return header;
  }

  void refuse_repeated_keys(std::string_view text) const {
    std::vector<JsonKey> keys = json_keys(text);
    std::sort(keys.begin(), keys.end());
    const auto repeated = std::adjacent_find(keys.begin(), keys.end());
    if (repeated != keys.end()) fail("{}: the header has two entries named '{}'", path_, repeated->name);
  }

  std::map<std::string, std::string> read_metadata(const Json& entry) const {
    try {
      return entry.get<std::map<std::string, std::string>>();
    } catch (const Json::exception&) {
      fail("{}: __metadata__ is not an object of strings", path_);
    }
  }

  TensorView read_tensor(const std::string& name, const Json& entry) const {
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
        !entry.contains("shape") || !entry.contains("data_offsets")) {
      fail("{}: tensor '{}' lacks dtype, shape or data_offsets", path_, name);
    }
    const auto shape = read_sizes(name, entry["shape"], "shape");
    const Dtype dtype = read_dtype(name, entry["dtype"].get<std::string>());
    const auto offsets = read_sizes(name, entry["data_offsets"], "data_offsets");
    const auto size = static_cast<int64_t>(data_.size());
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      fail("{}: data_offsets of tensor '{}' are no [begin, end]", path_, name);
    }
    if (offsets[1] > size) {
      fail("{}: tensor '{}' ends at byte {} of {}: the file is truncated or its offsets are out of range",
           path_, name, offsets[1], size);
    }
    const int64_t bytes = bytes_of(shape, dtype);
    if (bytes != offsets[1] - offsets[0]) {
      fail("{}: tensor '{}' of shape [{}] and type {} does not fit its {} bytes", path_, name,
           fmt::join(shape, ", "), dtype_name(dtype), offsets[1] - offsets[0]);
    }
    const auto data = data_.subspan(static_cast<size_t>(offsets[0]), static_cast<size_t>(bytes));
    return {.name = name, .dtype = dtype, .shape = shape, .data = data};
  }

  std::vector<int64_t> read_sizes(const std::string& name, const Json& values, std::string_view key) const {
    const auto sizes = sizes_of(values);
    if (!sizes) fail("{}: {} of tensor '{}' is not a list of sizes", path_, key, name);
    return *sizes;
  }

  Dtype read_dtype(const std::string& tensor, const std::string& name) const {
    for (const auto& info : kDtypes) {
      if (info.name == name) return info.dtype;
    }
    fail("{}: tensor '{}' has the unknown dtype '{}'; convert it to F32, F16 or BF16", path_, tensor, name);
  }

  // As the format requires, the tensors tile the data: no overlap, no hole, nothing after the last.
  void check_coverage(std::span<const TensorView> tensors) const {
    const std::byte* end = data_.data();
    std::string_view previous = "the header";
    for (const auto& tensor : tensors) {
      if (tensor.data.data() < end) fail("{}: tensors '{}' and '{}' overlap", path_, previous, tensor.name);
      if (tensor.data.data() > end)
        fail("{}: bytes between '{}' and '{}' belong to no tensor", path_, previous, tensor.name);
      end = tensor.data.data() + tensor.data.size();
      previous = tensor.name;
    }
    if (end != data_.data() + data_.size())
      fail("{}: bytes behind '{}' belong to no tensor", path_, previous);
  }

  const std::filesystem::path& path_;
  std::span<const std::byte> file_;
  std::span<const std::byte> data_;
  size_t header_bytes_ = 0;
};

std::string header_text(const std::filesystem::path& path, std::span<const TensorShape> tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  int64_t offset = 0;
  for (const auto& tensor : tensors) {
    if (tensor.name == "__metadata__" || header.contains(tensor.name)) {
      fail("cannot write {}: two tensors are named '{}'", path, tensor.name);
    }
    const int64_t end = offset + bytes_of(tensor.shape, tensor.dtype);
    header[tensor.name] = {
        {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

std::vector<TensorShape> shapes_of(const std::filesystem::path& path, std::span<const TensorView> tensors) {
  std::vector<TensorShape> shapes;
  for (const auto& tensor : tensors) {
    if (bytes_of(tensor.shape, tensor.dtype) != static_cast<int64_t>(tensor.data.size())) {
      fail("cannot write {}: tensor '{}' has {} bytes, its shape [{}] asks for others", path, tensor.name,
           tensor.data.size(), fmt::join(tensor.shape, ", "));
    }
    shapes.push_back({.name = tensor.name, .dtype = tensor.dtype, .shape = tensor.shape});
  }
  return shapes;
}

}  // namespace

int64_t dtype_size(Dtype dtype) {
  return dtype_info(dtype).size;
}

std::string_view dtype_name(Dtype dtype) {
  return dtype_info(dtype).name;
}

int64_t TensorView::num_elements() const {
  return static_cast<int64_t>(data.size()) / dtype_size(dtype);
}

void TensorView::check_element_size(size_t bytes) const {
  if (static_cast<int64_t>(bytes) == dtype_size(dtype)) return;
  fail("tensor '{}' is {}, not of {}-byte elements", name, dtype_name(dtype), bytes);
}

std::vector<TensorView> parse_safetensors(const std::filesystem::path& path,
                                          std::span<const std::byte> bytes) {
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
  HeaderReader(path, bytes).read(tensors, metadata);
  return tensors;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, FileAccess access)
    : SafetensorsFile(path, MmapFile(path, access)) {}

SafetensorsFile::SafetensorsFile(std::string_view name, std::span<const std::byte> bytes)
    : SafetensorsFile(std::filesystem::path(name), MmapFile(bytes)) {}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, MmapFile file)
    : path_(path), file_(std::move(file)) {
  HeaderReader(path_, file_.bytes()).read(tensors_, metadata_);
  align_tensors();
  for (size_t place = 0; place < tensors_.size(); ++place) places_.emplace(tensors_[place].name, place);
}

void SafetensorsFile::align_tensors() {
  for (auto& tensor : tensors_) {
    const auto address = reinterpret_cast<uintptr_t>(tensor.data.data());
    if (tensor.data.empty() || address % static_cast<uintptr_t>(dtype_size(tensor.dtype)) == 0) continue;
    tensor.data = aligned_copies_.emplace_back(tensor.data.begin(), tensor.data.end());
  }
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &tensors_[found->second];
}

const TensorView& SafetensorsFile::at(std::string_view name) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr) fail("{} has no tensor '{}'", path_, name);
  return *tensor;
}

void SafetensorsFile::verify_checksum() const {
  const TensorView* stored = find(kChecksumTensor);
  const auto bytes = file_.bytes();
  RPP_CHECK(stored != nullptr && stored->data.size() == sizeof(uint64_t) &&
                stored->data.data() + sizeof(uint64_t) == bytes.data() + bytes.size(),
            "{} does not end in the checksum '{}'", path_, kChecksumTensor);
  uint64_t expected = 0;
  std::memcpy(&expected, stored->data.data(), sizeof expected);
  RPP_CHECK(xxh3_64(bytes.first(bytes.size() - sizeof expected)) == expected,
            "{} is damaged: its bytes do not match its checksum; copy or make it again", path_);
}

void save_safetensors(const std::filesystem::path& path, std::span<const TensorShape> tensors,
                      const std::map<std::string, std::string>& metadata,
                      const std::function<void(size_t tensor, AtomicFile& file)>& write_data) {
  const std::string header = header_text(path, tensors, metadata);
  const uint64_t length = header.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (size_t i = 0; i < tensors.size(); ++i) write_data(i, file);
  file.commit();
}

void save_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                      const std::map<std::string, std::string>& metadata) {
  save_safetensors(path, shapes_of(path, tensors), metadata,
                   [&](size_t i, AtomicFile& file) { file.write(tensors[i].data); });
}

void save_checked_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                              const std::map<std::string, std::string>& metadata) {
  uint64_t checksum = 0;
  std::vector<TensorView> all(tensors.begin(), tensors.end());
  all.push_back({.name = std::string(kChecksumTensor),
                 .dtype = Dtype::u8,
                 .shape = {sizeof checksum},
                 .data = std::as_bytes(std::span(&checksum, 1))});
  const std::string header = header_text(path, shapes_of(path, all), metadata);
  const uint64_t length = header.size();
  Xxh3 hash;
  hash.update(std::as_bytes(std::span(&length, 1)));
  hash.update(std::as_bytes(std::span(header)));
  for (const auto& tensor : tensors) hash.update(tensor.data);
  checksum = hash.value();  // the last view refers to it
  save_safetensors(path, all, metadata);
}

}  // namespace rpp
