// The safetensors file format: 8-byte little-endian header length, JSON header, raw row-major data.
//
// Reading maps the file; writing is atomic. Format: https://github.com/huggingface/safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/atomic_file.h"
#include "core/mmap_file.h"

namespace rpp {

// Those of the format whose elements are whole bytes. Weights are f64, f32, f16 or bf16; the others are
// skipped where no model needs them.
enum class Dtype {
  f64,
  f32,
  f16,
  bf16,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  c64,
  i64,
  i32,
  i16,
  i8,
  u64,
  u32,
  u16,
  u8,
  boolean
};

int64_t dtype_size(Dtype dtype);           // bytes of one element
std::string_view dtype_name(Dtype dtype);  // "F32", "BF16", "BOOL", ... as in the header

// A named tensor whose bytes are owned elsewhere (by the mapped file, or by the caller who writes it).
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;

  int64_t num_elements() const;
  // The data as T; throws Error when sizeof(T) is not the dtype's size.
  template <typename T>
  std::span<const T> as() const {
    check_element_size(sizeof(T));
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

 private:
  void check_element_size(size_t bytes) const;
};

// The tensors of a file that is in memory, in its order; their data is that of `bytes`, aligned or not.
// `path` names the file in messages. Throws Error as SafetensorsFile.
std::vector<TensorView> parse_safetensors(const std::filesystem::path& path,
                                          std::span<const std::byte> bytes);

class SafetensorsFile {
 public:
  // Throws Error naming the file and the fault: bad header, unknown dtype, shape that does not match the
  // bytes, overlapping or out-of-range offsets, duplicate names.
  explicit SafetensorsFile(const std::filesystem::path& path, FileAccess access = FileAccess::mapped);
  // The same of bytes that are in memory; `name` stands for the path in messages.
  SafetensorsFile(std::string_view name, std::span<const std::byte> bytes);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<TensorView>& tensors() const { return tensors_; }  // in file order
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const TensorView* find(std::string_view name) const;  // nullptr when absent
  const TensorView& at(std::string_view name) const;    // throws Error naming file and tensor
  // Throws Error if save_checked_safetensors did not write the file, or it has changed since.
  void verify_checksum() const;

 private:
  SafetensorsFile(const std::filesystem::path& path, MmapFile file);
  void align_tensors();

  std::filesystem::path path_;
  MmapFile file_;
  std::vector<std::vector<std::byte>> aligned_copies_;  // of tensors that are unaligned in the file
  std::vector<TensorView> tensors_;
  std::map<std::string, size_t, std::less<>> places_;  // index into tensors_, by name
  std::map<std::string, std::string> metadata_;
};

// Writes the tensors in the given order, data aligned to 8 bytes, atomically.
void save_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                      const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

// The same without holding all data in memory at once: write_data(i, file) writes the bytes of tensor i, as
// many as its shape requires.
struct TensorShape {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
};
void save_safetensors(const std::filesystem::path& path, std::span<const TensorShape> tensors,
                      const std::map<std::string, std::string>& metadata,
                      const std::function<void(size_t tensor, AtomicFile& file)>& write_data);

// The same with one more tensor at the end: kChecksumTensor, U8 [8], the XXH3-64 of all bytes before it.
inline constexpr std::string_view kChecksumTensor = "xxh3";
void save_checked_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                              const std::map<std::string, std::string>& metadata);

}  // namespace rpp
