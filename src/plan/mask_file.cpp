#include "plan/mask_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "io/safetensors.h"
#include "plan/mask_bits.h"
#include "program/sha256.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr std::string_view kFormat = "rpp-mask-v1";

struct PackedMatrix {
  std::string name;
  std::string shape;  // "768,3072"
  std::vector<uint8_t> bits;
};

std::string shape_text(const FlatMatrix& matrix) {
  return fmt::format("{},{}", matrix.rows, matrix.cols);
}

std::string shape_key(std::string_view name) {
  return fmt::format("shape:{}", name);
}

std::vector<FlatMatrix> by_name(std::vector<FlatMatrix> matrices) {
  std::sort(matrices.begin(), matrices.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return matrices;
}

int64_t count_entries(const std::vector<FlatMatrix>& matrices) {
  int64_t entries = 0;
  for (const auto& matrix : matrices) entries += matrix.rows * matrix.cols;
  return entries;
}

std::vector<PackedMatrix> pack(const std::vector<FlatMatrix>& matrices, std::span<const uint8_t> mask) {
  const int64_t entries = count_entries(matrices);
  RPP_CHECK(static_cast<int64_t>(mask.size()) == entries,
            "the mask has {} entries, the model's matrices have {}", mask.size(), entries);
  std::vector<PackedMatrix> packed;
  for (const auto& matrix : by_name(matrices)) {
    packed.push_back({matrix.name, shape_text(matrix), pack_bits(entries_of(mask, matrix))});
  }
  return packed;
}

std::string hash(const std::vector<PackedMatrix>& packed) {
  Sha256 sha256;
  for (const auto& matrix : packed) {
    sha256.update(fmt::format("{}\n{}\n", matrix.name, matrix.shape));
    sha256.update(std::as_bytes(std::span(matrix.bits)));
  }
  return sha256.hex();
}

std::string metadata_at(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  RPP_CHECK(found != file.metadata().end(), "{} is not a mask file: its metadata has no {}", file.path(),
            key);
  return found->second;
}

// Reads the file in the order of the names, for any model: so the hash is checked before the shapes.
std::vector<PackedMatrix> read_packed(const SafetensorsFile& file) {
  std::vector<PackedMatrix> packed;
  for (const auto& tensor : file.tensors()) {
    RPP_CHECK(tensor.dtype == Dtype::u8, "{}: {} is {}, a mask is U8", file.path(), tensor.name,
              dtype_name(tensor.dtype));
    const auto bits = tensor.as<uint8_t>();
    packed.push_back({tensor.name, metadata_at(file, shape_key(tensor.name)), {bits.begin(), bits.end()}});
  }
  std::sort(packed.begin(), packed.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return packed;
}

void check_hash(const SafetensorsFile& file, const std::vector<PackedMatrix>& packed) {
  const auto expected = metadata_at(file, "sha256");
  const auto actual = hash(packed);
  RPP_CHECK(
      actual == expected,
      "{} is damaged: its contents hash to {}, its metadata says {}; restore it from a copy or take the "
      "mask from an earlier checkpoint",
      file.path(), actual, expected);
}

void check_fit(const SafetensorsFile& file, const std::vector<PackedMatrix>& packed,
               const std::vector<FlatMatrix>& matrices) {
  std::set<std::string> known;
  for (const auto& matrix : matrices) known.insert(matrix.name);
  for (const auto& matrix : packed) {
    RPP_CHECK(known.contains(matrix.name),
              "{} masks {}, which this model does not have: is it another model's?", file.path(),
              matrix.name);
  }
}

void unpack_matrix_into(const SafetensorsFile& file, const PackedMatrix& packed, const FlatMatrix& matrix,
                        std::span<uint8_t> mask) {
  RPP_CHECK(packed.shape == shape_text(matrix), "{}: the mask of {} is [{}], the model's matrix is [{}]",
            file.path(), matrix.name, packed.shape, shape_text(matrix));
  RPP_CHECK(packed.bits.size() == (mask.size() + 7) / 8, "{}: the mask of {} has {} bytes, expected {}",
            file.path(), matrix.name, packed.bits.size(), (mask.size() + 7) / 8);
  unpack_bits_into(packed.bits, mask);
}

}  // namespace

double prune_ratio(std::span<const uint8_t> mask) {
  const auto zeros = static_cast<double>(std::count(mask.begin(), mask.end(), uint8_t{0}));
  return mask.empty() ? 0.0 : zeros / static_cast<double>(mask.size());
}

void write_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices,
                std::span<const uint8_t> mask) {
  const auto packed = pack(matrices, mask);
  std::map<std::string, std::string> metadata = {{"format", std::string(kFormat)},
                                                 {"sha256", hash(packed)},
                                                 {"prune_ratio", fmt::format("{:.6f}", prune_ratio(mask))}};
  std::vector<TensorView> tensors;
  for (const auto& matrix : packed) {
    metadata[shape_key(matrix.name)] = matrix.shape;
    TensorView view;
    view.name = matrix.name;
    view.dtype = Dtype::u8;
    view.shape = {static_cast<int64_t>(matrix.bits.size())};
    view.data = std::as_bytes(std::span(matrix.bits));
    tensors.push_back(view);
  }
  save_safetensors(path, tensors, metadata);
}

std::vector<uint8_t> read_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices) {
  const SafetensorsFile file(path);
  const auto format = metadata_at(file, "format");
  RPP_CHECK(format == kFormat, "{} has the format {}, this program reads {}", path, format, kFormat);
  const auto packed = read_packed(file);
  check_hash(file, packed);
  check_fit(file, packed, matrices);
  std::vector<uint8_t> mask(static_cast<size_t>(count_entries(matrices)), 1);
  for (const auto& matrix : matrices) {
    const auto found = std::find_if(packed.begin(), packed.end(), [&](const PackedMatrix& candidate) {
      return candidate.name == matrix.name;
    });
    RPP_CHECK(found != packed.end(), "{} has no mask for {}: is it another model's?", path, matrix.name);
    unpack_matrix_into(file, *found, matrix, entries_of(std::span(mask), matrix));
  }
  return mask;
}

std::string mask_sha256(const std::vector<FlatMatrix>& matrices, std::span<const uint8_t> mask) {
  return hash(pack(matrices, mask));
}

}  // namespace rpp
